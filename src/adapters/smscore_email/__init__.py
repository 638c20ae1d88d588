"""
E-mail through a relay: the transport of kind ``email``, and a stand-in relay to try it on.
"""

from typing import TYPE_CHECKING

from smscore.domain.messages import Medium
from smscore.hookspecs import hookimpl
from smscore.ports.transport import Capabilities
from smscore.registry import Registry
from smscore_email._options import EmailOptions, Tls

if TYPE_CHECKING:
    from smscore_email._channel import EmailChannel

__all__ = ["CAPABILITIES", "EmailOptions", "Tls", "make_channel", "smscore_register_transports"]

CAPABILITIES = Capabilities(sender_id=True, media=(Medium.EMAIL,))


def make_channel(name: str, options: EmailOptions) -> "EmailChannel":
    """A channel over one relay, which is asked only when the channel is opened."""
    # Loaded here: a process that only submits needs neither TLS nor the making of MIME.
    from smscore_email._channel import EmailChannel

    return EmailChannel(name, options)


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the transport of kind ``email``."""
    registry.transport(
        kind="email", options=EmailOptions, make=make_channel, capabilities=CAPABILITIES
    )

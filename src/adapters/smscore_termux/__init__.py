"""
Android telephones by Termux: the transport of kind ``termux`` runs ``termux-sms-send``.
"""

from typing import TYPE_CHECKING

from smscore.hookspecs import hookimpl
from smscore.ports.transport import Capabilities
from smscore.registry import Registry
from smscore_termux._options import TermuxOptions

if TYPE_CHECKING:
    from smscore_termux._channel import TermuxChannel

__all__ = ["CAPABILITIES", "TermuxOptions", "make_channel", "smscore_register_transports"]

CAPABILITIES = Capabilities(needs_device=True)


def make_channel(name: str, options: TermuxOptions) -> "TermuxChannel":
    """A channel over the telephone on which we run; nothing runs before it sends."""
    from smscore_termux._channel import TermuxChannel

    return TermuxChannel(name, options)


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the transport of kind ``termux``."""
    registry.transport(
        kind="termux", options=TermuxOptions, make=make_channel, capabilities=CAPABILITIES
    )

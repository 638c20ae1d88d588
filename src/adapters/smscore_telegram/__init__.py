"""
Telegram by the Bot API: the transport of kind ``telegram``, and a stand-in to try it on.
"""

from typing import TYPE_CHECKING

from smscore.domain.messages import Medium
from smscore.hookspecs import hookimpl
from smscore.ports.transport import Capabilities
from smscore.registry import Registry
from smscore_telegram._cutting import cut
from smscore_telegram._options import TelegramOptions, Texts

if TYPE_CHECKING:
    from smscore_telegram._channel import TelegramChannel

__all__ = [
    "CAPABILITIES",
    "TelegramOptions",
    "Texts",
    "make_channel",
    "smscore_register_transports",
]

CAPABILITIES = Capabilities(inbound=True, media=(Medium.TELEGRAM,), cut=cut, operations=("chat",))


def make_channel(name: str, options: TelegramOptions) -> "TelegramChannel":
    """A channel over one bot; Telegram is asked only when it is opened."""
    # Loaded here: a process that only submits needs neither an HTTP client nor an event loop.
    from smscore_telegram._channel import TelegramChannel

    return TelegramChannel(name, options)


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the transport of kind ``telegram``."""
    registry.transport(
        kind="telegram", options=TelegramOptions, make=make_channel, capabilities=CAPABILITIES
    )

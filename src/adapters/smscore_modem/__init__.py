"""
SMS over AT modems: the transport of kind ``modem``, and a simulator to try it on.
"""

from typing import TYPE_CHECKING

from smscore.domain.messages import Medium
from smscore.hookspecs import hookimpl
from smscore.ports.transport import Capabilities
from smscore.registry import Registry
from smscore_modem._options import ModemOptions

if TYPE_CHECKING:
    from smscore.ports.clock import Clock
    from smscore.ports.transport import Journal, Transport, TransportSink
    from smscore_modem._traffic._study import Study

__all__ = [
    "CAPABILITIES",
    "ModemOptions",
    "make_channel",
    "smscore_register_transports",
    "study_of",
]

CAPABILITIES = Capabilities(
    delivery_reports=True,
    flash=True,
    inbound=True,
    media=(Medium.SMS, Medium.VOICE),
    needs_device=True,
    operations=(
        "health",
        "identify",
        "inbox",
        "pin",
        "puk",
        "reset",
        "ring",
        "shelf",
        "signal",
        "transcript",
        "ussd",
    ),
)


def make_channel(name: str, options: ModemOptions) -> "Transport":
    """A channel over one modem; the port is touched only when it is opened."""
    # Loaded here: a process that only submits needs no modem.
    from smscore_modem._channel import ModemChannel

    return ModemChannel(name, options)


def study_of(channel: str, *, sink: "TransportSink", journal: "Journal", clock: "Clock") -> "Study":
    """What a channel set aside, and what can be done about it; nobody need have it open."""
    from smscore_modem._traffic import _study

    return _study.study_of(channel, sink=sink, journal=journal, clock=clock)


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the transport of kind ``modem``."""
    registry.transport(
        kind="modem", options=ModemOptions, make=make_channel, capabilities=CAPABILITIES
    )

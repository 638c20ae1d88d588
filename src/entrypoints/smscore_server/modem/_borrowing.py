"""
Opening a modem for the time of one command, where no server holds it.

What arrives meanwhile stays in the modem for the server that runs next: the sink stores nothing,
and so the modem's copy is not deleted. Only what has no copy there is kept at the end.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import attrs
import click

from smscore import GatewayConfig, build
from smscore.config import GroupConfig
from smscore.domain.deliveries import DeliveryReport
from smscore.domain.inbound import InboundPart
from smscore.domain.links import Link
from smscore.errors import NotFound, NotReady, StoreUnavailable
from smscore.ports.measurement import Exchange
from smscore.ports.transport import Journal, SendJob, Transport, TransportSink
from smscore_modem import ModemOptions, make_channel
from smscore_server._output import Failure, printable

__all__ = ["BorrowedModem", "borrowed_channel", "borrowed_port", "only_channel"]

_UNREADABLE = "unreadable/"
"""How the journal's keys begin under which a PDU is kept that nobody can read."""


@attrs.frozen
class BorrowedModem:
    """A modem that this command has opened."""

    name: str
    transport: Transport

    def operate(self, operation: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
        """
        What the modem's transport does when it is asked.

        Raises:
            GatewayError: it refused, or cannot.
        """
        operate = getattr(self.transport, "operate", None)
        if operate is None:
            raise NotFound(f"the transport of {self.name!r} offers no operations")
        answer: Mapping[str, Any] = operate(operation, arguments)
        return answer


@contextmanager
def borrowed_channel(config: GatewayConfig, name: str) -> Iterator[BorrowedModem]:
    """
    A configured channel, opened until the block ends; no server can begin to run it meanwhile.

    Raises:
        Failure: a server or another command has the devices, or they are another server's.
        GatewayError: the channel or the store cannot be used.
    """
    if not config.may_run(name):
        owner = config.channels[name].runs_on
        whose = f"the server {owner}" if owner else "servers of another role than this one's"
        raise Failure(f"{name} belongs to {whose}; run this command there, or try --port PATH")
    with build(only_channel(config, name)) as gateway, ExitStack() as held:
        try:
            held.enter_context(gateway.holding())
        except StoreUnavailable as fault:
            if not isinstance(fault.__cause__, BlockingIOError | None):
                raise
            raise Failure(
                f"{fault}, or wait for its end; it has the modem, and no control socket"
            ) from fault
        journal = _Notes(gateway.journal(name))
        with _opened(name, gateway.transports[name], gateway.reception, journal) as modem:
            yield modem


@contextmanager
def borrowed_port(port: str) -> Iterator[BorrowedModem]:
    """A modem that no configuration has, opened until the block ends."""
    transport = make_channel(port, ModemOptions(port=port))
    with _opened(port, transport, _Shown(), _Notes(_Memory())) as modem:
        yield modem


def only_channel(config: GatewayConfig, name: str) -> GatewayConfig:
    """The configuration as if there were this channel alone; rules still lead to it."""
    groups = {
        group: GroupConfig(channels=(name,))
        for group, members in config.groups.items()
        if name in members.channels
    }
    return attrs.evolve(config, channels={name: config.channels[name]}, groups=groups)


@contextmanager
def _opened(
    name: str, transport: Transport, keeping: TransportSink, journal: Journal
) -> Iterator[BorrowedModem]:
    # A command speaks for itself: what the driver logs meanwhile would come between.
    logging.getLogger("smscore_modem").addHandler(logging.NullHandler())
    sink = _Leaving(keeping)
    transport.open(sink, journal)
    try:
        yield BorrowedModem(name, transport)
    finally:
        sink.is_ending = True
        transport.close()


class _Leaving:
    """Stores nothing, and so leaves everything in the modem, until the command ends."""

    def __init__(self, keeping: TransportSink) -> None:
        self._keeping = keeping
        self.is_ending = False  # from then on only that is offered of which the modem has no copy

    def received(self, part: InboundPart) -> None:
        self._check()
        self._keeping.received(part)

    def reported(self, report: DeliveryReport) -> None:
        self._check()
        self._keeping.reported(report)

    def linked(self, link: Link) -> None:
        self._check()
        self._keeping.linked(link)

    def unlinked(self, *, channel: str, address: str) -> None:
        self._check()
        self._keeping.unlinked(channel=channel, address=address)

    def _check(self) -> None:
        if not self.is_ending:
            raise NotReady("it is left in the modem, for the server")


class _Shown:
    """Where there is no store, a person sees what the modem has no copy of."""

    def received(self, part: InboundPart) -> None:
        click.echo(
            f"note: the modem kept no copy of a message from {printable(part.sender)}: "
            f"{part.coding} {part.user_data.hex()}",
            err=True,
        )

    def reported(self, report: DeliveryReport) -> None:
        click.echo(
            f"note: the modem kept no copy of a report: {report.outcome}, "
            f"reference {report.reference}",
            err=True,
        )

    def linked(self, link: Link) -> None: ...

    def unlinked(self, *, channel: str, address: str) -> None: ...


class _Notes:
    """The journal of messages that are in no store: no marks, but what is kept about a SIM."""

    def __init__(self, kept: Any) -> None:
        self._kept = kept

    def submitting(self, job: SendJob, part: int) -> None: ...

    def accepted(self, job: SendJob, part: int, reference: str | None) -> None: ...

    def refused(self, job: SendJob, part: int) -> None: ...

    def exchanged(self, exchange: Exchange) -> None: ...

    def get(self, key: str) -> bytes | None:
        found: bytes | None = self._kept.get(key)
        return found

    def put(self, key: str, value: bytes) -> None:
        self._kept.put(key, value)


class _Memory:
    """What is kept where there is no store: for the time of the command, and no messages."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def put(self, key: str, value: bytes) -> None:
        if key.startswith(_UNREADABLE):
            raise NotReady("it is left in the modem, for whoever can read it")
        self._values[key] = value

"""
A plugin for tests: ports whose calls kill their own process, at a point that has a name.

``SMSCORE_KILL_AT=after-claim:3`` ends the process by SIGKILL when it gets to *after-claim* for the
third time, and first writes down, in the file ``SMSCORE_KILL_NOTES``, which message it was about.
With ``SMSCORE_KILL_POSTGRES`` it is the PostgreSQL of that number that ends, and the process lives.
The product takes part as it is: through the transport ``fragile-modem``, the store
``fragile:sqlite:…`` or ``fragile:postgresql:…`` and the sender of webhooks, which hand everything
on to the bundled ones.
"""

import json
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from smscore.domain.deliveries import DeliveryReport
from smscore.domain.inbound import InboundPart
from smscore.domain.receipts import Receipt
from smscore.hookspecs import hookimpl
from smscore.ports.clock import Clock
from smscore.ports.measurement import Exchange
from smscore.ports.storage import Lane, Store, UnitOfWork
from smscore.ports.transport import (
    ChannelHealth,
    Journal,
    SendJob,
    SendReceipt,
    Transport,
    TransportSink,
)
from smscore.ports.webhooks import Answer, Call, WebhookSender
from smscore.registry import Registry
from smscore.services.recovery import Recovery
from smscore_modem import CAPABILITIES, ModemOptions, make_channel
from smscore_sqlmodel import SqlStore, migrate
from smscore_webhook import make_webhook_sender

__all__ = [
    "FragileJournal",
    "FragileSender",
    "FragileSink",
    "FragileStore",
    "FragileTransport",
    "smscore_register_stores",
    "smscore_register_transports",
    "smscore_register_webhook_senders",
]


class _Trap:
    """Counts how often the process gets to its point, and springs at the last time."""

    def __init__(self) -> None:
        self._point, _, count = os.environ.get("SMSCORE_KILL_AT", "").partition(":")
        self._left = int(count or 1)
        self._lock = threading.Lock()
        self.is_closing = False

    def reached(self, point: str, **about: object) -> None:
        if point != self._point:
            return
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._spring(about)

    def _spring(self, about: dict[str, object]) -> None:
        server = os.environ.get("SMSCORE_KILL_POSTGRES")
        whom = "database" if server else "server"
        note = json.dumps({"point": self._point, "whom": whom, **about}).encode() + b"\n"
        notes = Path(os.environ["SMSCORE_KILL_NOTES"])
        file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(file, note)
        os.fsync(file)
        if server:
            from postgres import kill_server  # of the tests, which not every victim can see

            kill_server(int(server))
        else:
            os.kill(os.getpid(), signal.SIGKILL)


_trap = _Trap()


class FragileStore:
    """Dies before a unit of work, inside it, or between its commit and the news of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def run(
        self, work: Callable[[UnitOfWork], Any], *, lane: Lane = Lane.SUBMISSION, **options: Any
    ) -> Future[Any]:
        kind = _kind(work, lane)
        _trap.reached(f"before-{kind}")

        def doomed(unit: UnitOfWork) -> Any:
            result = work(unit)
            _trap.reached(f"inside-{kind}", messages=_messages_of(result))
            return result

        def committed(future: Future[Any]) -> None:
            if not future.cancelled() and future.exception() is None:
                _trap.reached(f"after-{kind}", messages=_messages_of(future.result()))

        future = self._store.run(doomed, lane=lane, **options)
        # The first to be told, so that nobody else is.
        future.add_done_callback(committed)
        return future

    def close(self) -> None:
        _trap.reached("before-store-closes")
        self._store.close()
        _trap.reached("after-store-closed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class FragileTransport:
    """Dies where a message is handed to a channel, or a channel is closed."""

    def __init__(self, name: str, transport: Transport) -> None:
        self._name = name
        self._transport = transport

    def open(self, sink: TransportSink, journal: Journal) -> None:
        self._transport.open(FragileSink(sink), FragileJournal(self._name, journal))

    def send(self, job: SendJob) -> SendReceipt:
        _trap.reached("after-claim", **_about(self._name, job, part=1))
        receipt = self._transport.send(job)
        _trap.reached("before-receipt", **_about(self._name, job, part=job.segments.count))
        return receipt

    def health(self) -> ChannelHealth:
        return self._transport.health()

    def close(self) -> None:
        _trap.is_closing = True
        _trap.reached("before-channel-closes")
        self._transport.close()
        _trap.reached("after-channel-closed")


class FragileJournal:
    """Dies before and after each mark."""

    def __init__(self, channel: str, journal: Journal) -> None:
        self._channel = channel
        self._journal = journal

    def submitting(self, job: SendJob, part: int) -> None:
        about = _about(self._channel, job, part=part)
        if part > 1:
            _trap.reached("between-parts", **about)
        _trap.reached("before-submitting", **about)
        self._journal.submitting(job, part)
        _trap.reached("after-submitting", **about)

    def accepted(self, job: SendJob, part: int, reference: str | None) -> None:
        about = _about(self._channel, job, part=part)
        _trap.reached("after-modem-accepted", **about)
        self._journal.accepted(job, part, reference)
        _trap.reached("after-accepted", **about)

    def refused(self, job: SendJob, part: int) -> None:
        about = _about(self._channel, job, part=part)
        _trap.reached("before-refused", **about)
        self._journal.refused(job, part)
        _trap.reached("after-refused", **about)

    def exchanged(self, exchange: Exchange) -> None:
        self._journal.exchanged(exchange)

    def get(self, key: str) -> bytes | None:
        return self._journal.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._journal.put(key, value)


class FragileSink:
    """
    Dies before and after what arrives is stored.

    Of a message the modem has its copy until we return; a report it keeps nowhere.
    """

    def __init__(self, sink: TransportSink) -> None:
        self._sink = sink

    def received(self, part: InboundPart) -> None:
        _trap.reached("on-inbound", channel=part.channel)
        self._sink.received(part)
        _trap.reached("after-inbound", channel=part.channel)

    def reported(self, report: DeliveryReport) -> None:
        about = {"channel": report.channel, "recipient": report.recipient.value}
        _trap.reached("on-report", **about)
        self._sink.reported(report)
        _trap.reached("after-report", **about)


class FragileSender:
    """Dies before an endpoint is told, or when it has said that it has heard."""

    def __init__(self, sender: WebhookSender) -> None:
        self._sender = sender

    def check(self, url: str) -> None:
        self._sender.check(url)

    def send(self, call: Call) -> Future[Answer]:
        def answered(future: Future[Answer]) -> None:
            if future.result().status == 200:
                _trap.reached("after-post", event=call.event_id)

        _trap.reached("before-post", event=call.event_id)
        future = self._sender.send(call)
        # The first to be told, so that nobody else is.
        future.add_done_callback(answered)
        return future

    def close(self) -> None:
        self._sender.close()


@hookimpl
def smscore_register_transports(registry: Registry) -> None:
    """Bring the transport of kind ``fragile-modem``."""
    registry.transport(
        kind="fragile-modem", options=ModemOptions, make=_make_channel, capabilities=CAPABILITIES
    )


@hookimpl
def smscore_register_stores(registry: Registry) -> None:
    """Bring the store for URLs such as ``fragile:sqlite:////srv/smscore.db``."""
    registry.store(scheme="fragile", open=_open, migrate=lambda url: migrate(_bundled(url)))


@hookimpl
def smscore_register_webhook_senders(registry: Registry) -> None:
    """Take the place of the bundled one."""
    registry.webhook_sender(lambda allow: FragileSender(make_webhook_sender(allow)))


def _make_channel(name: str, options: ModemOptions) -> Transport:
    return FragileTransport(name, make_channel(name, options))


def _open(url: str, clock: Clock) -> Store:
    return FragileStore(SqlStore(_bundled(url), clock=clock))


def _bundled(url: str) -> str:
    return url.removeprefix("fragile:")


def _about(channel: str, job: SendJob, *, part: int) -> dict[str, object]:
    return {
        "channel": channel,
        "message": job.message,
        "part": part,
        "parts": job.segments.count,
        "accepted": list(job.accepted),
    }


def _kind(work: Callable[[UnitOfWork], Any], lane: Lane) -> str:
    if _trap.is_closing:
        return "hand-back"
    if getattr(work, "__qualname__", "").startswith(Recovery.recover.__qualname__):
        return "recovery"
    return "submission" if lane is Lane.SUBMISSION else "custody"


def _messages_of(result: object) -> list[int]:
    """The messages that a submission's unit of work has stored; nothing of other units."""
    if not isinstance(result, Receipt) or result.is_replay:
        return []
    return [item.message for item in result.accepted]

"""
Stand-ins for the edges: a clock that is set, a transport that remembers.

They keep the promises of their ports and pass the same contracts as the real ones.
"""

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs

from smscore.domain.deliveries import DeliveryReport, ReportOutcome
from smscore.domain.inbound import InboundPart
from smscore.domain.links import Link
from smscore.domain.messages import Medium, MessageId
from smscore.domain.recipients import Recipient
from smscore.errors import TemporaryFailure, TransportError
from smscore.ports.measurement import Exchange
from smscore.ports.transport import (
    Capabilities,
    ChannelHealth,
    Journal,
    SendJob,
    SendReceipt,
    TransportSink,
)

__all__ = ["NOON", "FakeTransport", "ManualClock", "RecordingJournal", "RecordingSink"]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class ManualClock:
    """A clock that stands still until it is moved: time passes, or somebody sets it."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._passed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._passed

    def move(self, **by: float) -> None:
        """Go on by so many ``seconds``, ``minutes``, ``days`` …"""
        self.jump(**by)
        self._passed += max(0.0, timedelta(**by).total_seconds())

    def jump(self, **by: float) -> None:
        """Show another time, although none has passed."""
        self._now += timedelta(**by)


class FakeTransport:
    """
    A network in memory: takes every message, unless told otherwise, and remembers the jobs begun.

    ``media`` is what it carries, such as Telegram messages. While ``is_able`` is False, it cannot
    send.
    ``fail_next`` queues an error for one of the next sends, ``fail_for`` has them by recipient.
    ``report`` plays the network's reports; a hasty network reports before it gives the reference.
    """

    capabilities = Capabilities(delivery_reports=True, flash=True, inbound=True, sender_id=True)

    def __init__(
        self,
        *,
        name: str = "fake",
        is_hasty: bool = False,
        media: tuple[Medium, ...] = (Medium.SMS,),
    ) -> None:
        self.capabilities = attrs.evolve(self.capabilities, media=media)
        self._name = name
        self._is_hasty = is_hasty
        self._failures: deque[tuple[TransportError, int]] = deque()
        self._references = 0
        self._undelivered: list[InboundPart] = []
        self._opened: tuple[TransportSink, Journal] | None = None
        self._changed = threading.Condition()
        self.jobs: list[SendJob] = []
        self.sent: dict[MessageId, tuple[str | None, ...]] = {}
        self.fail_for: dict[Recipient, TransportError] = {}
        self.is_able = True
        self.is_closed = False

    def open(self, sink: TransportSink, journal: Journal) -> None:
        self._opened = sink, journal
        self.is_closed = False

    def send(self, job: SendJob) -> SendReceipt:
        _, journal = self._edges()
        if self.is_closed:
            raise TemporaryFailure(f"the channel {self._name} is closed")
        failure, at_part = self._failure_of(job)
        references: dict[int, str] = {}
        for number in job.missing:
            journal.submitting(job, number)
            if number == job.missing[0]:
                self.jobs.append(job)
            if failure is not None and number == at_part:
                if failure.code != "indeterminate":
                    journal.refused(job, number)
                raise failure
            self._references += 1
            reference = references[number] = str(self._references)
            if self._is_hasty:
                self.report_reference(reference, job=job)
            journal.accepted(job, number, reference)
        receipt = job.receipt(references)
        with self._changed:
            self.sent[job.message] = receipt.references
            self._changed.notify_all()
        return receipt

    def health(self) -> ChannelHealth:
        return ChannelHealth(
            is_ready=self._opened is not None and self.is_able and not self.is_closed,
            detail="a fake",
        )

    def close(self) -> None:
        self.is_closed = True

    def fail_next(self, failure: TransportError, *, at_part: int = 1) -> None:
        """The next send raises this when it comes to the part."""
        self._failures.append((failure, at_part))

    def accept_late(self, message: MessageId) -> None:
        """The network took a message of which it was not known, and says so only now."""
        job = next(job for job in reversed(self.jobs) if job.message == message)
        _, journal = self._edges()
        for number in range(1, job.segments.count + 1):
            journal.accepted(job, number, f"late-{number}")

    def report(
        self,
        message: MessageId,
        outcome: ReportOutcome = ReportOutcome.DELIVERED,
        *,
        at: datetime = NOON,
    ) -> None:
        """The network reports every part of a message that it took."""
        job = next(job for job in reversed(self.jobs) if job.message == message)
        for reference in self.sent.get(message, ()):
            if reference is not None:
                self.report_reference(reference, job=job, outcome=outcome, at=at)

    def report_reference(
        self,
        reference: str,
        *,
        job: SendJob,
        outcome: ReportOutcome = ReportOutcome.DELIVERED,
        at: datetime = NOON,
    ) -> None:
        """The network reports one part."""
        sink, _ = self._edges()
        sink.reported(
            DeliveryReport(
                channel=self._name,
                reference=reference,
                recipient=job.recipient,
                outcome=outcome,
                received_at=at,
            )
        )

    def deliver(self, part: InboundPart) -> None:
        """Something arrives from the network, behind what the sink has not taken yet."""
        self._undelivered.append(part)
        sink, _ = self._edges()
        for offered in list(self._undelivered):
            try:
                sink.received(offered)
            except Exception:  # noqa: BLE001  # it raises: keep the part
                return
            self._undelivered.remove(offered)

    def wait_for(self, condition: Callable[[], bool], *, timeout: float = 5.0) -> bool:
        """Wait until a send has made the condition true."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def _failure_of(self, job: SendJob) -> tuple[TransportError | None, int]:
        if failure := self.fail_for.get(job.recipient):
            return failure, 1
        return self._failures.popleft() if self._failures else (None, 0)

    def _edges(self) -> tuple[TransportSink, Journal]:
        if self._opened is None:
            raise RuntimeError(f"the transport {self._name!r} has not been opened")
        return self._opened


class RecordingSink:
    """A sink that keeps what it gets; ``fail_next`` makes it raise once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._failures: deque[Exception] = deque()
        self.parts: list[InboundPart] = []
        self.reports: list[DeliveryReport] = []
        self.links: dict[str, Link] = {}  # by their addresses

    def received(self, part: InboundPart) -> None:
        self._maybe_fail()
        with self._changed:
            self.parts.append(part)
            self._changed.notify_all()

    def reported(self, report: DeliveryReport) -> None:
        self._maybe_fail()
        with self._changed:
            self.reports.append(report)
            self._changed.notify_all()

    def linked(self, link: Link) -> None:
        self._maybe_fail()
        with self._changed:
            self.links[link.address] = link
            self._changed.notify_all()

    def unlinked(self, *, channel: str, address: str) -> None:  # noqa: ARG002  # it has one channel
        self._maybe_fail()
        with self._changed:
            self.links.pop(address, None)
            self._changed.notify_all()

    def fail_next(self, failure: Exception) -> None:
        """The next call raises this: nothing was stored."""
        self._failures.append(failure)

    def wait_for(self, condition: Callable[[], bool], *, timeout: float = 5.0) -> bool:
        """Wait until an arrival has made the condition true."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def _maybe_fail(self) -> None:
        if self._failures:
            raise self._failures.popleft()


class RecordingJournal:
    """A journal in memory: ``marks`` and ``exchanges`` are what it was told, in order."""

    def __init__(self) -> None:
        self.marks: list[tuple[str, MessageId, int, str | None]] = []
        self.exchanges: list[Exchange] = []
        self.values: dict[str, bytes] = {}
        self._changed = threading.Condition()

    def submitting(self, job: SendJob, part: int) -> None:
        self._mark("submitting", job, part)

    def accepted(self, job: SendJob, part: int, reference: str | None) -> None:
        self._mark("accepted", job, part, reference)

    def refused(self, job: SendJob, part: int) -> None:
        self._mark("refused", job, part)

    def exchanged(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.values[key] = value

    def wait_for(self, condition: Callable[[], bool], *, timeout: float = 5.0) -> bool:
        """Wait until a mark has made the condition true."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def _mark(self, mark: str, job: SendJob, part: int, reference: str | None = None) -> None:
        with self._changed:
            self.marks.append((mark, job.message, part, reference))
            self._changed.notify_all()

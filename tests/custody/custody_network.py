"""
A network that does what a script says, logs each part that it took, and tells the model.
"""

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime

import attrs
from custody_model import Model
from custody_records import Message, Part

from smscore.domain.deliveries import DeliveryReport, ReportOutcome
from smscore.domain.messages import MessageId
from smscore.domain.numbers import PhoneNumber
from smscore.errors import Indeterminate, NotReady, PermanentFailure, TemporaryFailure
from smscore.ports.transport import (
    Capabilities,
    ChannelHealth,
    Journal,
    SendJob,
    SendReceipt,
    TransportSink,
)
from smscore.testing import ManualClock

REFERENCES = 4  # then they begin again
PATIENCE = 30.0  # seconds

BREAKS = ("temporary", "not ready", "permanent", "doubt", "breach before", "breach after")
DEATHS = ("die before", "die marked", "die gone", "die at the end")
SUCCESSES = ("ok", "hasty", "hasty failed")


class Death(BaseException):
    """The process ends here."""


@attrs.frozen
class Try:
    """What becomes of one try to send, and at which part, or the next or last that is missing."""

    kind: str = "ok"
    part: int = 1

    def stop(self, missing: Sequence[int]) -> int | None:
        """The part at which it does not go on."""
        if self.kind in (*SUCCESSES, "die at the end") or not missing:
            return None
        return next((number for number in missing if number >= self.part), missing[-1])


@attrs.frozen
class HandedOver:
    """A part that the network took."""

    channel: str
    message: MessageId
    part: int
    reference: str
    to: PhoneNumber
    at: datetime


@attrs.frozen
class Zombie:
    """What a process was about when it was given up for dead."""

    channel: str
    job: SendJob
    part: int
    kind: str
    reference: str


@attrs.define
class Network:
    """What all channels share."""

    model: Model
    clock: ManualClock
    script: deque[Try] = attrs.field(factory=deque)
    handed: list[HandedOver] = attrs.field(factory=list)
    zombies: list[Zombie] = attrs.field(factory=list)
    paused: set[str] = attrs.field(factory=set)
    draining: set[str] = attrs.field(factory=set)
    unready: set[str] = attrs.field(factory=set)
    watched: set[str] = attrs.field(factory=set)  # in this round
    unready_since: dict[str, float] = attrs.field(factory=dict)
    wrong: list[str] = attrs.field(factory=list)  # what the services should not have done
    references: Counter[str] = attrs.field(factory=Counter)

    def take(self, channel: str, job: SendJob, part: int) -> str:
        known = {one.reference for one in self.model.messages[job.message].parts.values()}
        while (reference := self._next_reference(channel)) in known:
            pass  # they are used again, but not within one message
        handed = HandedOver(channel, job.message, part, reference, job.recipient, self.clock.now())
        self.handed.append(handed)
        return reference

    def _next_reference(self, channel: str) -> str:
        self.references[channel] += 1
        return str(self.references[channel] % REFERENCES)

    def head(self, channel: str) -> Message | None:
        """Who is claimed next; those before it whose time is over have expired."""
        for message in self.model.waiting(channel):
            if message.expires is None or message.expires > self.clock.now():
                return message
            self.model.move(message, "expired", self.clock.now())
        return None


class ScriptedTransport:
    capabilities = Capabilities(delivery_reports=True)

    def __init__(self, name: str, network: Network) -> None:
        self._name = name
        self._network = network
        self._opened: tuple[TransportSink, Journal] | None = None

    def open(self, sink: TransportSink, journal: Journal) -> None:
        self._opened = sink, journal

    def close(self) -> None:
        pass

    def health(self) -> ChannelHealth:
        network, now = self._network, self._network.clock.monotonic()
        if self._name not in network.watched:
            # The first to ask in a round keeps watch only; whoever asks then would send.
            network.watched.add(self._name)
            return ChannelHealth(is_ready=self._name not in network.unready, detail="watched")
        if self._name not in network.unready:
            network.unready_since.pop(self._name, None)
            return ChannelHealth(is_ready=True, detail="ready")
        since = network.unready_since.setdefault(self._name, now)
        for message in network.model.waiting(self._name):
            first, *others = message.legs
            able = [
                leg
                for leg in others
                if leg not in network.paused | network.draining | network.unready
            ]
            if now - since >= PATIENCE and able and not message.parts:
                others.remove(able[0])
                message.legs, message.tries = [able[0], *others, first], 0
        return ChannelHealth(is_ready=False, detail="not ready")

    def send(self, job: SendJob) -> SendReceipt:
        network, do = self._network, Try()
        if network.script:
            do = network.script.popleft()
        message = network.head(self._name)
        is_idle = self._name in network.paused | network.unready
        if message is None or message.id != job.message or is_idle:
            network.wrong.append(f"{self._name} sends {job.message}, and not {message}")
            raise Death
        missing, size = message.missing, job.segments.count
        if size != message.size or {*job.accepted} != {*range(1, size + 1)} - {*missing}:
            network.wrong.append(f"{job} is not what is missing of {message}")
        message.status, message.tries = "sending", message.tries + 1
        references = self._hand_over(job, message, do)
        if do.kind == "die at the end":
            raise Death
        network.model.tried(message, "ok", now=network.clock.now())
        return job.receipt(references)

    def _hand_over(self, job: SendJob, message: Message, do: Try) -> dict[int, str]:
        network, now = self._network, self._network.clock.now()
        _, journal = self._edges()
        references: dict[int, str] = {}
        stop = do.stop(message.missing)
        for number in message.missing:
            if number == stop:
                self._stop(job, message, number, do.kind)
            journal.submitting(job, number)
            reference = references[number] = network.take(self._name, job, number)
            if do.kind.startswith("hasty"):
                self._report(job, reference, is_good=do.kind == "hasty")
            part = Part("accepted", now, self._name, reference)
            network.model.accepted(message, number, part, now=now)
            journal.accepted(job, number, reference)
        return references

    def _stop(self, job: SendJob, message: Message, number: int, kind: str) -> None:
        network, now = self._network, self._network.clock.now()
        _, journal = self._edges()
        if kind not in ("die before", "breach before"):
            journal.submitting(job, number)
            message.parts[number] = Part("doubt", now)
        reference = network.take(self._name, job, number) if kind in ("doubt", "die gone") else ""
        if kind in ("temporary", "not ready", "permanent"):
            journal.refused(job, number)
            del message.parts[number]
        if kind in DEATHS:
            network.zombies.append(Zombie(self._name, job, number, kind, reference))
            raise Death
        network.model.tried(message, "breach" if kind.startswith("breach") else kind, now=now)
        raise _ERRORS[kind]

    def _report(self, job: SendJob, reference: str, *, is_good: bool) -> None:
        sink, _ = self._edges()
        report = DeliveryReport(
            channel=self._name,
            reference=reference,
            recipient=job.recipient,
            outcome=ReportOutcome.DELIVERED if is_good else ReportOutcome.FAILED,
            received_at=self._network.clock.now(),
            submitted_at=self._network.clock.now(),
        )
        self._network.model.report(report)
        sink.reported(report)

    def _edges(self) -> tuple[TransportSink, Journal]:
        if self._opened is None:
            raise RuntimeError("it has not been opened")
        return self._opened


_ERRORS: dict[str, Exception] = {
    "temporary": TemporaryFailure("busy"),
    "not ready": NotReady("not registered"),
    "permanent": PermanentFailure("barred"),
    "doubt": Indeterminate("silence"),
    "breach before": ValueError("a mistake"),
    "breach after": ValueError("a mistake"),
}

"""
What must be durable while a message is being handed over: the marks of its parts.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from smscore.domain.deliveries import Delivery, Part, PartState, Status
from smscore.domain.events import next_event
from smscore.domain.messages import Medium, MessageId
from smscore.domain.recipients import is_same_recipient
from smscore.errors import GatewayError, Indeterminate, LeaseLost, NotReady
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.measurement import Exchange
from smscore.ports.storage import Store, UnitOfWork, commit
from smscore.ports.transport import SendJob
from smscore.services._progress import record, record_report

__all__ = ["ChannelJournal"]

_log = logging.getLogger(__name__)


class ChannelJournal:
    """
    The journal of one channel, kept in the store.

    While it ``is_stopping`` no part is begun: what is not sent now is handed back unbegun.
    ``exchanged`` is told of parts and their answers.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSequence,
        channel: str,
        is_stopping: Callable[[], bool],
        exchanged: Callable[[Exchange], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._channel = channel
        self._is_stopping = is_stopping
        self._exchanged = exchanged

    def submitting(self, job: SendJob, part: int) -> None:
        if self._is_stopping():
            raise NotReady("the channel is stopping here")
        try:
            self._submitting(job, part)
        except GatewayError as fault:
            raise NotReady("the part could not be marked before sending") from fault

    def accepted(self, job: SendJob, part: int, reference: str | None) -> None:
        try:
            self._accepted(job, part, reference)
        except GatewayError as fault:
            raise Indeterminate("the network took it, but that could not be stored") from fault

    def refused(self, job: SendJob, part: int) -> None:
        def lift(_: UnitOfWork, delivery: Delivery) -> Delivery:
            # Whoever holds the message now has marks of their own, which are none of our business.
            return delivery.without_part(part) if self._holds(delivery) else delivery

        try:
            self._change(job.message, lift)
        except GatewayError:
            # The refusal is what matters to the transport; a doubt too many does no harm.
            _log.exception("channel %s: a refusal could not be stored", self._channel)

    def exchanged(self, exchange: Exchange) -> None:
        self._exchanged(exchange)

    def get(self, key: str) -> bytes | None:
        return self._store.read(lambda view: view.journal.get(channel=self._channel, key=key))

    def put(self, key: str, value: bytes) -> None:
        commit(
            self._store, lambda work: work.journal.put(channel=self._channel, key=key, value=value)
        )

    def _submitting(self, job: SendJob, part: int) -> None:
        mark = self._mark(part, state=PartState.SUBMITTING)

        def begin(_: UnitOfWork, delivery: Delivery) -> Delivery:
            if not self._holds(delivery) or part in delivery.accepted_parts:
                raise LeaseLost(f"part {part} of message {job.message:016x} is not ours to send")
            return delivery.with_part(mark)

        if not self._change(job.message, begin):
            raise LeaseLost(f"message {job.message:016x} is gone: others ended it long ago")

    def _accepted(self, job: SendJob, part: int, reference: str | None) -> None:
        # Whoever holds the message now: that the network has the part is a fact.
        mark, now = self._mark(part, state=PartState.ACCEPTED, reference=reference), self._now()

        def accept(work: UnitOfWork, delivery: Delivery) -> Delivery:
            if _counts_for(delivery, job, mark):
                return _accept(work, delivery, mark, now=now)
            return _note_late(work, delivery, mark, now=now)

        self._change(job.message, accept)

    def _holds(self, delivery: Delivery) -> bool:
        """Whether it is this process that sends the message, and on this channel."""
        return (
            delivery.status is Status.SENDING
            and delivery.owner == self._ids.process
            and delivery.channel == self._channel
        )

    def _mark(self, number: int, *, state: PartState, reference: str | None = None) -> Part:
        return Part(
            number=number,
            channel=self._channel,
            state=state,
            reference=reference,
            at=self._now(),
        )

    def _change(
        self, message: MessageId, change: Callable[[UnitOfWork, Delivery], Delivery]
    ) -> bool:
        """Save what becomes of a delivery; False if it is not there any more."""

        def work(work: UnitOfWork) -> bool:
            tracked = work.outbox.get(message)
            if tracked is not None:
                work.outbox.save(change(work, tracked.delivery))
            return tracked is not None

        return commit(self._store, work)

    def _now(self) -> datetime:
        return self._clock.now()


def _counts_for(delivery: Delivery, job: SendJob, part: Part) -> bool:
    """
    Whether a part is one of the delivery's, on its way as it is now.

    Parts of an SMS may go by several networks; of anything else, each channel sends the whole.
    """
    medium = delivery.route[0].medium
    return part.channel == delivery.channel or (job.medium is medium is Medium.SMS)


def _note_late(work: UnitOfWork, delivery: Delivery, part: Part, *, now: datetime) -> Delivery:
    """A fact for the story: it was given to another channel before, and that changes nothing."""
    detail: dict[str, str | int | None] = {
        "channel": part.channel,
        "part": part.number,
        "reference": part.reference,
        "to": delivery.channel,
    }
    counted, event = next_event(delivery, kind="message.accepted_late", at=now, detail=detail)
    work.events.add(event)
    return counted


def _accept(work: UnitOfWork, delivery: Delivery, part: Part, *, now: datetime) -> Delivery:
    """The part's mark, what it decides, and the reports that were faster than its reference."""
    begun_at = next((one.at for one in delivery.parts if one.number == part.number), part.at)
    marked = delivery.with_part(part)
    settled = marked.settled(at=now)
    if settled.status is not marked.status:
        marked = record(work, settled, at=now, detail={"channel": part.channel})
    if part.reference is None:
        return marked
    for report in work.outbox.unpark(channel=part.channel, reference=part.reference):
        # Older ones are of a part that had the reference before, and was never known by it.
        is_its = is_same_recipient(report.recipient, delivery.recipient)
        if is_its and report.received_at >= begun_at:
            marked = record_report(work, marked, report, at=now)
        else:
            work.outbox.park(report)
    return marked

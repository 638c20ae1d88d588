"""
Handing queued messages to a channel's transport, and keeping what came of it.
"""

import logging
import zlib
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from smscore.domain.deliveries import (
    Delivery,
    Part,
    PartState,
    ProcessId,
    RetryPolicy,
    Status,
)
from smscore.domain.messages import MessageId
from smscore.domain.segments import MOST_PARTS, EncodingOptions, split
from smscore.errors import Indeterminate, PermanentFailure, TemporaryFailure, TransportError
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork
from smscore.ports.transport import SendJob, Transport
from smscore.services._progress import record

__all__ = ["ChannelJournal", "Dispatch"]

_log = logging.getLogger(__name__)

_RECOVERY_BATCH = 500


class Dispatch:
    """
    The use case *send*: claim, hand over, keep the outcome.

    One thread per channel calls :meth:`run_once`; the calls of different channels do not meet.
    """

    def __init__(
        self, *, store: Store, clock: Clock, ids: IdSequence, retry: RetryPolicy | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._retry = retry or RetryPolicy()

    def run_once(self, channel: str, transport: Transport) -> int:
        """
        Send the next message of the channel, if there is one, and say how many were taken.

        Blocks for as long as the transport does.
        """
        taken = self.claim(channel)
        if taken is None:
            return 0
        if taken.delivery.status is Status.SENDING:
            self._send(taken, transport)
        return 1

    def claim(self, channel: str) -> Tracked | None:
        """Take the next message under this process's lease; one whose time is over expires."""
        now, owner = self._clock.now(), self._ids.process
        return self._store.run(
            lambda work: _claim(work, channel, owner=owner, now=now), lane=Lane.CUSTODY
        ).result()

    def recover(self, owners: Collection[ProcessId], *, channel: str | None = None) -> int:
        """
        Settle what processes held that hold it no more, and say how many messages that were.

        What had not begun is queued again; what had is decided by the marks of its parts.
        """
        if not owners:
            return 0
        now = self._clock.now()
        settled = 0
        while count := self._store.run(
            lambda work: _recover(work, owners, channel=channel, now=now), lane=Lane.CUSTODY
        ).result():
            settled += count
        return settled

    def recover_own(self, channel: str) -> int:
        """Settle what this process's thread for the channel left behind when it stumbled."""
        return self.recover([self._ids.process], channel=channel)

    def recover_all(self) -> int:
        """Settle what any process held; for a server that knows it is alone and has not begun."""
        return self.recover(self._store.run(_owners, lane=Lane.CUSTODY).result())

    def _send(self, taken: Tracked, transport: Transport) -> None:
        message = taken.message.id
        try:
            receipt = transport.send(_job(taken))
        except PermanentFailure as failure:
            self._keep(message, _refusal(failure))
        except TemporaryFailure as failure:
            self._keep(message, self._postponement(failure))
        except Indeterminate as failure:
            self._keep(message, _doubt(failure))
        except Exception as failure:  # noqa: BLE001  # a stranger's code, and a broken promise
            _log.exception("the transport of channel %s broke its promise", taken.delivery.channel)
            self._keep(message, self._breach(failure))
        else:
            self._keep(
                message,
                lambda delivery, now: delivery.sent(at=now, references=receipt.references),
            )

    def _keep(self, message: MessageId, move: Callable[[Delivery, datetime], Delivery]) -> None:
        now = self._clock.now()
        self._store.run(
            lambda work: _settle(work, message, move, now=now), lane=Lane.CUSTODY
        ).result()

    def _breach(self, failure: Exception) -> Callable[[Delivery, datetime], Delivery]:
        """What no transport should raise tells nothing: only the marks of the parts do."""
        unexpected = TemporaryFailure(f"the transport failed: {type(failure).__name__}")
        postpone = self._postponement(unexpected)

        def move(delivery: Delivery, now: datetime) -> Delivery:
            if delivery.is_in_doubt:
                return delivery.in_doubt(error=str(unexpected))
            return postpone(delivery, now)

        return move

    def _postponement(self, failure: TransportError) -> Callable[[Delivery, datetime], Delivery]:
        def move(delivery: Delivery, now: datetime) -> Delivery:
            delay = self._retry.delay(delivery.attempts)
            if delay is None:
                return delivery.refused(at=now, code="gave_up", error=_said(failure))
            return delivery.postponed(until=now + timedelta(seconds=delay), error=_said(failure))

        return move


class ChannelJournal:
    """The journal of one channel, kept in the store."""

    def __init__(self, *, store: Store, clock: Clock, channel: str) -> None:
        self._store = store
        self._clock = clock
        self._channel = channel

    def submitting(self, job: SendJob, part: int) -> None:
        self._mark(job, part, state=PartState.SUBMITTING, reference=None)

    def accepted(self, job: SendJob, part: int, reference: str | None) -> None:
        self._mark(job, part, state=PartState.ACCEPTED, reference=reference)

    def refused(self, job: SendJob, part: int) -> None:
        self._change(job.message, lambda _, delivery: delivery.without_part(part))

    def get(self, key: str) -> bytes | None:
        return self._store.read(lambda view: view.journal.get(channel=self._channel, key=key))

    def put(self, key: str, value: bytes) -> None:
        self._store.run(
            lambda work: work.journal.put(channel=self._channel, key=key, value=value),
            lane=Lane.CUSTODY,
        ).result()

    def _mark(self, job: SendJob, number: int, *, state: PartState, reference: str | None) -> None:
        part = Part(
            number=number,
            channel=self._channel,
            state=state,
            reference=reference,
            at=self._clock.now(),
        )
        self._change(job.message, lambda work, delivery: _with_mark(work, delivery, part))

    def _change(
        self, message: MessageId, change: Callable[[UnitOfWork, Delivery], Delivery]
    ) -> None:
        def work(work: UnitOfWork) -> None:
            tracked = work.outbox.get(message)
            if tracked is not None:
                work.outbox.save(change(work, tracked.delivery))

        self._store.run(work, lane=Lane.CUSTODY).result()


def _with_mark(work: UnitOfWork, delivery: Delivery, part: Part) -> Delivery:
    """The part's mark, and the reports that were faster than its reference."""
    marked = delivery.with_part(part)
    if part.reference is None:
        return marked
    for report in work.outbox.unpark(channel=part.channel, reference=part.reference):
        if report.recipient.is_same_line(delivery.recipient):
            marked = marked.reported(report)
    return marked


def _claim(work: UnitOfWork, channel: str, *, owner: ProcessId, now: datetime) -> Tracked | None:
    for tracked in work.outbox.claimable(channel, limit=1):
        delivery = tracked.delivery
        if delivery.expires_at is not None and delivery.expires_at <= now:
            expired = record(work, delivery.expired(at=now), at=now)
            return Tracked(message=tracked.message, delivery=expired)
        claimed = delivery.claimed(owner=owner)
        detail: dict[str, str | int | None] = {"channel": channel, "attempt": claimed.attempts}
        return Tracked(
            message=tracked.message, delivery=record(work, claimed, at=now, detail=detail)
        )
    return None


def _job(taken: Tracked) -> SendJob:
    message, delivery = taken.message, taken.delivery
    options = EncodingOptions(
        languages=message.languages, wide_reference=message.wide_reference, max_parts=MOST_PARTS
    )
    return SendJob(
        message=message.id,
        recipient=message.recipient,
        segments=split(message.text, options=options),
        # Equal for all tries of one message, and different for its neighbours.
        concat_reference=zlib.crc32(message.id.to_bytes(8, "big"))
        & (0xFFFF if message.wide_reference else 0xFF),
        sender=message.sender,
        flash=message.flash,
        expires_at=message.expires_at,
        accepted=delivery.accepted_parts,
    )


def _settle(
    work: UnitOfWork,
    message: MessageId,
    move: Callable[[Delivery, datetime], Delivery],
    *,
    now: datetime,
) -> None:
    tracked = work.outbox.get(message)
    if tracked is None or tracked.delivery.status is not Status.SENDING:
        return  # settled by someone who had to assume that we were gone
    after = move(tracked.delivery, now)
    detail: dict[str, str | int | None] = {"channel": tracked.delivery.channel}
    if after.status is Status.SENT:
        detail["references"] = ", ".join(part.reference or "-" for part in after.parts)
    if after.error:
        detail["error"] = after.error
    record(work, after, at=now, kind=_kind_of(after), detail=detail)


def _recover(
    work: UnitOfWork, owners: Collection[ProcessId], *, channel: str | None, now: datetime
) -> int:
    held = work.outbox.held(owners=owners, limit=_RECOVERY_BATCH)
    mine = [delivery for delivery in held if channel in (None, delivery.channel)]
    for delivery in mine:
        after = delivery.recovered(at=now)
        kind = "message.recovered" if after.status is Status.QUEUED else None
        record(work, after, at=now, kind=kind, detail={"channel": delivery.channel})
    return len(mine)


def _owners(work: UnitOfWork) -> Sequence[ProcessId]:
    return work.outbox.owners()


def _kind_of(delivery: Delivery) -> str:
    match delivery.status:
        case Status.SCHEDULED:
            return "message.retried"
        case Status.QUEUED:
            return "message.rerouted"
        case status:
            return f"message.{status}"


def _refusal(failure: TransportError) -> Callable[[Delivery, datetime], Delivery]:
    return lambda delivery, now: delivery.refused(at=now, code=failure.code, error=_said(failure))


def _doubt(failure: TransportError) -> Callable[[Delivery, datetime], Delivery]:
    return lambda delivery, _: delivery.in_doubt(error=_said(failure))


def _said(failure: TransportError) -> str:
    return f"{failure} ({failure.cause})" if failure.cause else str(failure)

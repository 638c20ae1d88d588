"""
Messages that leave, in dictionaries.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from smscore.domain.deliveries import Delivery, DeliveryReport, ProcessId, Status
from smscore.domain.messages import AccountId, MessageId, OutboundMessage
from smscore.domain.recipients import Recipient, is_same_recipient
from smscore.errors import StoreError
from smscore.ids import born_at, first_of
from smscore.ports.storage import Tally, TraceKind, Tracked
from smscore.testing._memory._events import MemoryEvents
from smscore.testing._memory._inbox import MemoryInbox
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryOutbox"]


class MemoryOutbox:
    def __init__(self, log: Log, events: "MemoryEvents", inbox: MemoryInbox) -> None:
        self._log = log
        self._events = events
        self._inbox = inbox
        self._messages: dict[MessageId, OutboundMessage] = {}
        self._deliveries: dict[MessageId, Delivery] = {}
        self._parked: dict[int, DeliveryReport] = {}
        self._newest_parked = 0

    def get(self, message: MessageId) -> Tracked | None:
        if message not in self._messages:
            return None
        return Tracked(message=self._messages[message], delivery=self._deliveries[message])

    def find(
        self,
        *,
        account: AccountId | None = None,
        statuses: Collection[Status] = (),
        before: MessageId | None = None,
        limit: int = 50,
    ) -> Sequence[Tracked]:
        found = [
            Tracked(message=message, delivery=self._deliveries[message.id])
            for message in sorted(self._messages.values(), key=lambda one: -one.id)
            if account in (None, message.account)
            and (not statuses or self._deliveries[message.id].status in statuses)
            and (before is None or message.id < before)
        ]
        return found[:limit]

    def count(self, *, channel: str | None = None) -> dict[Status, int]:
        counts: dict[Status, int] = {}
        for one in self._deliveries.values():
            if channel in (None, one.channel):
                counts[one.status] = counts.get(one.status, 0) + 1
        return counts

    def backlog(self) -> Mapping[str, int]:
        return Counter(one.channel for one in self._where(lambda one: one.status is Status.QUEUED))

    def oldest(self, channels: Collection[str]) -> Mapping[str, datetime]:
        places: dict[str, MessageId] = {}
        for one in self._where(lambda one: one.status is Status.QUEUED):
            if one.channel in channels:
                place = self._place(one.message)
                places[one.channel] = min(places.get(one.channel, place), place)
        return {channel: born_at(place) for channel, place in places.items()}

    def tally(self, *, since: datetime) -> Tally:
        failed = [
            one
            for one in self._where(lambda one: one.status is Status.FAILED)
            if one.finished_at is not None and one.finished_at >= since
        ]
        queued = sum(self.backlog().values())
        return Tally(total=len(self._deliveries), queued=queued, failed=len(failed))

    def has_due(self, *, now: datetime) -> bool:
        return bool(self.due(now=now, limit=1))

    def has_overdue(self, *, now: datetime) -> bool:
        return bool(self.overdue(now=now, limit=1))

    def retries(self, *, after: datetime, ahead: datetime, limit: int) -> Sequence[Delivery]:
        later = self._where(
            lambda one: (
                one.status is Status.SCHEDULED
                and one.due_at is not None
                and one.due_at > after
                and (one.error is not None or self._is_turn(one, ahead))
            )
        )
        return sorted(later, key=lambda one: (one.due_at or after, one.message))[: -limit - 1 : -1]

    def _is_turn(self, delivery: Delivery, ahead: datetime) -> bool:
        message = self._messages[delivery.message]
        return message.not_before is None and message.accepted_at > ahead

    def has_stranded(self, *, now: datetime) -> bool:
        return bool(self.stranded(now=now, limit=1))

    def claimed(self, account: AccountId, *, before: datetime, limit: int) -> Sequence[Delivery]:
        return self._claimed(account, before)[:limit]

    def count_claimed(self, account: AccountId, *, before: datetime) -> int:
        return len(self._claimed(account, before))

    def count_caused(self, *, sender: str, recipient: Recipient, since: datetime) -> int:
        made = [one for one in self._messages.values() if one.recipient == recipient]
        return sum(
            one.id >= first_of(since)
            and one.origin is not None
            and self._inbox.sender_of(one.origin) == sender
            for one in made
        )

    def caused(self, *, since: datetime, limit: int) -> Sequence[OutboundMessage]:
        made = [
            one
            for one in self._messages.values()
            if one.origin is not None and one.id >= first_of(since)
        ]
        return sorted(made, key=lambda one: -one.id)[:limit]

    def _claimed(self, account: AccountId, before: datetime) -> list[Delivery]:
        claimed = [
            (one.claimed_at, one.message, one)
            for one in self._deliveries.values()
            if one.account == account and one.claimed_at is not None and one.claimed_at < before
        ]
        return [delivery for _, _, delivery in sorted(claimed, key=lambda found: found[:2])]

    def add(self, message: OutboundMessage, delivery: Delivery) -> None:
        if message.id in self._messages:
            raise StoreError(f"there is a message {message.id:016x} already")
        self._log.put(self._messages, message.id, message)
        self._put(delivery)

    def save(self, delivery: Delivery) -> None:
        if delivery.message not in self._deliveries:
            raise StoreError(f"there is no message {delivery.message:016x} to save")
        self._put(delivery)

    def claimable(self, channel: str, *, limit: int) -> Sequence[Tracked]:
        return self.waiting(channel, skip=0, limit=limit)

    def waiting(self, channel: str, *, skip: int, limit: int) -> Sequence[Tracked]:
        queued = self._where(lambda one: one.status is Status.QUEUED and one.channel == channel)
        queued.sort(key=lambda one: (-one.priority, self._place(one.message), one.message))
        return [
            Tracked(message=self._messages[one.message], delivery=one)
            for one in queued[skip : skip + limit]
        ]

    def due(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        due = self._where(
            lambda one: (
                one.status is Status.SCHEDULED and one.due_at is not None and one.due_at <= now
            )
        )
        return sorted(due, key=lambda one: (one.due_at or now, one.message))[:limit]

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        waiting = (Status.SCHEDULED, Status.QUEUED)
        return self._where(
            lambda one: (
                one.status in waiting and one.expires_at is not None and one.expires_at <= now
            )
        )[:limit]

    def stranded(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        stranded = self._where(lambda one: one.fall_back_at is not None and one.fall_back_at <= now)
        return sorted(stranded, key=lambda one: (one.fall_back_at or now, one.message))[:limit]

    def held(self, *, owners: Collection[ProcessId], limit: int) -> Sequence[Delivery]:
        return self._where(lambda one: one.status is Status.SENDING and one.owner in owners)[:limit]

    def owners(self) -> Sequence[ProcessId]:
        held = self._where(lambda one: one.status is Status.SENDING)
        return sorted({one.owner for one in held if one.owner is not None})

    def awaiting(self, report: DeliveryReport, *, limit: int = 20) -> Sequence[Delivery]:
        candidates = [
            (part.at, one.message, one)
            for one in self._deliveries.values()
            for part in one.parts
            if part.channel == report.channel
            and part.reference == report.reference
            and is_same_recipient(one.recipient, report.recipient)
        ]
        candidates.sort(key=lambda found: found[:2], reverse=True)
        return [delivery for _, _, delivery in candidates[:limit]]

    def park(self, report: DeliveryReport) -> None:
        self._newest_parked += 1
        self._log.put(self._parked, self._newest_parked, report)

    def unpark(self, *, channel: str, reference: str) -> Sequence[DeliveryReport]:
        return self._take_parked(lambda one: one.channel == channel and one.reference == reference)

    def forget_parked(self, *, before: datetime) -> int:
        return len(self._take_parked(lambda one: one.received_at < before))

    def prune(self, *, before: datetime, limit: int) -> int:
        old = [
            one.message
            for one in self._where(_is_over)
            if (one.finished_at or one.sent_at or one.accepted_at) < before
        ][:limit]
        for message in old:
            self._log.drop(self._messages, message)
            self._log.drop(self._deliveries, message)
        self._events.forget(old)
        return len(old)

    def shelves(self) -> Shelves:
        return {
            TraceKind.MESSAGES: Shelf(
                table=self._messages,
                whose=("recipient",),
                texts=("text", "sender", "callback_url", "error"),
                message="id",
                beside=self._deliveries,
                dropped=lambda message: self._events.forget([message]),
            ),
            TraceKind.REPORTS: Shelf(table=self._parked, whose=("recipient",), texts=("detail",)),
        }

    def _take_parked(self, is_meant: Callable[[DeliveryReport], bool]) -> Sequence[DeliveryReport]:
        taken = sorted(number for number, one in self._parked.items() if is_meant(one))
        reports = [self._parked[number] for number in taken]
        for number in taken:
            self._log.drop(self._parked, number)
        return reports

    def _where(self, is_meant: Callable[[Delivery], bool]) -> list[Delivery]:
        found = [one for one in self._deliveries.values() if is_meant(one)]
        return sorted(found, key=lambda one: one.message)

    def _place(self, message: MessageId) -> MessageId:
        """In the queue: as old as what was accepted when this one may leave."""
        not_before = self._messages[message].not_before
        return message if not_before is None else first_of(not_before)

    def _put(self, delivery: Delivery) -> None:
        self._log.put(self._deliveries, delivery.message, delivery)
        if delivery.status is Status.QUEUED:
            self._log.topics.add(delivery.channel)


def _is_over(delivery: Delivery) -> bool:
    """Whether nothing more is sent, and perhaps nothing more is heard."""
    return delivery.status.is_final or delivery.status in (Status.SENT, Status.INDETERMINATE)

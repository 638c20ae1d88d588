"""
The outbox: messages, their deliveries, and reports that were faster than their references.

Longer than other collections: it is asked the most questions.
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from smscore.domain.deliveries import Delivery, DeliveryReport, ProcessId, Status
from smscore.domain.messages import AccountId, MessageId, OutboundMessage
from smscore.domain.recipients import is_same_recipient
from smscore.ports.storage import Tally, Tracked
from smscore_sqlmodel._caused import CausedView
from smscore_sqlmodel._collections import PRUNE_EVENTS
from smscore_sqlmodel._columns import MESSAGES, PARKED_REPORTS, PART_REFERENCES, PLACE, SETTLED
from smscore_sqlmodel._mapping import micros, report_cells, report_of, to_json
from smscore_sqlmodel._messages import (
    delivery_cells,
    delivery_of,
    ending_of,
    is_plain,
    message_cells,
    plain_cells,
    reference_cells,
    tracked_of,
)
from smscore_sqlmodel._pages import LARGEST_ID, page, recent
from smscore_sqlmodel._queues import oldest
from smscore_sqlmodel._sessions import Cells
from smscore_sqlmodel._statements import deletion, insertion, replacement, selection, updating
from smscore_sqlmodel._writing import Writes

__all__ = ["Outbox", "OutboxView"]

_ADD = insertion(MESSAGES)
# Most messages have nothing in the other columns, and the driver takes its time for each NULL.
_PLAIN = (
    "id account recipient recipient_as_given text surface accepted_at sender priority flash "
    "channel route segments charged status attempts sequence"
)
_ADD_PLAIN = insertion(MESSAGES, *_PLAIN.split())
_CHANGING = (
    "channel route segments charged status due_at fall_back_at owner claimed_at attempts parts "
    "sent_at finished_at error_code error sequence"
)
_SAVE = updating(MESSAGES, *_CHANGING.split(), rank=1)
# However often a part is saved, nothing is written unless it went out again.
_REFER = replacement(
    PART_REFERENCES,
    rank=2,
    where="WHERE smscore_part_references.reference <> excluded.reference "
    "OR smscore_part_references.channel <> excluded.channel "
    "OR smscore_part_references.at <> excluded.at",
)
_GET = selection(MESSAGES, "WHERE id = ?")
_LISTED = selection(MESSAGES, "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id")
_COUNT = "SELECT status, count(*) FROM smscore_messages {} GROUP BY status"
_BACKLOG = "SELECT channel, count(*) FROM smscore_messages WHERE status = 'queued' GROUP BY channel"
_TOTAL = "SELECT count(*) FROM smscore_messages"
_QUEUED = "SELECT count(*) FROM smscore_messages WHERE status = 'queued'"
_FAILED = "SELECT count(*) FROM smscore_messages WHERE status = 'failed' AND finished_at >= ?"
# The partial indexes are used because their conditions stand here word by word.
_CLAIMABLE = (
    "SELECT id FROM smscore_messages "  # noqa: S608  # a constant
    f"WHERE channel = ? AND status = 'queued' ORDER BY priority DESC, {PLACE}, id LIMIT ?"
)
_WAITING = selection(
    MESSAGES,
    f"WHERE id IN ({_CLAIMABLE} OFFSET ?) ORDER BY priority DESC, {PLACE}, id",
)
_DUE = selection(MESSAGES, "WHERE status = 'scheduled' AND due_at <= ? ORDER BY due_at, id LIMIT ?")
_RETRIES = selection(
    MESSAGES,
    "WHERE status = 'scheduled' AND due_at > ? "
    "AND (error IS NOT NULL OR (not_before IS NULL AND accepted_at > ?)) "
    "ORDER BY due_at DESC, id DESC LIMIT ?",
)
_OVERDUE = selection(
    MESSAGES,
    "WHERE status IN ('scheduled', 'queued') AND expires_at IS NOT NULL AND expires_at <= ? "
    "ORDER BY expires_at, id LIMIT ?",
)
_STRANDED = selection(
    MESSAGES,
    "WHERE fall_back_at IS NOT NULL AND fall_back_at <= ? ORDER BY fall_back_at, id LIMIT ?",
)
_CLAIMED = selection(
    MESSAGES,
    "WHERE account = ? AND claimed_at IS NOT NULL AND claimed_at < ? ORDER BY claimed_at, id "
    "LIMIT ?",
)
_COUNT_CLAIMED = (
    "SELECT count(*) FROM smscore_messages "
    "WHERE account = ? AND claimed_at IS NOT NULL AND claimed_at < ?"
)
_HELD = selection(
    MESSAGES,
    "WHERE owner IN ({}) AND status = 'sending' ORDER BY id LIMIT ?",
)
_OWNERS = (
    "SELECT DISTINCT owner FROM smscore_messages WHERE status = 'sending' AND owner IS NOT NULL "
    "ORDER BY owner"
)
_AWAITING = (
    "SELECT message FROM smscore_part_references"
    " WHERE channel = ? AND reference = ? AND ending = ?"
    " ORDER BY at DESC, message DESC LIMIT ? OFFSET ?"
)
_PARK = insertion(PARKED_REPORTS, *PARKED_REPORTS.names[1:])
_PARKED = selection(PARKED_REPORTS, "WHERE channel = ? AND reference = ? ORDER BY id")
_UNPARK = deletion(PARKED_REPORTS, "WHERE channel = ? AND reference = ?")
_FORGET_PARKED = deletion(PARKED_REPORTS, "WHERE received_at < ?")

_OLD = (
    "SELECT id FROM smscore_messages INDEXED BY smscore_messages_news "  # noqa: S608  # a constant
    f"WHERE {SETTLED} AND coalesce(finished_at, sent_at, accepted_at) < ? "
    "ORDER BY coalesce(finished_at, sent_at, accepted_at) LIMIT ?"
)
_AMONG = "(SELECT value FROM json_each(?))"
_PRUNE = (
    PRUNE_EVENTS,
    deletion(PART_REFERENCES, f"WHERE message IN {_AMONG}"),
    deletion(MESSAGES, f"WHERE id IN {_AMONG}"),
)


class OutboxView(CausedView):
    def get(self, message: MessageId) -> Tracked | None:
        if not 0 <= message <= LARGEST_ID:
            return None  # the driver cannot even ask
        self._session.settle(message)
        rows = self._fetch(_GET, (message,))
        return tracked_of(rows[0]) if rows else None

    def find(
        self,
        *,
        account: AccountId | None = None,
        statuses: Collection[Status] = (),
        before: MessageId | None = None,
        limit: int = 50,
    ) -> Sequence[Tracked]:
        self._session.settle()
        first = recent(account=account, statuses=statuses, before=before, limit=limit)
        rows = self._session.fetch(*first) if first else []
        if len(rows) < limit:
            asked = page(account=account, statuses=statuses, before=before, limit=limit)
            rows = self._session.fetch(*asked)
        return [tracked_of(row) for row in rows]

    def count(self, *, channel: str | None = None) -> dict[Status, int]:
        # The one question that looks at every message; nothing that runs by itself asks it.
        condition, cells = ("", ()) if channel is None else ("WHERE channel = ?", (channel,))
        self._session.settle()
        return {
            Status(status): count
            for status, count in self._session.fetch(_COUNT.format(condition), cells)
        }

    def backlog(self) -> Mapping[str, int]:
        self._session.settle()
        return dict(self._session.fetch(_BACKLOG))

    def oldest(self, channels: Collection[str]) -> Mapping[str, datetime]:
        return oldest(self._session, channels)

    def tally(self, *, since: datetime) -> Tally:
        self._session.settle()
        return Tally(
            total=self._number(_TOTAL),
            queued=self._number(_QUEUED),
            failed=self._number(_FAILED, (micros(since),)),
        )

    def owners(self) -> Sequence[ProcessId]:
        self._session.settle()
        return [ProcessId(owner) for (owner,) in self._session.fetch(_OWNERS)]

    def has_due(self, *, now: datetime) -> bool:
        return self._has(_DUE, now)

    def retries(self, *, after: datetime, ahead: datetime, limit: int) -> Sequence[Delivery]:
        self._session.settle()
        cells = (micros(after), micros(ahead), limit)
        return [delivery_of(row) for row in self._session.fetch(_RETRIES, cells)]

    def has_overdue(self, *, now: datetime) -> bool:
        return self._has(_OVERDUE, now)

    def has_stranded(self, *, now: datetime) -> bool:
        return self._has(_STRANDED, now)

    def claimed(self, account: AccountId, *, before: datetime, limit: int) -> Sequence[Delivery]:
        return self._deliveries(_CLAIMED, (account, micros(before), limit))

    def count_claimed(self, account: AccountId, *, before: datetime) -> int:
        self._session.settle()
        return self._number(_COUNT_CLAIMED, (account, micros(before)))

    def waiting(self, channel: str, *, skip: int, limit: int) -> Sequence[Tracked]:
        self._session.settle()
        return [tracked_of(row) for row in self._session.fetch(_WAITING, (channel, limit, skip))]

    def _has(self, sql: str, now: datetime) -> bool:
        self._session.settle()
        return bool(self._session.fetch(sql, (micros(now), 1)))

    def _number(self, sql: str, cells: Cells = ()) -> int:
        [(number,)] = self._session.fetch(sql, cells)
        return int(number)

    def _deliveries(self, sql: str, cells: Cells) -> Sequence[Delivery]:
        self._session.settle()
        return [delivery_of(row) for row in self._session.fetch(sql, cells)]

    def _fetch(self, sql: str, cells: Cells) -> Sequence[Cells]:
        return self._session.fetch(sql, cells)


class Outbox(Writes, OutboxView):
    def add(self, message: OutboundMessage, delivery: Delivery) -> None:
        if is_plain(message, delivery):
            cells = plain_cells(message, delivery)
            self._writer.write(_ADD_PLAIN, cells, key=message.id)
        else:
            self._writer.write(_ADD, message_cells(message, delivery), key=message.id)
        self._writer.messages.put(message.id, (message, delivery))
        self._follow(delivery, before=None)

    def get(self, message: MessageId) -> Tracked | None:
        if known := self._writer.messages.get(message):
            return Tracked(message=known[0], delivery=known[1])
        found = super().get(message)
        if found is not None:
            self._writer.messages.remember(message, (found.message, found.delivery))
        return found

    def save(self, delivery: Delivery) -> None:
        before = None
        if known := self._writer.messages.get(delivery.message):
            message, before = known
            self._writer.messages.put(delivery.message, (message, delivery))
        self._writer.write(_SAVE, delivery_cells(delivery), key=delivery.message)
        self._follow(delivery, before=before)

    def claimable(self, channel: str, *, limit: int) -> Sequence[Tracked]:
        self._session.settle()
        return self._all(self._writer.take(_CLAIMABLE, (channel, limit)))

    def due(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        return self._deliveries(_DUE, (micros(now), limit))

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        return self._deliveries(_OVERDUE, (micros(now), limit))

    def stranded(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        return self._deliveries(_STRANDED, (micros(now), limit))

    def held(self, *, owners: Collection[ProcessId], limit: int) -> Sequence[Delivery]:
        marks = ", ".join("?" * len(owners)) or "NULL"
        return self._deliveries(_HELD.format(marks), (*owners, limit))

    def awaiting(self, report: DeliveryReport, *, limit: int = 20) -> Sequence[Delivery]:
        self._session.settle((report.channel, report.reference))
        place = (report.channel, report.reference, ending_of(report.recipient))
        found: dict[MessageId, Delivery] = {}
        for offset in itertools.count(step=limit):
            rows = self._session.fetch(_AWAITING, (*place, limit, offset))
            for tracked in self._all(rows):
                if _awaits(tracked.delivery, report):
                    found.setdefault(tracked.message.id, tracked.delivery)
            if len(found) >= limit or len(rows) < limit:
                break
        return list(found.values())[:limit]

    def park(self, report: DeliveryReport) -> None:
        self._writer.change(_PARK.sql, report_cells(report))

    def unpark(self, *, channel: str, reference: str) -> Sequence[DeliveryReport]:
        # Reports are parked at once, so there is nothing to settle; mostly there is none.
        rows = self._session.fetch(_PARKED, (channel, reference))
        if rows:
            self._writer.change(_UNPARK, (channel, reference))
        return [report_of(row) for row in rows]

    def forget_parked(self, *, before: datetime) -> int:
        return self._writer.change(_FORGET_PARKED, (micros(before),))

    def prune(self, *, before: datetime, limit: int) -> int:
        self._session.settle()
        old = [number for (number,) in self._session.fetch(_OLD, (micros(before), limit))]
        if old:
            numbers = to_json(old).decode()
            for sql in _PRUNE:
                self._writer.change(sql, (numbers,))
            self._writer.messages.clear()
        return len(old)

    def _all(self, rows: Sequence[tuple[int]]) -> Sequence[Tracked]:
        numbers = [MessageId(number) for (number,) in rows]
        self._recall(numbers)
        found = map(self.get, numbers)
        return [tracked for tracked in found if tracked is not None]

    def _recall(self, numbers: Sequence[MessageId]) -> None:
        """Read those at once that are not known."""
        unknown = [number for number in numbers if self._writer.messages.get(number) is None]
        if len(unknown) < 2:
            return
        for number in unknown:
            self._session.settle(number)
        for cells in self._fetch(_LISTED, (to_json(unknown).decode(),)):
            found = tracked_of(cells)
            self._writer.messages.remember(found.message.id, (found.message, found.delivery))

    def _fetch(self, sql: str, cells: Cells) -> Sequence[Cells]:
        return self._writer.hold(sql, cells)

    def _deliveries(self, sql: str, cells: Cells) -> Sequence[Delivery]:
        self._session.settle()
        return [delivery_of(row) for row in self._writer.take(sql, cells)]

    def _follow(self, delivery: Delivery, *, before: Delivery | None) -> None:
        if delivery.parts:
            known = set(reference_cells(before)) if before is not None and before.parts else ()
            for cells in reference_cells(delivery):
                if cells not in known:
                    self._writer.write(_REFER, cells, key=cells[2:4])
        if delivery.status is Status.QUEUED:
            self._writer.touch(delivery.route[0].channel)


def _awaits(delivery: Delivery, report: DeliveryReport) -> bool:
    """Whether it still does: a message that was sent again goes by new references."""
    return is_same_recipient(delivery.recipient, report.recipient) and any(
        part.reference == report.reference and part.channel == report.channel
        for part in delivery.parts
    )

"""
The outbox: messages, their deliveries, and reports that were faster than their references.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from smscore.domain.deliveries import Delivery, DeliveryReport, ProcessId, Status
from smscore.domain.messages import AccountId, MessageId, OutboundMessage
from smscore.ports.storage import Tracked
from smscore_sqlmodel._mapping import micros, report_cells, report_of
from smscore_sqlmodel._messages import (
    delivery_cells,
    delivery_of,
    is_plain,
    message_cells,
    plain_cells,
    reference_cells,
    tracked_of,
)
from smscore_sqlmodel._rows import MessageRow, ParkedReportRow, PartReferenceRow
from smscore_sqlmodel._sessions import Cells, Session
from smscore_sqlmodel._statements import deletion, insertion, replacement, selection, updating
from smscore_sqlmodel._writing import WriteSession

__all__ = ["Outbox", "OutboxView"]

_ADD = insertion(MessageRow)
# Most messages have nothing in the other columns, and the driver takes its time for each NULL.
_ADD_PLAIN = insertion(
    MessageRow,
    "id",
    "account",
    "recipient",
    "recipient_as_given",
    "text",
    "surface",
    "accepted_at",
    "sender",
    "priority",
    "flash",
    "channel",
    "route",
    "segments",
    "charged",
    "status",
    "attempts",
    "sequence",
)
_SAVE = updating(
    MessageRow,
    "channel",
    "route",
    "segments",
    "charged",
    "status",
    "due_at",
    "owner",
    "attempts",
    "parts",
    "sent_at",
    "finished_at",
    "error_code",
    "error",
    "sequence",
    rank=1,
)
# A reference keeps the moment at which it was given, however often its part is saved.
_REFER = replacement(
    PartReferenceRow,
    rank=2,
    where="WHERE reference <> excluded.reference OR channel <> excluded.channel",
)
_GET = selection(MessageRow, "WHERE id = ?")
_PAGE = selection(MessageRow, "WHERE {} ORDER BY id DESC LIMIT ?")
_COUNT = "SELECT status, count(*) FROM smscore_messages {} GROUP BY status"
# The partial indexes are used because their conditions stand here word by word.
_CLAIMABLE = selection(
    MessageRow, "WHERE channel = ? AND status = 'queued' ORDER BY priority DESC, id LIMIT ?"
)
_DUE = selection(
    MessageRow, "WHERE status = 'scheduled' AND due_at <= ? ORDER BY due_at, id LIMIT ?"
)
_OVERDUE = selection(
    MessageRow,
    "WHERE status IN ('scheduled', 'queued') AND expires_at IS NOT NULL AND expires_at <= ? "
    "ORDER BY expires_at, id LIMIT ?",
)
_HELD = selection(
    MessageRow,
    "WHERE owner IS NOT NULL AND owner IN ({}) AND status = 'sending' ORDER BY id LIMIT ?",
)
_OWNERS = "SELECT DISTINCT owner FROM smscore_messages WHERE owner IS NOT NULL ORDER BY owner"
_AWAITING = (
    selection(MessageRow, "JOIN smscore_part_references AS place ON place.message = id")
    + " WHERE place.channel = ? AND place.reference = ?"
    " ORDER BY place.at DESC, place.message DESC LIMIT ? OFFSET ?"
)
_PARK = insertion(ParkedReportRow)
_PARKED = selection(ParkedReportRow, "WHERE channel = ? AND reference = ? ORDER BY id")
_UNPARK = deletion(ParkedReportRow, "WHERE channel = ? AND reference = ?")
_FORGET_PARKED = deletion(ParkedReportRow, "WHERE received_at < ?")

_LARGEST_ID = 2**63 - 1
_CANDIDATES = 20


class OutboxView:
    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, message: MessageId) -> Tracked | None:
        if not 0 <= message <= _LARGEST_ID:
            return None  # the driver cannot even ask
        self._session.settle(message)
        rows = self._session.fetch(_GET, (message,))
        return tracked_of(rows[0]) if rows else None

    def find(
        self,
        *,
        account: AccountId | None = None,
        statuses: Collection[Status] = (),
        before: MessageId | None = None,
        limit: int = 50,
    ) -> Sequence[Tracked]:
        conditions = ["id <= ?"]
        cells: list[int | str] = [_LARGEST_ID if before is None else min(before - 1, _LARGEST_ID)]
        if account is not None:
            conditions.append("account = ?")
            cells.append(account)
        if statuses:
            conditions.append(f"status IN ({_marks(statuses)})")
            cells.extend(status.value for status in statuses)
        self._session.settle()
        rows = self._session.fetch(_PAGE.format(" AND ".join(conditions)), (*cells, limit))
        return [tracked_of(row) for row in rows]

    def count(self, *, channel: str | None = None) -> dict[Status, int]:
        condition, cells = ("", ()) if channel is None else ("WHERE channel = ?", (channel,))
        self._session.settle()
        return {
            Status(status): count
            for status, count in self._session.fetch(_COUNT.format(condition), cells)
        }

    def has_due(self, *, now: datetime) -> bool:
        return self._has(_DUE, now)

    def has_overdue(self, *, now: datetime) -> bool:
        return self._has(_OVERDUE, now)

    def _has(self, sql: str, now: datetime) -> bool:
        self._session.settle()
        return bool(self._session.fetch(sql, (micros(now), 1)))

    def _deliveries(self, sql: str, cells: Cells) -> Sequence[Delivery]:
        self._session.settle()
        return [delivery_of(row) for row in self._session.fetch(sql, cells)]


class Outbox(OutboxView):
    def __init__(self, session: WriteSession) -> None:
        super().__init__(session)
        self._writer = session

    def add(self, message: OutboundMessage, delivery: Delivery) -> None:
        if is_plain(message, delivery):
            cells = plain_cells(message, delivery)
            self._writer.write(_ADD_PLAIN, cells, key=message.id)
        else:
            self._writer.write(_ADD, message_cells(message, delivery), key=message.id)
        self._follow(delivery)

    def save(self, delivery: Delivery) -> None:
        self._writer.write(_SAVE, delivery_cells(delivery), key=delivery.message)
        self._follow(delivery)

    def claimable(self, channel: str, *, limit: int) -> Sequence[Tracked]:
        self._session.settle()
        return [tracked_of(row) for row in self._session.fetch(_CLAIMABLE, (channel, limit))]

    def due(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        return self._deliveries(_DUE, (micros(now), limit))

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        return self._deliveries(_OVERDUE, (micros(now), limit))

    def held(self, *, owners: Collection[ProcessId], limit: int) -> Sequence[Delivery]:
        return self._deliveries(_HELD.format(_marks(owners)), (*owners, limit))

    def owners(self) -> Sequence[ProcessId]:
        self._session.settle()
        return [ProcessId(owner) for (owner,) in self._session.fetch(_OWNERS)]

    def awaiting(self, report: DeliveryReport) -> Delivery | None:
        self._session.settle()
        offset = 0
        while True:
            rows = self._session.fetch(
                _AWAITING, (report.channel, report.reference, _CANDIDATES, offset)
            )
            for row in rows:
                delivery = delivery_of(row)
                if delivery.recipient.is_same_line(report.recipient):
                    return delivery
            if len(rows) < _CANDIDATES:
                return None
            offset += _CANDIDATES

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

    def _follow(self, delivery: Delivery) -> None:
        if delivery.parts:
            for cells in reference_cells(delivery):
                self._writer.write(_REFER, cells)
        if delivery.status is Status.QUEUED:
            self._writer.touch(delivery.route[0].channel)


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))

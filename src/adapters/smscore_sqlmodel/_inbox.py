"""
The inbox: received messages, and the parts that are to become some.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore.domain.gaps import OpenGroup
from smscore.domain.inbound import InboundKind, InboundMessage, InboundPart
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.user_data import Coding
from smscore_sqlmodel._collections import PRUNE_EVENTS
from smscore_sqlmodel._columns import INBOUND, INBOUND_PARTS
from smscore_sqlmodel._mapping import (
    from_micros,
    micros,
    optional_micros,
    optional_moment,
    to_json,
)
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import deletion, insertion, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Inbox", "InboxView"]

_ADD = insertion(INBOUND)
_PAGE = selection(INBOUND, "WHERE id <= ? ORDER BY id DESC LIMIT ?")
_PAGE_OF = selection(INBOUND, "WHERE account = ? AND id <= ? ORDER BY id DESC LIMIT ?")
_INSERT_PART = insertion(INBOUND_PARTS, *INBOUND_PARTS.names[1:]).sql
_ADD_PART = f"{_INSERT_PART} ON CONFLICT (channel, fingerprint) DO NOTHING"
_SIBLINGS = selection(
    INBOUND_PARTS,
    "WHERE is_joined = 0 AND channel = ? AND sender = ? AND reference = ? "
    "AND is_wide = ? AND total = ? ORDER BY id DESC LIMIT ?",
)
_SAME = selection(INBOUND_PARTS, "WHERE channel = ? AND fingerprint = ? AND is_joined = 0")
_OLD = "SELECT id FROM smscore_inbound WHERE received_at < ? ORDER BY received_at LIMIT ?"
_PRUNE = deletion(INBOUND, "WHERE id IN (SELECT value FROM json_each(?))")
_PRUNE_PARTS = deletion(
    INBOUND_PARTS,
    "WHERE id IN (SELECT id FROM smscore_inbound_parts WHERE received_at < ? AND is_joined = 1 "
    "ORDER BY received_at LIMIT ?)",
)
_PRUNE_OPEN = deletion(
    INBOUND_PARTS, "WHERE is_joined = 0 AND published_as IN (SELECT value FROM json_each(?))"
)
_OPEN = (
    "SELECT channel, sender, reference, is_wide, total, count(*), min(received_at), "
    "min(CASE WHEN published_as IS NULL THEN received_at END) FROM smscore_inbound_parts "
    "WHERE is_joined = 0 AND total IS NOT NULL "
    "GROUP BY channel, sender, reference, is_wide, total ORDER BY min(received_at), min(id) LIMIT ?"
)
_COMPLETE = "UPDATE smscore_inbound SET text = ?, missing = ? WHERE id = ?"
_PUBLISHED = (
    "UPDATE smscore_inbound_parts SET published_as = ? WHERE channel = ? AND fingerprint = ?"
)
_JOINED = "UPDATE smscore_inbound_parts SET is_joined = 1 WHERE channel = ? AND fingerprint = ?"

_LARGEST_ID = 2**63 - 1


class InboxView(Reads):
    def find(
        self, *, account: AccountId | None = None, before: MessageId | None = None, limit: int = 50
    ) -> Sequence[InboundMessage]:
        last = _LARGEST_ID if before is None else min(before - 1, _LARGEST_ID)
        if account is None:
            rows = self._session.fetch(_PAGE, (last, limit))
        else:
            rows = self._session.fetch(_PAGE_OF, (account, last, limit))
        return [_message_of(cells) for cells in rows]

    def open_groups(self, *, limit: int) -> Sequence[OpenGroup]:
        return [_group_of(cells) for cells in self._session.fetch(_OPEN, (limit,))]


class Inbox(Writes, InboxView):
    def add(self, message: InboundMessage) -> None:
        self._writer.change(
            _ADD.sql,
            (
                message.id,
                message.account,
                message.channel,
                message.sender,
                message.text,
                micros(message.received_at),
                optional_micros(message.sent_at),
                message.kind.value,
                _numbers(message.missing),
            ),
        )

    def complete(self, message: InboundMessage) -> None:
        cells = (message.text, _numbers(message.missing), message.id)
        self._writer.change(_COMPLETE, cells)

    def add_part(self, part: InboundPart) -> bool:
        # Who comes last sees all of its siblings.
        self._alone(part.channel)
        return self._writer.change(_ADD_PART, _part_cells(part)) == 1

    def siblings(self, part: InboundPart, *, limit: int) -> Sequence[InboundPart]:
        place = part.concatenation
        if place is None:
            rows = self._session.fetch(_SAME, (part.channel, part.fingerprint))
        else:
            key = (part.channel, part.sender, place.reference, int(place.is_wide), place.total)
            rows = self._session.fetch(_SIBLINGS, (*key, limit))
        return [_part_of(cells) for cells in reversed(rows)]

    def parts_of(self, group: OpenGroup, *, limit: int) -> Sequence[InboundPart]:
        self._alone(group.channel)
        key = (group.channel, group.sender, group.reference, int(group.is_wide), group.total)
        rows = self._session.fetch(_SIBLINGS, (*key, limit))
        return [_part_of(cells) for cells in reversed(rows)]

    def published(self, parts: Sequence[InboundPart], message: MessageId) -> None:
        for part in parts:
            self._writer.change(_PUBLISHED, (message, part.channel, part.fingerprint))

    def joined(self, parts: Sequence[InboundPart]) -> None:
        for part in parts:
            self._writer.change(_JOINED, (part.channel, part.fingerprint))

    def prune(self, *, before: datetime, limit: int) -> int:
        last = micros(before)
        parts = self._writer.change(_PRUNE_PARTS, (last, limit))
        # Asked after the change, which lets everything before it be written.
        old = [number for (number,) in self._session.fetch(_OLD, (last, limit))]
        if old:
            numbers = (to_json(old).decode(),)
            self._writer.change(PRUNE_EVENTS, numbers)
            self._writer.change(_PRUNE, numbers)
            self._writer.change(_PRUNE_OPEN, numbers)
        return len(old) + parts

    def _alone(self, channel: str) -> None:
        self._writer.alone(f"parts of {channel}")


def _numbers(missing: Sequence[int]) -> str | None:
    return " ".join(map(str, missing)) or None


def _group_of(cells: Cells) -> OpenGroup:
    channel, sender, reference, is_wide, total, parts, since, unseen_since = cells
    return OpenGroup(
        channel=channel,
        sender=sender,
        reference=reference,
        is_wide=bool(is_wide),
        total=total,
        parts=parts,
        since=from_micros(since),
        unseen_since=optional_moment(unseen_since),
    )


def _message_of(cells: Cells) -> InboundMessage:
    number, account, channel, sender, text, received_at, sent_at, kind, missing = cells
    return InboundMessage(
        id=MessageId(number),
        account=None if account is None else AccountId(account),
        channel=channel,
        sender=sender,
        text=text,
        received_at=from_micros(received_at),
        sent_at=optional_moment(sent_at),
        kind=InboundKind(kind),
        missing=tuple(map(int, (missing or "").split())),
    )


def _part_cells(part: InboundPart) -> Cells:
    place = part.concatenation
    return (
        part.channel,
        part.sender,
        part.coding.value,
        part.user_data,
        part.header or None,
        micros(part.received_at),
        optional_micros(part.sent_at),
        place and place.reference,
        place and place.total,
        place and place.number,
        place and int(place.is_wide),
        part.fingerprint,
        0,
        part.kind.value,
        part.published_as,
    )


def _part_of(cells: Cells) -> InboundPart:
    _, channel, sender, coding, user_data, header, received_at, sent_at, *later = cells
    *_, fingerprint, _, kind, published_as = later
    return InboundPart(
        channel=channel,
        sender=sender,
        coding=Coding(coding),
        user_data=user_data,
        header=header or b"",
        received_at=from_micros(received_at),
        sent_at=optional_moment(sent_at),
        fingerprint=fingerprint,
        kind=InboundKind(kind),
        published_as=None if published_as is None else MessageId(published_as),
    )

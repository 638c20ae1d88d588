"""
The small collections: routing rules, channels, idempotency, journal, events.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from smscore.domain.channels import ChannelMode, ChannelState
from smscore.domain.events import NO_MESSAGE, Event
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.domain.routes import Revision, next_turn
from smscore.errors import Conflict
from smscore.ports.storage import IdempotencyRecord, Topic
from smscore.rulebook import Rulebook, as_document, rulebook_of
from smscore_sqlmodel._columns import (
    CHANNELS,
    EVENTS,
    IDEMPOTENCY,
    JOURNAL,
    RULE_REVISIONS,
    RULE_TURNS,
)
from smscore_sqlmodel._mapping import from_micros, micros, to_json
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import deletion, insertion, replacement, selection
from smscore_sqlmodel._writing import Writes, WriteSession

__all__ = [
    "NEWEST_EVENT",
    "PRUNE_EVENTS",
    "Channels",
    "ChannelsView",
    "Events",
    "EventsView",
    "Idempotency",
    "JournalEntries",
    "JournalView",
    "Routing",
    "RoutingView",
    "event_of",
]

_REVISIONS = selection(RULE_REVISIONS, "ORDER BY number DESC LIMIT ?")
_REVISION = selection(RULE_REVISIONS, "WHERE number = ?")
_ADD_REVISION = insertion(RULE_REVISIONS)
_NEXT_TURN = selection(RULE_TURNS, "WHERE rule = ?")
_SET_TURN = replacement(RULE_TURNS)

_CHANNELS = selection(CHANNELS, "ORDER BY channel")
_SET_CHANNEL = replacement(CHANNELS)

_FIRST_ANSWER = selection(IDEMPOTENCY, "WHERE account = ? AND surface = ? AND key = ?")
_ANSWER = replacement(IDEMPOTENCY, rank=4)
_FORGET = deletion(
    IDEMPOTENCY,
    "WHERE rowid IN (SELECT rowid FROM smscore_idempotency WHERE at < ? ORDER BY at LIMIT ?)",
)

_VALUE = selection(JOURNAL, "WHERE channel = ? AND key = ?")
_PUT_VALUE = replacement(JOURNAL)

_STORY = selection(EVENTS, "WHERE message = ? ORDER BY sequence")
_SINCE = selection(EVENTS, "WHERE id > ? {} ORDER BY id LIMIT ?")
# Pruned or not: the numbers that were ever given are remembered.
NEWEST_EVENT = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'smscore_events'"
"""The cursor of the newest event."""
_ADD_EVENT = insertion(EVENTS, *EVENTS.names[1:], rank=5, in_order=True)

PRUNE_EVENTS = deletion(EVENTS, "WHERE message IN (SELECT value FROM json_each(?))")
"""Delete the stories of messages; the parameter is a JSON list of their ids."""

# The first by their numbers, which an index has; there is none by time.
_PRUNE_CHANNELS = deletion(
    EVENTS,
    "WHERE id IN (SELECT id FROM (SELECT id, at FROM smscore_events "  # noqa: S608  # a constant
    f"WHERE message = {NO_MESSAGE} ORDER BY sequence LIMIT ?) AS oldest WHERE at < ?)",
)

_NOBODY = 0  # in the place of an account

_receipts = msgspec.json.Decoder(Receipt)
_details = msgspec.json.Decoder(dict[str, str | int | None])


class RoutingView(Reads):
    def newest(self) -> Revision | None:
        return next(iter(self.find(limit=1)), None)

    def get(self, number: int) -> Revision | None:
        found = self._session.fetch(_REVISION, (number,))
        return _revision_of(found[0]) if found else None

    def find(self, *, limit: int = 50) -> Sequence[Revision]:
        return [_revision_of(cells) for cells in self._session.fetch(_REVISIONS, (limit,))]


class Routing(Writes, RoutingView):
    def add(self, revision: Revision) -> None:
        self._writer.alone("rules")
        newest = self.newest()
        if revision.number != (newest.number if newest else 0) + 1:
            raise Conflict(f"revision {revision.number} of the rules does not follow the newest")
        book = Rulebook(routes=revision.routes, inbound=revision.inbound)
        document = to_json(as_document(book)).decode()
        cells = (revision.number, micros(revision.at), revision.why, document)
        self._writer.change(_ADD_REVISION.sql, cells)
        self._writer.touch(Topic.ROUTING)

    def take_turns(self, rule: str, *, count: int, gap: timedelta, now: datetime) -> datetime:
        self._writer.alone(f"turns {rule}")
        found = self._session.fetch(_NEXT_TURN, (rule,))
        first = now
        if found:
            _, following, taken_at = found[0]
            first = next_turn(from_micros(following), taken_at=from_micros(taken_at), now=now)
        self._writer.change(_SET_TURN.sql, (rule, micros(first + count * gap), micros(now)))
        return first


def _revision_of(cells: Cells) -> Revision:
    number, at, why, document = cells
    book = rulebook_of(msgspec.json.decode(document))
    return Revision(
        number=number, at=from_micros(at), why=why, routes=book.routes, inbound=book.inbound
    )


class ChannelsView(Reads):
    def all(self) -> Mapping[str, ChannelState]:
        return {
            channel: ChannelState(
                channel=channel, mode=ChannelMode(mode), at=from_micros(at), why=why
            )
            for channel, mode, at, why in self._session.fetch(_CHANNELS)
        }


class Channels(Writes, ChannelsView):
    def set(self, state: ChannelState) -> None:
        cells = (state.channel, state.mode.value, micros(state.at), state.why)
        self._writer.change(_SET_CHANNEL.sql, cells)
        self._writer.touch(Topic.CHANNELS)
        self._writer.touch(state.channel)


class Idempotency:
    def __init__(self, session: WriteSession) -> None:
        self._writer = session

    def get(self, *, account: AccountId, surface: Surface, key: str) -> IdempotencyRecord | None:
        place = (account, surface.value, key)
        self._writer.settle(place)
        rows = self._writer.fetch(_FIRST_ANSWER, place)
        if not rows:
            return None
        *_, digest, receipt, at = rows[0]
        return IdempotencyRecord(
            account=account,
            surface=surface,
            key=key,
            digest=digest,
            receipt=_receipts.decode(receipt),
            at=from_micros(at),
        )

    def add(self, record: IdempotencyRecord) -> None:
        place = (record.account, record.surface.value, record.key)
        receipt = to_json(record.receipt).decode()
        self._writer.write(_ANSWER, (*place, record.digest, receipt, micros(record.at)), key=place)

    def forget(self, *, before: datetime, limit: int) -> int:
        return self._writer.change(_FORGET, (micros(before), limit))


class JournalView(Reads):
    def get(self, *, channel: str, key: str) -> bytes | None:
        rows = self._session.fetch(_VALUE, (channel, key))
        return bytes(rows[0][2]) if rows else None


class JournalEntries(Writes, JournalView):
    def put(self, *, channel: str, key: str, value: bytes) -> None:
        self._writer.change(_PUT_VALUE.sql, (channel, key, value))


class EventsView(Reads):
    def of(self, message: MessageId) -> Sequence[Event]:
        self._session.settle()
        return [event_of(cells) for cells in self._session.fetch(_STORY, (message,))]

    def since(
        self, cursor: int, *, limit: int, kinds: Collection[str] = ()
    ) -> Sequence[tuple[int, Event]]:
        self._session.settle()
        asked = f"AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        rows = self._session.fetch(_SINCE.format(asked), (cursor, *kinds, limit))
        return [(cells[0], event_of(cells)) for cells in rows]

    def newest(self) -> int:
        self._session.settle()
        return int(self._session.fetch(NEWEST_EVENT)[0][0])


class Events(Writes, EventsView):
    def add(self, event: Event) -> None:
        self._writer.write(
            _ADD_EVENT,
            (
                event.message,
                _NOBODY if event.account is None else event.account,
                event.sequence,
                event.kind,
                micros(event.at),
                to_json(event.detail).decode(),
            ),
        )
        self._writer.touch(Topic.EVENTS)

    def prune_channels(self, *, before: datetime, limit: int) -> int:
        return self._writer.change(_PRUNE_CHANNELS, (limit, micros(before)))


def event_of(cells: Cells) -> Event:
    """The event of a row."""
    _, message, account, sequence, kind, at, detail = cells
    return Event(
        message=MessageId(message),
        account=None if account == _NOBODY else AccountId(account),
        sequence=sequence,
        kind=kind,
        at=from_micros(at),
        detail=_details.decode(detail),
    )

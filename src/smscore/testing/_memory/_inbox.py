"""
Messages that arrive, in dictionaries.
"""

from collections.abc import Sequence
from datetime import datetime

import attrs

from smscore.domain.gaps import OpenGroup
from smscore.domain.headers import Concatenation
from smscore.domain.inbound import InboundMessage, InboundPart
from smscore.domain.messages import AccountId, MessageId
from smscore.ports.storage import TraceKind
from smscore.testing._memory._events import MemoryEvents
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryInbox"]


class MemoryInbox:
    def __init__(self, log: Log, events: "MemoryEvents") -> None:
        self._log = log
        self._events = events
        self._messages: dict[MessageId, InboundMessage] = {}
        self._parts: dict[tuple[str, str], InboundPart] = {}
        self._joined: dict[tuple[str, str], InboundPart] = {}

    def find(
        self, *, account: AccountId | None = None, before: MessageId | None = None, limit: int = 50
    ) -> Sequence[InboundMessage]:
        found = [
            one
            for one in sorted(self._messages.values(), key=lambda one: -one.id)
            if account in (None, one.account) and (before is None or one.id < before)
        ]
        return found[:limit]

    def sender_of(self, message: MessageId) -> str | None:
        """Of a message that is still there."""
        found = self._messages.get(message)
        return None if found is None else found.sender

    def add(self, message: InboundMessage) -> None:
        self._log.put(self._messages, message.id, message)

    def open_groups(self, *, limit: int) -> Sequence[OpenGroup]:
        found: dict[object, tuple[Concatenation, list[InboundPart]]] = {}
        for key, part in self._parts.items():
            place = part.concatenation
            if key not in self._joined and place is not None:
                found.setdefault(_group_of(part), (place, []))[1].append(part)
        groups = [_open_group(place, parts) for place, parts in found.values()]
        return sorted(groups, key=lambda one: one.since)[:limit]

    def complete(self, message: InboundMessage) -> None:
        before = self._messages[message.id]
        after = attrs.evolve(before, text=message.text, missing=message.missing)
        self._log.put(self._messages, message.id, after)

    def add_part(self, part: InboundPart) -> bool:
        key = (part.channel, part.fingerprint)
        if key in self._parts:
            return False
        self._log.put(self._parts, key, part)
        return True

    def siblings(self, part: InboundPart, *, limit: int) -> Sequence[InboundPart]:
        return self._open_parts(_group_of(part))[-limit:]

    def parts_of(self, group: OpenGroup, *, limit: int) -> Sequence[InboundPart]:
        place = (group.channel, group.sender, group.reference, group.is_wide, group.total)
        return self._open_parts(place)[-limit:]

    def published(self, parts: Sequence[InboundPart], message: MessageId) -> None:
        for part in parts:
            key = (part.channel, part.fingerprint)
            after = attrs.evolve(self._parts[key], published_as=message)
            self._log.put(self._parts, key, after)

    def joined(self, parts: Sequence[InboundPart]) -> None:
        for part in parts:
            self._log.put(self._joined, (part.channel, part.fingerprint), part)

    def _open_parts(self, group: tuple[object, ...]) -> Sequence[InboundPart]:
        # The header is read last: it takes longest.
        return [
            one
            for key, one in self._parts.items()
            if group[1] in (one.sender, one.fingerprint)
            and key not in self._joined
            and _group_of(one) == group
        ]

    def shelves(self) -> Shelves:
        return {
            TraceKind.INBOUND: Shelf(
                table=self._messages,
                whose=("sender",),
                texts=("text",),
                message="id",
                dropped=lambda message: self._events.forget([message]),
            ),
            TraceKind.PARTS: Shelf(
                table=self._parts, whose=("sender",), texts=("user_data",), dropped=self._unjoin
            ),
        }

    def _unjoin(self, key: tuple[str, str]) -> None:
        if key in self._joined:
            self._log.drop(self._joined, key)

    def prune(self, *, before: datetime, limit: int) -> int:
        messages = [one.id for one in self._messages.values() if one.received_at < before]
        old = sorted(messages)[:limit]
        for message in old:
            self._log.drop(self._messages, message)
        self._events.forget(old)
        for key in [key for key, one in self._parts.items() if one.published_as in old]:
            if key not in self._joined:
                self._log.drop(self._parts, key)
        parts = [key for key in self._joined if self._parts[key].received_at < before]
        for key in parts[:limit]:
            self._log.drop(self._parts, key)
            self._log.drop(self._joined, key)
        return len(old) + len(parts[:limit])


def _group_of(part: InboundPart) -> tuple[object, ...]:
    place = part.concatenation
    if place is None:
        return (part.channel, part.fingerprint)
    return (part.channel, part.sender, place.reference, place.is_wide, place.total)


def _open_group(place: Concatenation, parts: Sequence[InboundPart]) -> OpenGroup:
    return OpenGroup(
        channel=parts[0].channel,
        sender=parts[0].sender,
        reference=place.reference,
        is_wide=place.is_wide,
        total=place.total,
        parts=len(parts),
        since=min(one.received_at for one in parts),
        unseen_since=min(
            (one.received_at for one in parts if one.published_as is None), default=None
        ),
    )

"""
Events and the journal, in lists and dictionaries.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from smscore.domain.events import NO_MESSAGE, Event
from smscore.domain.messages import MessageId
from smscore.ports.storage import Topic, TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryEvents", "MemoryJournal"]


class MemoryEvents:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._events: dict[int, Event] = {}
        self._newest = 0  # no number is given twice, also when its event is gone

    def of(self, message: MessageId) -> Sequence[Event]:
        return [one for _, one in self.since(0) if one.message == message]

    def since(
        self, cursor: int, *, limit: int | None = None, kinds: Collection[str] = ()
    ) -> Sequence[tuple[int, Event]]:
        # An undone change may have put the dictionary out of order.
        return sorted(
            (
                (number, one)
                for number, one in self._events.items()
                if number > cursor and (not kinds or one.kind in kinds)
            ),
            key=lambda found: found[0],
        )[:limit]

    def newest(self) -> int:
        return self._newest

    def add(self, event: Event) -> None:
        self._newest += 1
        self._log.put(self._events, self._newest, event)
        self._log.topics.add(Topic.EVENTS)

    def prune_channels(self, *, before: datetime, limit: int) -> int:
        of_channels = [(n, one) for n, one in self.since(0) if one.message == NO_MESSAGE]
        old = [number for number, one in of_channels[:limit] if one.at < before]
        for number in old:
            self._log.drop(self._events, number)
        return len(old)

    def forget(self, messages: Collection[MessageId]) -> None:
        """Drop the stories of these messages."""
        gone = set(messages)
        for cursor in [cursor for cursor, one in self._events.items() if one.message in gone]:
            self._log.drop(self._events, cursor)

    def shelves(self) -> Shelves:
        return {TraceKind.EVENTS: Shelf(table=self._events, texts=("detail",))}


class MemoryJournal:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._values: dict[tuple[str, str], bytes] = {}

    def get(self, *, channel: str, key: str) -> bytes | None:
        return self._values.get((channel, key))

    def put(self, *, channel: str, key: str, value: bytes) -> None:
        self._log.put(self._values, (channel, key), value)

    def shelves(self) -> Shelves:
        return {TraceKind.JOURNAL: Shelf(table=self._values, texts=("value",))}

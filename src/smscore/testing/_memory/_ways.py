"""
Rules, channels, and links, in dictionaries.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.channels import ChannelState
from smscore.domain.links import Link
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import Recipient
from smscore.domain.routes import Revision, next_turn
from smscore.errors import Conflict
from smscore.ports.storage import Topic, TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryChannels", "MemoryLinks", "MemoryRouting"]


@attrs.frozen(kw_only=True)
class _Written:
    document: str


class MemoryRouting:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._revisions: list[Revision] = []
        # When the next one of a rule is, and when that was said.
        self._turns: dict[str, tuple[datetime, datetime]] = {}

    def newest(self) -> Revision | None:
        return self._revisions[-1] if self._revisions else None

    def get(self, number: int) -> Revision | None:
        return next((one for one in self._revisions if one.number == number), None)

    def find(self, *, limit: int = 50) -> Sequence[Revision]:
        return self._revisions[::-1][:limit]

    def add(self, revision: Revision) -> None:
        if revision.number != len(self._revisions) + 1:
            raise Conflict(f"revision {revision.number} of the rules does not follow the newest")
        self._log.append(self._revisions, revision)
        self._log.topics.add(Topic.ROUTING)

    def take_turns(self, rule: str, *, count: int, gap: timedelta, now: datetime) -> datetime:
        following, taken_at = self._turns.get(rule, (now, now))
        first = next_turn(following, taken_at=taken_at, now=now)
        self._log.put(self._turns, rule, (first + count * gap, now))
        return first

    def shelves(self) -> Shelves:
        written = {(one.number,): _Written(document=repr(one)) for one in self._revisions}
        return {TraceKind.RULES: Shelf(table=written, texts=("document",))}


class MemoryChannels:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._states: dict[str, ChannelState] = {}

    def all(self) -> Mapping[str, ChannelState]:
        return dict(self._states)

    def set(self, state: ChannelState) -> None:
        self._log.put(self._states, state.channel, state)
        self._log.topics |= {Topic.CHANNELS, state.channel}

    def shelves(self) -> Shelves:
        return {TraceKind.CHANNELS: Shelf(table=self._states, texts=("why",))}


class MemoryLinks:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._links: dict[tuple[str, str], Link] = {}  # by number and channel

    def get(self, channel: str, number: Recipient) -> Link | None:
        return self._links.get((number.value, channel))

    def of(self, number: Recipient) -> Sequence[Link]:
        return [link for _, link in sorted(self._links.items()) if link.number == number]

    def at(self, channel: str, address: str) -> Link | None:
        found = (one for one in self._links.values() if one.channel == channel)
        return next((one for one in found if one.address == address), None)

    def count(self, channel: str) -> int:
        return sum(one.channel == channel for one in self._links.values())

    def put(self, link: Link) -> None:
        if other := self.at(link.channel, link.address):
            self.remove(link.channel, other.number)
        self._log.put(self._links, (link.number.value, link.channel), link)

    def remove(self, channel: str, number: PhoneNumber) -> None:
        if (number.value, channel) in self._links:
            self._log.drop(self._links, (number.value, channel))

    def shelves(self) -> Shelves:
        return {TraceKind.LINKS: Shelf(table=self._links, whose=("number",), texts=("name",))}

"""
How messages may leave: rules, channels, and links.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from smscore.domain.channels import ChannelState
from smscore.domain.links import Link
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import Recipient
from smscore.domain.routes import Revision

__all__ = ["Channels", "ChannelsView", "Links", "LinksView", "Routing", "RoutingView"]


class RoutingView(Protocol):
    def newest(self) -> Revision | None:
        """The rules in force; None: there never were any."""
        ...

    def get(self, number: int) -> Revision | None: ...

    def find(self, *, limit: int = 50) -> Sequence[Revision]:
        """Newest first."""
        ...


class Routing(RoutingView, Protocol):
    def add(self, revision: Revision) -> None:
        """Raises Conflict unless its number follows that of the newest; the first one is 1."""
        ...

    def take_turns(self, rule: str, *, count: int, gap: timedelta, now: datetime) -> datetime:
        """
        The first of so many moments, each a gap after the one before, also of earlier calls.

        Not of those that a clock made which was ahead: see :func:`smscore.domain.routes.next_turn`.
        """
        ...


class ChannelsView(Protocol):
    def all(self) -> Mapping[str, ChannelState]:
        """What operators have decided, by channel; the others are running."""
        ...


class Channels(ChannelsView, Protocol):
    def set(self, state: ChannelState) -> None:
        """Keep what was decided last, and wake the channel."""
        ...


class LinksView(Protocol):
    def get(self, channel: str, number: Recipient) -> Link | None: ...

    def of(self, number: Recipient) -> Sequence[Link]:
        """The links of a number, by the names of their channels."""
        ...

    def at(self, channel: str, address: str) -> Link | None: ...

    def count(self, channel: str) -> int:
        """How many numbers are linked to the channel."""
        ...


class Links(LinksView, Protocol):
    def put(self, link: Link) -> None:
        """Replaces the links of its channel that have its number or its address."""
        ...

    def remove(self, channel: str, number: PhoneNumber) -> None:
        """There may be none."""
        ...

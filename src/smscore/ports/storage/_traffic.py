"""
Messages and what became of them, in both directions.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from smscore.domain.deliveries import Delivery, DeliveryReport, ProcessId, Status
from smscore.domain.events import Event
from smscore.domain.gaps import OpenGroup
from smscore.domain.inbound import InboundMessage, InboundPart
from smscore.domain.messages import AccountId, MessageId, OutboundMessage
from smscore.domain.recipients import Recipient
from smscore.ports.storage._values import Tally, Tracked

__all__ = [
    "Events",
    "EventsView",
    "Inbox",
    "InboxView",
    "JournalEntries",
    "JournalView",
    "Outbox",
    "OutboxView",
]


class OutboxView(Protocol):
    def get(self, message: MessageId) -> Tracked | None: ...

    def find(
        self,
        *,
        account: AccountId | None = None,
        statuses: Collection[Status] = (),
        before: MessageId | None = None,
        limit: int = 50,
    ) -> Sequence[Tracked]:
        """Newest first; ``before`` is the last id of the page before, no statuses means all."""
        ...

    def count(self, *, channel: str | None = None) -> dict[Status, int]:
        """How many deliveries are in each status."""
        ...

    def backlog(self) -> Mapping[str, int]:
        """How many deliveries are queued, by channel; channels without any are left out."""
        ...

    def oldest(self, channels: Collection[str]) -> Mapping[str, datetime]:
        """
        Since when the oldest queued delivery of each of these channels has waited, to the
        millisecond: since it was accepted, or since the time that its customer has chosen.

        Channels without any are left out. Takes no longer when more is queued.
        """
        ...

    def tally(self, *, since: datetime) -> Tally:
        """
        Count messages; of those that are failed now, the ones that failed ``since`` then.

        Takes a fraction of a second for each ten million messages.
        """
        ...

    def owners(self) -> Sequence[ProcessId]:
        """Every process that holds some delivery."""
        ...

    def has_due(self, *, now: datetime) -> bool:
        """Whether a scheduled delivery's time has come."""
        ...

    def retries(self, *, after: datetime, ahead: datetime, limit: int) -> Sequence[Delivery]:
        """
        Scheduled deliveries that are due after then by no customer's wish, latest first.

        They were tried before; or were accepted later than ``ahead``, and wait for their turn.
        """
        ...

    def has_overdue(self, *, now: datetime) -> bool:
        """Whether a scheduled or queued delivery's ``expires_at`` has passed."""
        ...

    def has_stranded(self, *, now: datetime) -> bool:
        """Whether a delivery's ``fall_back_at`` has passed."""
        ...

    def claimed(self, account: AccountId, *, before: datetime, limit: int) -> Sequence[Delivery]:
        """The account's deliveries that phones were handed before then, earliest first."""
        ...

    def count_claimed(self, account: AccountId, *, before: datetime) -> int:
        """How many there are of them."""
        ...

    def waiting(self, channel: str, *, skip: int, limit: int) -> Sequence[Tracked]:
        """What is queued on the channel, in the order of claims, behind the first ``skip``."""
        ...

    def count_caused(self, *, sender: str, recipient: Recipient, since: datetime) -> int:
        """
        How many messages were made for a recipient of those that a sender wrote.

        Counts those whose origin is still there, and whose ids are from ``since`` or later.
        """
        ...

    def caused(self, *, since: datetime, limit: int) -> Sequence[OutboundMessage]:
        """Messages that were made of others since then, newest first."""
        ...


class Outbox(OutboxView, Protocol):
    def add(self, message: OutboundMessage, delivery: Delivery) -> None: ...

    def save(self, delivery: Delivery) -> None:
        """Write what has changed of a delivery, the references of its parts included."""
        ...

    def claimable(self, channel: str, *, limit: int) -> Sequence[Tracked]:
        """
        The queued deliveries of the channel: highest priority first, then oldest.

        One that a customer has scheduled is as old as if it had been accepted at its time, to the
        millisecond.

        They are this unit's alone until it ends; it moves and saves them.
        """
        ...

    def due(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Scheduled deliveries whose time has come, earliest first."""
        ...

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Scheduled and queued deliveries whose ``expires_at`` has passed."""
        ...

    def stranded(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        """Deliveries whose ``fall_back_at`` has passed, earliest first."""
        ...

    def held(self, *, owners: Collection[ProcessId], limit: int) -> Sequence[Delivery]:
        """Deliveries that one of these processes holds under a lease."""
        ...

    def awaiting(self, report: DeliveryReport, *, limit: int = 20) -> Sequence[Delivery]:
        """
        Deliveries to the report's recipient with a part of its channel and reference.

        Those that got the reference last come first.
        """
        ...

    def park(self, report: DeliveryReport) -> None:
        """Keep a report that was faster than the reference it names."""
        ...

    def unpark(self, *, channel: str, reference: str) -> Sequence[DeliveryReport]:
        """Take back the parked reports under a reference; they are parked no more."""
        ...

    def forget_parked(self, *, before: datetime) -> int:
        """Drop reports that were parked before then, and say how many."""
        ...

    def prune(self, *, before: datetime, limit: int) -> int:
        """
        Drop messages of which nothing is to be expected and nothing was heard since then.

        They have ended, or were sent, or are in doubt; their events and references go with them,
        what they cost stays in the ledger. The oldest first, at most ``limit``; says how many.
        """
        ...


class InboxView(Protocol):
    def find(
        self, *, account: AccountId | None = None, before: MessageId | None = None, limit: int = 50
    ) -> Sequence[InboundMessage]:
        """Newest first."""
        ...

    def open_groups(self, *, limit: int) -> Sequence[OpenGroup]:
        """
        What parts are there that are not joined, by reference: at most so many, eldest first.

        Of those that are as old as one another, the one whose part was added first.
        """
        ...


class Inbox(InboxView, Protocol):
    def add(self, message: InboundMessage) -> None: ...

    def complete(self, message: InboundMessage) -> None:
        """Give a message that is there the text and the gaps of this one."""
        ...

    def add_part(self, part: InboundPart) -> bool:
        """Keep a part; False if one with its channel and fingerprint is there already."""
        ...

    def siblings(self, part: InboundPart, *, limit: int) -> Sequence[InboundPart]:
        """
        Parts not yet joined of its channel, sender, reference, width and total; it is one.

        The latest ``limit`` of them, in the order of their arrival.
        """
        ...

    def parts_of(self, group: OpenGroup, *, limit: int) -> Sequence[InboundPart]:
        """
        The parts not yet joined under a group's reference, as :meth:`siblings` says.

        Nobody adds one until the unit ends.
        """
        ...

    def published(self, parts: Sequence[InboundPart], message: MessageId) -> None:
        """A message has been made of these parts while others are missing; they stay unjoined."""
        ...

    def joined(self, parts: Sequence[InboundPart]) -> None:
        """These parts have become a message, and wait for no others."""
        ...

    def prune(self, *, before: datetime, limit: int) -> int:
        """
        Drop messages received before then, with their events, and joined parts as old as that.

        Parts that are not joined stay, unless one of these messages was made of them. The oldest
        first, at most ``limit`` of each; says how many messages and joined parts that were.
        """
        ...


class EventsView(Protocol):
    def of(self, message: MessageId) -> Sequence[Event]:
        """A message's story, in order."""
        ...

    def since(
        self, cursor: int, *, limit: int, kinds: Collection[str] = ()
    ) -> Sequence[tuple[int, Event]]:
        """
        Events of all messages behind the cursor, each with its own cursor.

        With ``kinds``, those of these kinds alone: the others are passed over without being read.
        """
        ...

    def newest(self) -> int:
        """The cursor behind which there is nothing yet."""
        ...


class Events(EventsView, Protocol):
    def add(self, event: Event) -> None: ...

    def prune_channels(self, *, before: datetime, limit: int) -> int:
        """
        Drop what happened to channels before then, and say how many events that were.

        The first that were written are looked at, ``limit`` of them at most. Those of messages go
        with their messages.
        """
        ...


class JournalView(Protocol):
    def get(self, *, channel: str, key: str) -> bytes | None: ...


class JournalEntries(JournalView, Protocol):
    def put(self, *, channel: str, key: str, value: bytes) -> None: ...

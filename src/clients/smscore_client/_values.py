"""
What the provider API answers, as values: frozen, typed, with datetimes that know their zone.

Words of the server, such as a status, are plain strings: a newer server may have words that this
client does not know. The enumerations name those of today, and are equal to the strings.
"""

import enum
from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

import attrs

__all__ = [
    "Account",
    "Cancellation",
    "Character",
    "Cost",
    "Delivery",
    "DeliveryState",
    "Estimate",
    "InboundMessage",
    "Message",
    "Page",
    "Priority",
    "Recipient",
    "Replacement",
    "Replay",
    "Sent",
    "Status",
    "Webhook",
    "WebhookSecret",
]

T_co = TypeVar("T_co", covariant=True)


class Status(enum.StrEnum):
    """What has become of a message."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"


class Priority(enum.StrEnum):
    """Who goes first where messages wait."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class DeliveryState(enum.StrEnum):
    """What has become of an event for a webhook."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # given up; it can be replayed


@attrs.frozen(kw_only=True)
class Recipient:
    """One message of a submission: its id, and to whom it goes."""

    message_id: str
    to: str
    status: str


@attrs.frozen(kw_only=True)
class Sent:
    """
    A submission that the server has on its disk.

    ``messages`` has one entry for each number, also when one was given as a string;
    ``message_id`` and ``status`` are those of the first.
    """

    message_id: str
    status: str
    credits_used: int
    credits_remaining: int | None  # None: the account's credits are not counted
    messages: tuple[Recipient, ...]
    idempotency_key: str  # the same one, with the same content, gets this answer again


@attrs.frozen(kw_only=True)
class Message:
    """A message, and how far it got."""

    message_id: str
    to: str
    from_: str | None
    message: str
    status: str
    sent_at: datetime | None
    delivered_at: datetime | None

    @property
    def is_final(self) -> bool:
        """Whether nothing more will become of it, but for reports that come late."""
        return self.status in (Status.DELIVERED, Status.FAILED, Status.EXPIRED)


@attrs.frozen(kw_only=True)
class Cancellation:
    """A message that was called back, and what that gave back."""

    message_id: str
    status: str
    credits_refunded: int
    credits_remaining: int | None  # None: the account's credits are not counted


@attrs.frozen(kw_only=True)
class Cost:
    """What an estimate says of one recipient."""

    to: str
    route: str
    credits: int


@attrs.frozen(kw_only=True)
class Character:
    """A character that forces a text into UCS-2, and where it is."""

    index: int
    character: str
    name: str | None


@attrs.frozen(kw_only=True)
class Replacement:
    """A character that would be sent as another one, and where it is."""

    index: int
    character: str
    replacement: str
    name: str | None


@attrs.frozen(kw_only=True)
class Estimate:
    """
    What a submission would cost, and why. Nothing was sent.

    Of characters the first hundred are listed, and all are counted. Units are septets in the
    encoding ``gsm7`` and UTF-16 code units in ``ucs2``.
    """

    encoding: str
    segments: int
    credits: int
    credits_remaining: int | None  # None: the account's credits are not counted
    messages: tuple[Cost, ...]
    forcing_characters: tuple[Character, ...]
    forcing_characters_count: int
    replacements: tuple[Replacement, ...]
    replacements_count: int
    units_used: int
    units_free: int
    units_per_segment: int
    languages: tuple[str, ...]
    from_: str | None
    from_ignored_by: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Account:
    """The account that a key belongs to."""

    account_id: str
    name: str
    plan: str
    credits_remaining: int | None  # None: the account's credits are not counted
    rate_limit: int | None  # calls a second; None: any number


@attrs.frozen(kw_only=True)
class InboundMessage:
    """
    A message that a channel of the account has received.

    ``missing_parts`` are the numbers, from 1, of those that did not come of a long one; ``[…]``
    stands in their place.
    """

    message_id: str
    from_: str
    to: str | None
    message: str
    received_at: datetime
    missing_parts: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Webhook:
    """An address that is told of events."""

    webhook_id: str
    url: str
    events: tuple[str, ...]
    active: bool
    created_at: datetime


@attrs.frozen(kw_only=True)
class WebhookSecret:
    """A webhook with the secret that signs what it is told; the server shows it this once."""

    webhook_id: str
    url: str
    events: tuple[str, ...]
    secret: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Delivery:
    """One event for one webhook, and what came of posting it."""

    delivery_id: str
    event_id: str
    event: str
    message_id: str
    sequence: int
    state: str
    attempts: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: datetime | None
    created_at: datetime


@attrs.frozen(kw_only=True)
class Replay:
    """A delivery that will be posted again."""

    delivery_id: str
    state: str


@attrs.frozen(kw_only=True)
class Page(Generic[T_co]):
    """A piece of a list, newest first. ``next`` is where the following one begins."""

    items: tuple[T_co, ...]
    next: str | None  # None: this is the last one

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

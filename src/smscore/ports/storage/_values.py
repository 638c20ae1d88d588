"""
What collections tell that is not in the domain: lanes, topics, and summaries.
"""

import enum
from collections.abc import Mapping
from datetime import datetime

import attrs

from smscore.domain.deliveries import Delivery, ProcessId
from smscore.domain.messages import AccountId, OutboundMessage, Surface
from smscore.domain.receipts import Receipt

__all__ = [
    "IdempotencyRecord",
    "Lane",
    "Process",
    "Right",
    "ServerFacts",
    "Story",
    "Tally",
    "Topic",
    "Tracked",
]


class Lane(enum.Enum):
    """Which queue a unit of work waits in."""

    SUBMISSION = "submission"  # bounded: refused at once when the store cannot keep up
    CUSTODY = "custody"  # goes first, and is never refused: its callers block
    RECALL = "recall"  # before those that wait in custody: what nobody may begin to send any more


class Topic(enum.StrEnum):
    """What a wake-up may be about, besides the name of a channel."""

    ACCOUNTS = "topic:accounts"  # added, or their settings changed; spending does not count
    CREDENTIALS = "topic:credentials"
    ROUTING = "topic:routing"
    CHANNELS = "topic:channels"  # an operator paused one, or the like
    CONSENT = "topic:consent"  # somebody may be written to no more, or again
    EVENTS = "topic:events"
    WEBHOOKS = "topic:webhooks"  # added or changed, or something is to be replayed
    PUSHES = "topic:pushes"  # a rule has called somebody


@attrs.frozen(kw_only=True)
class Tracked:
    """A message and how far we got with it."""

    message: OutboundMessage
    delivery: Delivery


@attrs.frozen(kw_only=True)
class Story:
    """
    As much of a message and of what happened to it as endpoints are told.

    ``kinds`` are those of its events by their numbers, ``error_code`` is the delivery's.
    """

    message: OutboundMessage
    error_code: str | None
    kinds: Mapping[int, str]


@attrs.frozen(kw_only=True)
class Tally:
    """How many messages there are: all of them, those that are queued, those that have failed."""

    total: int
    queued: int
    failed: int


@attrs.frozen(kw_only=True)
class IdempotencyRecord:
    """The first answer to a key; ``digest`` is of the parsed request."""

    account: AccountId
    surface: Surface
    key: str
    digest: str
    receipt: Receipt
    at: datetime


@attrs.frozen(kw_only=True)
class ServerFacts:
    """
    What a server says of itself.

    ``machine`` names the process among all that ever were, as far as its system tells; only whoever
    is on the same one understands it. ``channels`` are those that it would run, ``bound`` those of
    them that no other host could. ``key`` tells its key file from others, and not what is in it.
    """

    name: str
    role: str
    version: str
    started_at: datetime
    channels: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    machine: str | None = None
    key: str | None = None


@attrs.frozen(kw_only=True)
class Process:
    """A process that works on the store; ``about`` is what it says of itself if it is a server."""

    id: ProcessId
    heartbeat_at: datetime
    about: ServerFacts | None = None


@attrs.frozen(kw_only=True)
class Right:
    """What one server at a time does; ``server`` is the name of the one."""

    name: str
    process: ProcessId
    server: str
    since: datetime

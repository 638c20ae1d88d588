"""
What a store holds that may tell of a person, whatever it is: looked through, dropped, rewritten.
"""

import enum
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeAlias

import attrs

from smscore.domain.messages import AccountId, MessageId

__all__ = ["Trace", "TraceKey", "TraceKind", "Traces", "TracesView"]

TraceKey: TypeAlias = tuple[int | str, ...]
"""Under which a store finds a trace again; traces of one kind are in the order of their keys."""


class TraceKind(enum.StrEnum):
    """What tells of somebody; the first ones come and go with traffic."""

    MESSAGES = "messages"  # with their events, the references of their parts
    INBOUND = "inbound"  # received messages, with their events
    PARTS = "parts"  # of received messages
    REPORTS = "reports"  # parked
    POSTINGS = "postings"  # what endpoints are told, with the attempts
    ATTEMPTS = "attempts"
    EVENTS = "events"
    ANSWERS = "answers"  # to idempotency keys
    CONTACTS = "contacts"  # with their places in groups
    LINKS = "links"
    JOURNAL = "journal"
    ENTRIES = "entries"  # of ledgers
    CHANNELS = "channels"  # why one is paused
    MARKS = "marks"  # who said STOP: the number is a keyed hash, the reason an operator's
    AUDIT = "audit"  # what people did
    # What operators and customers have set up, and call by its name.
    ACCOUNTS = "accounts"
    USERS = "users"
    KEYS = "keys"
    GROUPS = "groups"
    DEVICES = "devices"
    WEBHOOKS = "webhooks"
    RULES = "rules"  # revisions of them
    APPS = "apps"


@attrs.frozen(kw_only=True)
class Trace:
    """
    One thing that a store holds, as far as it may tell of somebody.

    ``whose`` are the numbers and addresses of those whom it belongs to, ``texts`` its fields that
    may name anybody. Octets are there as text, in UTF-8 unless a ``coding`` says otherwise; what
    is no text comes back as it was.
    """

    kind: TraceKind
    key: TraceKey
    whose: tuple[str, ...] = ()
    texts: Mapping[str, str] = attrs.field(factory=dict)
    account: AccountId | None = None  # None: nobody's, or not known
    message: MessageId | None = None  # that it is about


class TracesView(Protocol):
    def page(
        self, kind: TraceKind, *, after: TraceKey | None = None, limit: int
    ) -> Sequence[Trace]:
        """All of a kind, page by page; ``after`` is the last key of the page before."""
        ...

    def last(self, kind: TraceKind) -> TraceKey | None:
        """The key that comes last; None if there is none of this kind."""
        ...


class Traces(TracesView, Protocol):
    def get(self, kind: TraceKind, keys: Collection[TraceKey]) -> Sequence[Trace]:
        """Those that are there still, as they are in this unit, in the order of their keys."""
        ...

    def drop(self, kind: TraceKind, keys: Collection[TraceKey]) -> None:
        """Remove them, with what is nothing without them; all of these kinds come with traffic."""
        ...

    def rewrite(self, trace: Trace, texts: Mapping[str, str]) -> None:
        """Put other texts into these fields; an empty one takes out what may be left out."""
        ...

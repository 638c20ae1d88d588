"""
What the services need of a store: one door for changes, one for reading, and wake-ups.

Longer than most modules: it is one port, and who writes a store reads all of it.
"""

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import attrs

from smscore.domain.accounts import Account
from smscore.domain.apps import AppVersion
from smscore.domain.channels import ChannelState
from smscore.domain.credentials import ProviderKey, QueueToken, User
from smscore.domain.deliveries import Delivery, DeliveryReport, ProcessId, Status
from smscore.domain.devices import Device
from smscore.domain.directory import Contact, ContactId, Group, GroupId
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage, InboundPart
from smscore.domain.ledger import Entry
from smscore.domain.links import Link
from smscore.domain.messages import AccountId, MessageId, OutboundMessage, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.receipts import Receipt
from smscore.domain.routes import Revision
from smscore.domain.webhooks import (
    Attempt,
    Generation,
    Posting,
    PostingId,
    PostingState,
    Webhook,
    WebhookId,
)

__all__ = [
    "Accounts",
    "AccountsView",
    "Apps",
    "AppsView",
    "Channels",
    "ChannelsView",
    "Credentials",
    "CredentialsView",
    "Devices",
    "DevicesView",
    "Directory",
    "DirectoryView",
    "Events",
    "EventsView",
    "Idempotency",
    "IdempotencyRecord",
    "Inbox",
    "InboxView",
    "JournalEntries",
    "JournalView",
    "Lane",
    "Ledger",
    "LedgerView",
    "Links",
    "LinksView",
    "Outbox",
    "OutboxView",
    "Process",
    "Processes",
    "ProcessesView",
    "Routing",
    "RoutingView",
    "Store",
    "Story",
    "Tally",
    "Topic",
    "Tracked",
    "UnitOfWork",
    "View",
    "Wakeup",
    "Webhooks",
    "WebhooksView",
]

T = TypeVar("T")


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
    EVENTS = "topic:events"
    WEBHOOKS = "topic:webhooks"  # added or changed, or something is to be replayed


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
class Process:
    """A process that works on the store."""

    id: ProcessId
    heartbeat_at: datetime


class AccountsView(Protocol):
    def get(self, account: AccountId) -> Account | None: ...
    def named(self, name: str) -> Account | None: ...
    def all(self) -> Sequence[Account]: ...


class Accounts(AccountsView, Protocol):
    def add(self, account: Account) -> None:
        """Raises Conflict if the id or the name is taken."""
        ...

    def save(self, account: Account) -> None: ...


class LedgerView(Protocol):
    def of(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """The newest entries first; with times, those from ``since`` on and before ``until``."""
        ...

    def about(self, message: MessageId) -> Sequence[Entry]:
        """The entries that name this message, oldest first."""
        ...

    def total(self, account: AccountId) -> int:
        """The sum of all entries."""
        ...


class Ledger(LedgerView, Protocol):
    def add(self, entry: Entry) -> None: ...


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
        """The first of so many moments, each a gap after the one before, also of earlier calls."""
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
    def get(self, channel: str, number: PhoneNumber) -> Link | None: ...

    def of(self, number: PhoneNumber) -> Sequence[Link]:
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


class Inbox(InboxView, Protocol):
    def add(self, message: InboundMessage) -> None: ...

    def add_part(self, part: InboundPart) -> bool:
        """Keep a part; False if one with its channel and fingerprint is there already."""
        ...

    def siblings(self, part: InboundPart, *, limit: int) -> Sequence[InboundPart]:
        """
        Parts not yet joined of its channel, sender, reference, width and total; it is one.

        The latest ``limit`` of them, in the order of their arrival.
        """
        ...

    def joined(self, parts: Sequence[InboundPart]) -> None:
        """These parts have become a message."""
        ...

    def prune(self, *, before: datetime, limit: int) -> int:
        """
        Drop messages received before then, with their events, and parts received before then.

        The oldest first, at most ``limit`` of each; says how many messages and parts that were.
        """
        ...


class Idempotency(Protocol):
    def get(
        self, *, account: AccountId, surface: Surface, key: str
    ) -> IdempotencyRecord | None: ...

    def add(self, record: IdempotencyRecord) -> None:
        """Replaces an older record of the same key."""
        ...

    def forget(self, *, before: datetime, limit: int) -> int:
        """Drop records older than that, and say how many."""
        ...


class CredentialsView(Protocol):
    def user(self, name: str) -> User | None: ...
    def users(self) -> Sequence[User]: ...
    def key(self, digest: str) -> ProviderKey | None: ...
    def token(self, digest: str) -> QueueToken | None: ...
    def token_of(self, account: AccountId) -> QueueToken | None: ...


class Credentials(CredentialsView, Protocol):
    def add_user(self, user: User) -> None:
        """Raises Conflict if the name is taken."""
        ...

    def save_user(self, user: User) -> None: ...

    def remove_user(self, name: str) -> bool:
        """Whether there was one."""
        ...

    def add_key(self, key: ProviderKey) -> None: ...

    def set_token(self, token: QueueToken) -> None:
        """Replaces the account's token, if it has one."""
        ...


class DevicesView(Protocol):
    def get(self, account: AccountId, name: str) -> Device | None: ...

    def find(self, *, account: AccountId | None = None) -> Sequence[Device]:
        """All of them, by account and name; the one without a name comes first."""
        ...

    def silent(self, *, since: datetime, limit: int) -> Sequence[Device]:
        """
        Devices that were not seen since then, the longest silent ones first.

        None of an account that was polled without a name since then: that may have been any of its
        phones. And that without a name only if none of its account has polled.
        """
        ...


class Devices(DevicesView, Protocol):
    def put(self, device: Device) -> None:
        """Replaces the device of its account and name."""
        ...

    def keep_latest(self, account: AccountId, count: int) -> None:
        """Forget all of the account but those that were seen last."""
        ...

    def remove(self, account: AccountId, name: str) -> bool:
        """Whether there was one."""
        ...


class DirectoryView(Protocol):
    """Contacts and groups; each account has its own."""

    def contact(self, account: AccountId, contact: ContactId) -> Contact | None: ...

    def contacts(
        self,
        account: AccountId,
        *,
        matching: str = "",
        after: ContactId | None = None,
        limit: int = 100,
    ) -> Sequence[Contact]:
        """
        By id; ``after`` is the last one of the page before.

        ``matching`` is part of the name, the number or the e-mail address; of ASCII letters it
        does not matter whether they are capital.
        """
        ...

    def contacts_named(self, account: AccountId, names: Collection[str]) -> Sequence[Contact]:
        """Those that have one of these names, by id."""
        ...

    def contacts_in(self, account: AccountId, groups: Collection[GroupId]) -> Sequence[Contact]:
        """Those that are directly in at least one of these groups, each once, by id."""
        ...

    def group(self, account: AccountId, group: GroupId) -> Group | None: ...
    def group_named(self, account: AccountId, name: str) -> Group | None: ...

    def groups(self, account: AccountId) -> Sequence[Group]:
        """All of them, by id: they are few."""
        ...

    def nesting(self, account: AccountId) -> Sequence[tuple[GroupId, GroupId]]:
        """Each group that is directly in another one: the outer, the inner; in this order."""
        ...

    def memberships(
        self, account: AccountId, contacts: Collection[ContactId]
    ) -> Sequence[tuple[GroupId, ContactId]]:
        """Each group that these contacts are directly in, with the contact; in this order."""
        ...

    def newest_contact(self, account: AccountId) -> ContactId:
        """The highest id that a contact ever had, be it deleted; 0: there was none."""
        ...

    def newest_group(self, account: AccountId) -> GroupId:
        """The same for groups."""
        ...


class Directory(DirectoryView, Protocol):
    def add_contacts(self, contacts: Sequence[Contact]) -> None:
        """Raises Conflict if one of the ids or names is taken; they are of one account."""
        ...

    def save_contact(self, contact: Contact) -> None:
        """Raises Conflict if another one has the name."""
        ...

    def remove_contact(self, account: AccountId, contact: ContactId) -> None:
        """It is in no group any more, either."""
        ...

    def add_group(self, group: Group) -> None:
        """Raises Conflict if the id or the name is taken."""
        ...

    def save_group(self, group: Group) -> None:
        """Raises Conflict if another one has the name."""
        ...

    def remove_group(self, account: AccountId, group: GroupId) -> None:
        """It holds nothing any more, and is in no group."""
        ...

    def join(
        self,
        account: AccountId,
        group: GroupId,
        *,
        contacts: Collection[ContactId] = (),
        groups: Collection[GroupId] = (),
    ) -> None:
        """These are directly in the group from now on; those that were so before stay."""
        ...

    def leave(
        self,
        account: AccountId,
        group: GroupId,
        *,
        contacts: Collection[ContactId] = (),
        groups: Collection[GroupId] = (),
    ) -> None:
        """These are not directly in the group any more."""
        ...


class JournalView(Protocol):
    def get(self, *, channel: str, key: str) -> bytes | None: ...


class JournalEntries(JournalView, Protocol):
    def put(self, *, channel: str, key: str, value: bytes) -> None: ...


class EventsView(Protocol):
    def of(self, message: MessageId) -> Sequence[Event]:
        """A message's story, in order."""
        ...

    def since(self, cursor: int, *, limit: int) -> Sequence[tuple[int, Event]]:
        """Events of all messages behind the cursor, each with its own cursor."""
        ...

    def newest(self) -> int:
        """The cursor behind which there is nothing yet."""
        ...


class Events(EventsView, Protocol):
    def add(self, event: Event) -> None: ...


class AppsView(Protocol):
    """Versions of the app for phones: they are few."""

    def get(self, code: int) -> AppVersion | None: ...

    def all(self) -> Sequence[AppVersion]:
        """The highest code first."""
        ...


class Apps(AppsView, Protocol):
    def put(self, version: AppVersion) -> None:
        """Replaces the version of the same code, if there is one."""
        ...


class WebhooksView(Protocol):
    """Webhooks, and which event waits for which endpoint or has reached it."""

    def get(self, webhook: WebhookId) -> Webhook | None: ...

    def of(self, account: AccountId) -> Sequence[Webhook]:
        """All of an account, oldest first."""
        ...

    def callback_secret(self, account: AccountId) -> Generation:
        """Which secret signs what goes to callback addresses."""
        ...

    def news(self, cursor: int, *, limit: int) -> tuple[Sequence[tuple[int, Event]], int]:
        """
        Events behind the cursor that somebody may have to be told of, and the cursor behind them.

        They belong to accounts with an active webhook, or to messages with a callback address. At
        most ``limit`` events are looked at; all are passed over if there is nobody to be told.
        """
        ...

    def stories(self, messages: Collection[MessageId]) -> Mapping[MessageId, Story]:
        """What endpoints are told of these messages; those that are gone are left out."""
        ...

    def waiting(self) -> Mapping[str, datetime]:
        """The endpoints for which something is pending, each with the earliest ``due_at``."""
        ...

    def upcoming(self, endpoint: str, *, limit: int) -> Sequence[Posting]:
        """What is due for an endpoint or will be, the longest due first."""
        ...

    def posting(self, posting: PostingId) -> Posting | None: ...

    def postings(
        self,
        endpoint: str,
        *,
        state: PostingState | None = None,
        before: PostingId | None = None,
        limit: int = 50,
    ) -> Sequence[Posting]:
        """Newest first; ``before`` is the last one of the page before."""
        ...

    def attempts(self, posting: PostingId) -> Sequence[Attempt]:
        """What was tried, oldest first."""
        ...

    def in_trouble(self) -> Sequence[Webhook]:
        """Those of all accounts that are switched off or fail, oldest first."""
        ...

    def given_up(self) -> Mapping[str, int]:
        """How many postings were given up, by endpoint."""
        ...

    def counts(self, endpoint: str) -> Mapping[PostingState, int]:
        """How many postings of an endpoint are in each state; of others there is none."""
        ...

    def newest(self) -> int:
        """The highest id of a webhook or a posting; 0: there is none."""
        ...


class Webhooks(WebhooksView, Protocol):
    def save(self, webhook: Webhook) -> None:
        """Add it, or replace the one of its id."""
        ...

    def remove(self, webhook: WebhookId) -> None:
        """With what is pending for it. There may be none."""
        ...

    def set_callback_secret(self, account: AccountId, secret: Generation) -> None: ...

    def add(self, posting: Posting) -> None:
        """If one of its message is pending at the endpoint already, it waits for that one."""
        ...

    def replay(self, posting: Posting) -> None:
        """Save one that is up again, as if it were new, and wake whoever posts."""
        ...

    def record(self, posting: Posting, attempt: Attempt | None, *, at: datetime) -> None:
        """
        Save a posting after an attempt, or after it was given up without one.

        If it is not pending any more, the next one of its message at the endpoint is due. Of the
        attempts the newest are kept, as many as :data:`smscore.domain.webhooks.KEPT_ATTEMPTS`.
        """
        ...

    def prune(self, *, before: datetime, limit: int) -> int:
        """Drop postings made before then that are not pending, with their attempts."""
        ...


class ProcessesView(Protocol):
    def all(self) -> Sequence[Process]: ...


class Processes(ProcessesView, Protocol):
    def lease(self, *, now: datetime) -> ProcessId:
        """
        A number from 0 to 1023: the lowest that nobody has.

        If somebody has each of them, that of the process whose heartbeat is the longest ago.
        """
        ...

    def release(self, process: ProcessId) -> None:
        """Give a number back."""
        ...

    def beat(self, process: ProcessId, *, now: datetime) -> None: ...


class View(Protocol):
    """Committed data, for reading. Ends with the function it was given to."""

    @property
    def accounts(self) -> AccountsView: ...
    @property
    def ledger(self) -> LedgerView: ...
    @property
    def routing(self) -> RoutingView: ...
    @property
    def channels(self) -> ChannelsView: ...
    @property
    def outbox(self) -> OutboxView: ...
    @property
    def inbox(self) -> InboxView: ...
    @property
    def links(self) -> LinksView: ...
    @property
    def credentials(self) -> CredentialsView: ...
    @property
    def devices(self) -> DevicesView: ...
    @property
    def directory(self) -> DirectoryView: ...
    @property
    def journal(self) -> JournalView: ...
    @property
    def events(self) -> EventsView: ...
    @property
    def apps(self) -> AppsView: ...
    @property
    def webhooks(self) -> WebhooksView: ...
    @property
    def processes(self) -> ProcessesView: ...


class UnitOfWork(Protocol):
    """Changes that are kept together or not at all. Ends with the function it was given to."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def routing(self) -> Routing: ...
    @property
    def channels(self) -> Channels: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def links(self) -> Links: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def journal(self) -> JournalEntries: ...
    @property
    def events(self) -> Events: ...
    @property
    def apps(self) -> Apps: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def processes(self) -> Processes: ...


class Wakeup(Protocol):
    """A level: set by a commit on its topic, lowered by the wait that sees it."""

    def wait(self, timeout: float) -> bool:
        """
        Whether something was committed on the topic since the last wait that said so.

        Waits for at most ``timeout`` seconds; 0 only looks.
        """
        ...

    def set(self) -> None:
        """Wake whoever waits, as a commit does: for stopping a thread."""
        ...


class Store(Protocol):
    """
    Where everything is kept.

    Work given to :meth:`run` is a function over a unit of work that can be run again: no I/O,
    clock, randomness, waiting or outside mutation in it. Units are applied one after another.
    """

    def run(
        self,
        work: Callable[[UnitOfWork], T],
        *,
        accounts: Sequence[AccountId] = (),
        lane: Lane = Lane.SUBMISSION,
        deadline: datetime | None = None,
    ) -> Future[T]:
        """
        Apply the work; the future resolves when it is durable.

        ``accounts`` are those it may change. What the work raises is the future's exception, and
        leaves no trace. A unit not begun by its ``deadline`` is dropped. A future that was
        cancelled before its unit began leaves no trace either; afterwards its commit stands.

        Raises:
            Overloaded: the submission lane is full, or the oldest unit in it of the same account
                has waited for 2 s.
            StoreUnavailable: the store is closed.

        The future raises:
            DeadlinePassed: it was not begun in time.
            StoreUnavailable: the commit failed.
            RuntimeError: its result was asked for inside another unit, which would never end.
        """
        ...

    def read(self, work: Callable[[View], T]) -> T:
        """Look at committed data, from any thread, without waiting for a writer."""
        ...

    def wakeup(self, topic: str) -> Wakeup:
        """
        A new wake-up for a channel's queue or a :class:`Topic`.

        A change by another process is noticed within a second and wakes everybody.
        """
        ...

    def become_server(self) -> bool:
        """
        Claim the right to run channels.

        Says whether every other process's lease is dead because of it: true where a store bears
        one server only. Given up by :meth:`close`.

        Raises:
            StoreUnavailable: another server runs on this store, and it bears only one.
        """
        ...

    def close(self) -> None:
        """Refuse new work, finish what is queued, stop. May be called twice."""
        ...

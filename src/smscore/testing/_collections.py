"""
The collections of the store in memory: dictionaries that can undo.

Longer than most modules: many small collections, each the shortest thing that keeps its promises.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from smscore.domain.accounts import Account
from smscore.domain.apps import AppVersion
from smscore.domain.channels import ChannelState
from smscore.domain.credentials import ProviderKey, QueueToken, User
from smscore.domain.deliveries import Delivery, DeliveryReport, ProcessId, Status
from smscore.domain.devices import Device
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage, InboundPart
from smscore.domain.ledger import Entry
from smscore.domain.links import Link
from smscore.domain.messages import AccountId, MessageId, OutboundMessage, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Revision
from smscore.errors import Conflict, StoreError
from smscore.ids import first_of
from smscore.ports.storage import IdempotencyRecord, Process, Tally, Topic, Tracked
from smscore.testing._directory import MemoryDirectory
from smscore.testing._webhooks import MemoryWebhooks

__all__ = ["MemoryUnit"]

K = TypeVar("K")
V = TypeVar("V")

_PROCESSES = 1024
_ALIVE = timedelta(seconds=30)


class _Log:
    """What the unit in progress has changed: how to undo it, and whom it concerns."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []
        self.topics: set[str] = set()

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a key, so that it can be undone."""
        if key in table:
            before = table[key]
            self._undo.append(lambda: table.__setitem__(key, before))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Take a key out, so that it can be undone."""
        before = table.pop(key)
        self._undo.append(lambda: table.__setitem__(key, before))

    def append(self, rows: list[V], value: V) -> None:
        """Add a row, so that it can be undone."""
        rows.append(value)
        self._undo.append(rows.pop)

    def undoable(self, undo: Callable[[], object]) -> None:
        """Something was changed, and this takes it back."""
        self._undo.append(undo)

    def undo(self) -> None:
        """Take everything back, newest first."""
        while self._undo:
            self._undo.pop()()
        self.topics = set()

    def keep(self) -> set[str]:
        """Forget how to undo; the topics that were touched."""
        self._undo.clear()
        topics, self.topics = self.topics, set()
        return topics


class MemoryUnit:
    """All collections; both the unit of work and the view of the store in memory."""

    def __init__(self) -> None:
        log = self._log = _Log()
        self.accounts = _Accounts(log)
        self.ledger = _Ledger(log)
        self.routing = _Routing(log)
        self.channels = _Channels(log)
        self.events = _Events(log)
        self.outbox = _Outbox(log, self.events)
        self.inbox = _Inbox(log, self.events)
        self.links = _Links(log)
        self.idempotency = _Idempotency(log)
        self.credentials = _Credentials(log)
        self.devices = _Devices(log)
        self.directory = MemoryDirectory(log)
        self.journal = _Journal(log)
        self.apps = _Apps(log)
        self.webhooks = MemoryWebhooks(log, events=self.events, outbox=self.outbox)
        self.processes = _Processes(log)

    def undo(self) -> None:
        """The unit in progress never was."""
        self._log.undo()

    def keep(self) -> set[str]:
        """The unit in progress stands; says which topics it touched."""
        return self._log.keep()


class _Accounts:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._accounts: dict[AccountId, Account] = {}

    def get(self, account: AccountId) -> Account | None:
        return self._accounts.get(account)

    def named(self, name: str) -> Account | None:
        return next((one for one in self._accounts.values() if one.name == name), None)

    def all(self) -> Sequence[Account]:
        return sorted(self._accounts.values(), key=lambda account: account.id)

    def add(self, account: Account) -> None:
        if account.id in self._accounts or self.named(account.name):
            raise Conflict(f"there is an account {account.name!r} already")
        self._log.put(self._accounts, account.id, account)
        self._log.topics.add(Topic.ACCOUNTS)

    def save(self, account: Account) -> None:
        before = self._accounts[account.id]
        self._log.put(self._accounts, account.id, account)
        if not account.has_same_settings(before):
            self._log.topics.add(Topic.ACCOUNTS)


class _Ledger:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._entries: list[Entry] = []

    def of(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        return [
            one
            for one in reversed(self._entries)
            if one.account == account
            and (since is None or one.at >= since)
            and (until is None or one.at < until)
        ][:limit]

    def about(self, message: MessageId) -> Sequence[Entry]:
        return [one for one in self._entries if one.message == message]

    def total(self, account: AccountId) -> int:
        return sum(one.credits for one in self._entries if one.account == account)

    def add(self, entry: Entry) -> None:
        self._log.append(self._entries, entry)


class _Routing:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._revisions: list[Revision] = []
        self._turns: dict[str, datetime] = {}  # when the next one of a rule is

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
        first = max(now, self._turns.get(rule, now))
        self._log.put(self._turns, rule, first + count * gap)
        return first


class _Channels:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._states: dict[str, ChannelState] = {}

    def all(self) -> Mapping[str, ChannelState]:
        return dict(self._states)

    def set(self, state: ChannelState) -> None:
        self._log.put(self._states, state.channel, state)
        self._log.topics |= {Topic.CHANNELS, state.channel}


class _Links:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._links: dict[tuple[str, str], Link] = {}  # by number and channel

    def get(self, channel: str, number: PhoneNumber) -> Link | None:
        return self._links.get((number.value, channel))

    def of(self, number: PhoneNumber) -> Sequence[Link]:
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


class _Outbox:
    def __init__(self, log: _Log, events: "_Events") -> None:
        self._log = log
        self._events = events
        self._messages: dict[MessageId, OutboundMessage] = {}
        self._deliveries: dict[MessageId, Delivery] = {}
        self._parked: list[DeliveryReport] = []

    def get(self, message: MessageId) -> Tracked | None:
        if message not in self._messages:
            return None
        return Tracked(message=self._messages[message], delivery=self._deliveries[message])

    def find(
        self,
        *,
        account: AccountId | None = None,
        statuses: Collection[Status] = (),
        before: MessageId | None = None,
        limit: int = 50,
    ) -> Sequence[Tracked]:
        found = [
            Tracked(message=message, delivery=self._deliveries[message.id])
            for message in sorted(self._messages.values(), key=lambda one: -one.id)
            if account in (None, message.account)
            and (not statuses or self._deliveries[message.id].status in statuses)
            and (before is None or message.id < before)
        ]
        return found[:limit]

    def count(self, *, channel: str | None = None) -> dict[Status, int]:
        counts: dict[Status, int] = {}
        for one in self._deliveries.values():
            if channel in (None, one.channel):
                counts[one.status] = counts.get(one.status, 0) + 1
        return counts

    def backlog(self) -> Mapping[str, int]:
        return Counter(one.channel for one in self._where(lambda one: one.status is Status.QUEUED))

    def tally(self, *, since: datetime) -> Tally:
        failed = [
            one
            for one in self._where(lambda one: one.status is Status.FAILED)
            if one.finished_at is not None and one.finished_at >= since
        ]
        queued = sum(self.backlog().values())
        return Tally(total=len(self._deliveries), queued=queued, failed=len(failed))

    def has_due(self, *, now: datetime) -> bool:
        return bool(self.due(now=now, limit=1))

    def has_overdue(self, *, now: datetime) -> bool:
        return bool(self.overdue(now=now, limit=1))

    def has_stranded(self, *, now: datetime) -> bool:
        return bool(self.stranded(now=now, limit=1))

    def claimed(self, account: AccountId, *, before: datetime, limit: int) -> Sequence[Delivery]:
        return self._claimed(account, before)[:limit]

    def count_claimed(self, account: AccountId, *, before: datetime) -> int:
        return len(self._claimed(account, before))

    def _claimed(self, account: AccountId, before: datetime) -> list[Delivery]:
        claimed = [
            (one.claimed_at, one.message, one)
            for one in self._deliveries.values()
            if one.account == account and one.claimed_at is not None and one.claimed_at < before
        ]
        return [delivery for _, _, delivery in sorted(claimed, key=lambda found: found[:2])]

    def add(self, message: OutboundMessage, delivery: Delivery) -> None:
        if message.id in self._messages:
            raise StoreError(f"there is a message {message.id:016x} already")
        self._log.put(self._messages, message.id, message)
        self._put(delivery)

    def save(self, delivery: Delivery) -> None:
        if delivery.message not in self._deliveries:
            raise StoreError(f"there is no message {delivery.message:016x} to save")
        self._put(delivery)

    def claimable(self, channel: str, *, limit: int) -> Sequence[Tracked]:
        queued = self._where(lambda one: one.status is Status.QUEUED and one.channel == channel)
        queued.sort(key=lambda one: (-one.priority, self._place(one.message), one.message))
        return [
            Tracked(message=self._messages[one.message], delivery=one) for one in queued[:limit]
        ]

    def due(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        due = self._where(
            lambda one: (
                one.status is Status.SCHEDULED and one.due_at is not None and one.due_at <= now
            )
        )
        return sorted(due, key=lambda one: (one.due_at or now, one.message))[:limit]

    def overdue(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        waiting = (Status.SCHEDULED, Status.QUEUED)
        return self._where(
            lambda one: (
                one.status in waiting and one.expires_at is not None and one.expires_at <= now
            )
        )[:limit]

    def stranded(self, *, now: datetime, limit: int) -> Sequence[Delivery]:
        stranded = self._where(lambda one: one.fall_back_at is not None and one.fall_back_at <= now)
        return sorted(stranded, key=lambda one: (one.fall_back_at or now, one.message))[:limit]

    def held(self, *, owners: Collection[ProcessId], limit: int) -> Sequence[Delivery]:
        return self._where(lambda one: one.status is Status.SENDING and one.owner in owners)[:limit]

    def owners(self) -> Sequence[ProcessId]:
        held = self._where(lambda one: one.status is Status.SENDING)
        return sorted({one.owner for one in held if one.owner is not None})

    def awaiting(self, report: DeliveryReport, *, limit: int = 20) -> Sequence[Delivery]:
        candidates = [
            (part.at, one.message, one)
            for one in self._deliveries.values()
            for part in one.parts
            if part.channel == report.channel
            and part.reference == report.reference
            and one.recipient.is_same_line(report.recipient)
        ]
        candidates.sort(key=lambda found: found[:2], reverse=True)
        return [delivery for _, _, delivery in candidates[:limit]]

    def park(self, report: DeliveryReport) -> None:
        self._log.append(self._parked, report)

    def unpark(self, *, channel: str, reference: str) -> Sequence[DeliveryReport]:
        return self._take_parked(lambda one: one.channel == channel and one.reference == reference)

    def forget_parked(self, *, before: datetime) -> int:
        return len(self._take_parked(lambda one: one.received_at < before))

    def prune(self, *, before: datetime, limit: int) -> int:
        old = [
            one.message
            for one in self._where(_is_over)
            if (one.finished_at or one.sent_at or one.accepted_at) < before
        ][:limit]
        for message in old:
            self._log.drop(self._messages, message)
            self._log.drop(self._deliveries, message)
        self._events.forget(old)
        return len(old)

    def _take_parked(self, is_meant: Callable[[DeliveryReport], bool]) -> Sequence[DeliveryReport]:
        before = list(self._parked)
        taken = [one for one in before if is_meant(one)]
        self._parked[:] = [one for one in before if not is_meant(one)]
        self._log.undoable(lambda: self._parked.__setitem__(slice(None), before))
        return taken

    def _where(self, is_meant: Callable[[Delivery], bool]) -> list[Delivery]:
        found = [one for one in self._deliveries.values() if is_meant(one)]
        return sorted(found, key=lambda one: one.message)

    def _place(self, message: MessageId) -> MessageId:
        """In the queue: as old as what was accepted when this one may leave."""
        not_before = self._messages[message].not_before
        return message if not_before is None else first_of(not_before)

    def _put(self, delivery: Delivery) -> None:
        self._log.put(self._deliveries, delivery.message, delivery)
        if delivery.status is Status.QUEUED:
            self._log.topics.add(delivery.channel)


def _is_over(delivery: Delivery) -> bool:
    """Whether nothing more is sent, and perhaps nothing more is heard."""
    return delivery.status.is_final or delivery.status in (Status.SENT, Status.INDETERMINATE)


class _Inbox:
    def __init__(self, log: _Log, events: "_Events") -> None:
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

    def add(self, message: InboundMessage) -> None:
        self._log.put(self._messages, message.id, message)

    def add_part(self, part: InboundPart) -> bool:
        key = (part.channel, part.fingerprint)
        if key in self._parts:
            return False
        self._log.put(self._parts, key, part)
        return True

    def siblings(self, part: InboundPart, *, limit: int) -> Sequence[InboundPart]:
        found = [
            one
            for key, one in self._parts.items()
            if key not in self._joined and _group_of(one) == _group_of(part)
        ]
        return found[-limit:]

    def joined(self, parts: Sequence[InboundPart]) -> None:
        for part in parts:
            self._log.put(self._joined, (part.channel, part.fingerprint), part)

    def prune(self, *, before: datetime, limit: int) -> int:
        messages = [one.id for one in self._messages.values() if one.received_at < before]
        old = sorted(messages)[:limit]
        for message in old:
            self._log.drop(self._messages, message)
        self._events.forget(old)
        parts = [key for key, one in self._parts.items() if one.received_at < before]
        for key in parts[:limit]:
            self._log.drop(self._parts, key)
            if key in self._joined:
                self._log.drop(self._joined, key)
        return len(old) + len(parts[:limit])


def _group_of(part: InboundPart) -> tuple[object, ...]:
    place = part.concatenation
    if place is None:
        return (part.channel, part.fingerprint)
    return (part.channel, part.sender, place.reference, place.is_wide, place.total)


class _Idempotency:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._records: dict[tuple[AccountId, Surface, str], IdempotencyRecord] = {}

    def get(self, *, account: AccountId, surface: Surface, key: str) -> IdempotencyRecord | None:
        return self._records.get((account, surface, key))

    def add(self, record: IdempotencyRecord) -> None:
        self._log.put(self._records, (record.account, record.surface, record.key), record)

    def forget(self, *, before: datetime, limit: int) -> int:
        old = [key for key, record in self._records.items() if record.at < before][:limit]
        for key in old:
            self._log.drop(self._records, key)
        return len(old)


class _Credentials:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._users: dict[str, User] = {}
        self._keys: dict[str, ProviderKey] = {}
        self._tokens: dict[AccountId, QueueToken] = {}

    def user(self, name: str) -> User | None:
        return self._users.get(name)

    def users(self) -> Sequence[User]:
        return sorted(self._users.values(), key=lambda user: user.name)

    def key(self, digest: str) -> ProviderKey | None:
        return self._keys.get(digest)

    def token(self, digest: str) -> QueueToken | None:
        return next((one for one in self._tokens.values() if one.digest == digest), None)

    def token_of(self, account: AccountId) -> QueueToken | None:
        return self._tokens.get(account)

    def add_user(self, user: User) -> None:
        if user.name in self._users:
            raise Conflict(f"there is a user {user.name!r} already")
        self.save_user(user)

    def save_user(self, user: User) -> None:
        self._log.put(self._users, user.name, user)
        self._log.topics.add(Topic.CREDENTIALS)

    def remove_user(self, name: str) -> bool:
        if name not in self._users:
            return False
        self._log.drop(self._users, name)
        self._log.topics.add(Topic.CREDENTIALS)
        return True

    def add_key(self, key: ProviderKey) -> None:
        self._log.put(self._keys, key.digest, key)
        self._log.topics.add(Topic.CREDENTIALS)

    def set_token(self, token: QueueToken) -> None:
        self._log.put(self._tokens, token.account, token)
        self._log.topics.add(Topic.CREDENTIALS)


class _Devices:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._devices: dict[tuple[AccountId, str], Device] = {}

    def get(self, account: AccountId, name: str) -> Device | None:
        return self._devices.get((account, name))

    def find(self, *, account: AccountId | None = None) -> Sequence[Device]:
        return [
            device
            for (owner, _), device in sorted(self._devices.items())
            if account in (None, owner)
        ]

    def silent(self, *, since: datetime, limit: int) -> Sequence[Device]:
        polled = [
            one for one in self.find() if one.last_poll is not None and one.last_poll >= since
        ]
        silent = [
            one
            for one in self.find()
            if one.last_seen < since
            and not any(
                other.account == one.account and "" in (one.name, other.name) for other in polled
            )
        ]
        return sorted(silent, key=lambda one: one.last_seen)[:limit]

    def put(self, device: Device) -> None:
        self._log.put(self._devices, (device.account, device.name), device)

    def keep_latest(self, account: AccountId, count: int) -> None:
        known = sorted(self.find(account=account), key=lambda one: one.last_seen, reverse=True)
        for device in known[count:]:
            self.remove(account, device.name)

    def remove(self, account: AccountId, name: str) -> bool:
        if (account, name) not in self._devices:
            return False
        self._log.drop(self._devices, (account, name))
        return True


class _Journal:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._values: dict[tuple[str, str], bytes] = {}

    def get(self, *, channel: str, key: str) -> bytes | None:
        return self._values.get((channel, key))

    def put(self, *, channel: str, key: str, value: bytes) -> None:
        self._log.put(self._values, (channel, key), value)


class _Events:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._events: dict[int, Event] = {}
        self._newest = 0  # no number is given twice, also when its event is gone

    def of(self, message: MessageId) -> Sequence[Event]:
        return [one for _, one in self.since(0) if one.message == message]

    def since(self, cursor: int, *, limit: int | None = None) -> Sequence[tuple[int, Event]]:
        # An undone change may have put the dictionary out of order.
        return sorted(
            ((number, one) for number, one in self._events.items() if number > cursor),
            key=lambda found: found[0],
        )[:limit]

    def newest(self) -> int:
        return self._newest

    def add(self, event: Event) -> None:
        self._newest += 1
        self._log.put(self._events, self._newest, event)
        self._log.topics.add(Topic.EVENTS)

    def forget(self, messages: Collection[MessageId]) -> None:
        """Drop the stories of these messages."""
        gone = set(messages)
        for cursor in [cursor for cursor, one in self._events.items() if one.message in gone]:
            self._log.drop(self._events, cursor)


class _Apps:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._versions: dict[int, AppVersion] = {}

    def get(self, code: int) -> AppVersion | None:
        return self._versions.get(code)

    def all(self) -> Sequence[AppVersion]:
        return [version for _, version in sorted(self._versions.items(), reverse=True)]

    def put(self, version: AppVersion) -> None:
        self._log.put(self._versions, version.code, version)


class _Processes:
    def __init__(self, log: _Log) -> None:
        self._log = log
        self._processes: dict[ProcessId, Process] = {}

    def all(self) -> Sequence[Process]:
        return sorted(self._processes.values(), key=lambda process: process.id)

    def lease(self, *, now: datetime) -> ProcessId:
        free = set(range(_PROCESSES)) - set(self._processes)
        number = ProcessId(min(free, default=_PROCESSES))
        if not free:
            oldest = min(self._processes.values(), key=lambda process: process.heartbeat_at)
            if now - oldest.heartbeat_at < _ALIVE:
                raise StoreError(f"all {_PROCESSES} process numbers are in use")
            number = oldest.id
        self.beat(number, now=now)
        return number

    def release(self, process: ProcessId) -> None:
        if process in self._processes:
            self._log.drop(self._processes, process)

    def beat(self, process: ProcessId, *, now: datetime) -> None:
        self._log.put(self._processes, process, Process(id=process, heartbeat_at=now))

"""
What the tests of the store contract share: fixtures, and ways to hold a store where it is.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import pytest
from msgspec.structs import replace

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery
from smscore.domain.events import Event
from smscore.domain.ledger import Entry, EntryKind
from smscore.domain.messages import AccountId, MessageId
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork
from smscore.testing.builders import a_tracked, an_account
from smscore.testing.fakes import NOON, ManualClock

__all__ = [
    "PATIENCE",
    "StoreKit",
    "StoreMaker",
    "add",
    "an_entry",
    "an_event",
    "at_once",
    "busy",
    "do",
    "do_each",
    "nothing",
    "on",
    "open_account",
    "queue",
]

T = TypeVar("T")
V = TypeVar("V")

StoreMaker: TypeAlias = Callable[[Clock], Store]

PATIENCE = 30.0
"""Seconds after which a test gives up; no test waits for it to pass."""


class StoreKit:
    """Fixtures and capabilities; see :class:`smscore.testing.contracts.StoreContract`."""

    is_durable = True
    is_queueing = True
    has_one_server = True

    @pytest.fixture
    def make_store(self) -> StoreMaker:
        """To be overridden: how to open the store under test."""
        raise NotImplementedError("override the fixture make_store")

    @pytest.fixture
    def clock(self) -> ManualClock:
        """The store's clock; it stands still."""
        return ManualClock()

    @pytest.fixture
    def store(self, make_store: StoreMaker, clock: ManualClock) -> Iterator[Store]:
        """The store under test."""
        store = make_store(clock)
        yield store
        store.close()

    @pytest.fixture
    def other(self, make_store: StoreMaker, clock: ManualClock) -> Iterator[Store]:
        """The same data, opened once more."""
        if not self.is_durable:
            pytest.skip("nobody else can open this store's data")
        other = make_store(clock)
        yield other
        other.close()

    @pytest.fixture
    def queueing(self, store: Store) -> Store:
        """The store under test, if work waits in it."""
        if not self.is_queueing:
            pytest.skip("work does not wait in this store")
        return store


def do(store: Store, work: Callable[[UnitOfWork], T]) -> T:
    """Run a unit of work and wait for it."""
    return store.run(work, lane=Lane.CUSTODY).result(PATIENCE)


def do_each(store: Store, values: Iterable[V], work: Callable[[UnitOfWork, V], T]) -> list[T]:
    """Run a unit of work for each value, one after another."""
    return [do(store, on(value, work)) for value in values]


def on(value: V, work: Callable[[UnitOfWork, V], T]) -> Callable[[UnitOfWork], T]:
    """The work with its value."""
    return lambda unit: work(unit, value)


def nothing(_: UnitOfWork) -> None:
    """The smallest work."""


def add(store: Store, *all_tracked: Tracked) -> None:
    """Put messages into the outbox."""

    def work(work: UnitOfWork) -> None:
        for tracked in all_tracked:
            work.outbox.add(tracked.message, tracked.delivery)

    do(store, work)


def queue(store: Store, **changes: object) -> Delivery:
    """Put one message into the outbox; the changes are its delivery's."""
    tracked = a_tracked(**changes)
    add(store, tracked)
    return tracked.delivery


def open_account(store: Store, **changes: object) -> Account:
    """Add an account."""
    account = an_account(**changes)
    do(store, lambda work: work.accounts.add(account))
    return account


def an_entry(**changes: Any) -> Entry:
    """A top-up of 10 credits."""
    entry = Entry(account=AccountId(1), kind=EntryKind.TOPUP, credits=10, balance=10, at=NOON)
    return replace(entry, **changes)


def an_event(**changes: Any) -> Event:
    """The first event of message 1."""
    event = Event(
        message=MessageId(1), account=AccountId(1), sequence=1, kind="message.queued", at=NOON
    )
    return replace(event, **changes)


@contextmanager
def busy(store: Store) -> Iterator[None]:
    """Hold the store's thread inside a unit of work; what is run meanwhile waits."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: UnitOfWork) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    held = store.run(hold, lane=Lane.CUSTODY)
    assert begun.wait(PATIENCE)
    try:
        yield
    finally:
        go_on.set()
        held.result(PATIENCE)


def at_once(*works: Callable[[], T]) -> Sequence[T]:
    """Call each on a thread of its own, all at the same moment."""
    barrier = threading.Barrier(len(works))

    def call(work: Callable[[], T]) -> T:
        barrier.wait(PATIENCE)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(call, works))

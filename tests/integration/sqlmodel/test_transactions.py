"""
Transactions are short and few, since others want to write as well, and readers to read.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import pytest
from databases import connection_of
from msgspec.structs import replace

from smscore.domain.deliveries import Part, PartState, Status
from smscore.errors import StoreUnavailable
from smscore.ports.storage import Lane, Topic, UnitOfWork
from smscore.testing import NOON, a_tracked, an_account
from smscore.testing._store_kit import an_event
from smscore_sqlmodel import SqlStore
from smscore_sqlmodel._sqlite import REVISION, VERSION_TABLE

PATIENCE = 30.0
COMMIT = "COMMIT"


def batches(store: SqlStore, *works: Callable[[UnitOfWork], object]) -> list[int]:
    """How many of the units each commit served, if all of them wait at the same moment."""
    seen: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: UnitOfWork) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    def noted(work: Callable[[UnitOfWork], object]) -> Callable[[UnitOfWork], None]:
        def note(unit: UnitOfWork) -> None:
            work(unit)
            seen.append("unit")

        return note

    connection = connection_of(store)
    connection.set_trace_callback(lambda sql: seen.append(sql) if sql == COMMIT else None)
    store.run(hold, lane=Lane.CUSTODY)
    assert begun.wait(PATIENCE)
    futures = [store.run(noted(work)) for work in works]
    time_to_end_the_batch = time.monotonic() + 0.02
    while time.monotonic() < time_to_end_the_batch:
        pass
    go_on.set()
    for future in futures:
        future.result(PATIENCE)
    return [len(list(units)) for what, units in groupby(seen) if what == "unit"]


@contextmanager
def written_by_another(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process has begun to write."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def adding(count: int) -> Callable[[UnitOfWork], None]:
    all_tracked = [a_tracked() for _ in range(count)]

    def work(work: UnitOfWork) -> None:
        for one in all_tracked:
            work.outbox.add(one.message, one.delivery)

    return work


def pruning(limit: int) -> Callable[[UnitOfWork], int]:
    return lambda work: work.outbox.prune(before=NOON + timedelta(days=1), limit=limit)


def add_old_messages(store: SqlStore, count: int) -> None:
    """Each with an event and a reference."""

    def work(work: UnitOfWork) -> None:
        for number in range(count):
            part = Part(
                number=1, channel="fake", state=PartState.DELIVERED, at=NOON, reference=str(number)
            )
            tracked = a_tracked(status=Status.DELIVERED, finished_at=NOON, parts=(part,))
            work.outbox.add(tracked.message, tracked.delivery)
            work.events.add(an_event(message=tracked.message.id))

    store.run(work).result(PATIENCE)


def test_a_batch_has_no_more_than_500_units(store: SqlStore) -> None:
    found = batches(store, *[lambda _: None] * 1200)

    assert sum(found) == 1200
    assert max(found) <= 500
    assert len(found) < 100


def test_a_batch_ends_with_the_unit_that_makes_it_5000_rows(store: SqlStore) -> None:
    found = batches(store, *[adding(2_600)] + [adding(2_600) for _ in range(3)])

    assert max(found) <= 2


def test_what_is_pruned_counts_as_much_as_what_is_written(store: SqlStore) -> None:
    add_old_messages(store, 4_000)

    # Each takes 1700 messages, events and references.
    found = batches(store, pruning(1_700), pruning(1_700), pruning(1_700))

    assert found == [1, 1, 1]
    assert store.read(lambda view: view.outbox.find()) == []


def test_a_batch_ends_with_the_unit_that_takes_long(store: SqlStore) -> None:
    def dawdle(_: UnitOfWork) -> None:
        ends_at = time.monotonic() + 0.03
        while time.monotonic() < ends_at:
            pass

    assert batches(store, dawdle, dawdle, dawdle) == [1, 1, 1]


def test_pruning_goes_on_in_steps_beside_submissions(store: SqlStore) -> None:
    add_old_messages(store, 25)
    steps: list[int] = []
    while not steps or steps[-1]:
        steps.append(store.run(pruning(10), lane=Lane.CUSTODY).result(PATIENCE))
        store.run(adding(1)).result(PATIENCE)

    assert steps == [10, 10, 5, 0]
    assert len(store.read(lambda view: view.outbox.find())) == 4


def test_a_short_transaction_of_another_process_is_waited_for(store: SqlStore, path: Path) -> None:
    connection_of(store)
    with written_by_another(path) as other:
        future = store.run(adding(1))
        was_done = future.done()
        other.execute("COMMIT")

    assert not was_done
    assert future.result(PATIENCE) is None


def test_whoever_waits_for_too_long_for_another_process_is_told(
    store: SqlStore, path: Path
) -> None:
    connection_of(store).execute("PRAGMA busy_timeout = 1")
    with written_by_another(path):
        error = store.run(adding(1)).exception(PATIENCE)

    assert isinstance(error, StoreUnavailable)
    assert "locked" in str(error)
    assert store.run(adding(1)).result(PATIENCE) is None


def test_a_commit_that_fails_wakes_nobody(store: SqlStore, path: Path) -> None:
    connection_of(store)
    wakeups = [store.wakeup(topic) for topic in ("fake", *Topic)]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ALTER TABLE smscore_messages RENAME TO gone")
    assert all(wakeup.wait(PATIENCE) for wakeup in wakeups)  # by the other process

    error = store.run(adding(1)).exception(PATIENCE)

    assert isinstance(error, StoreUnavailable)
    assert not any(wakeup.wait(0) for wakeup in wakeups)


def test_a_store_whose_schema_was_migrated_under_it_writes_no_more(
    store: SqlStore, path: Path
) -> None:
    def set_revision(revision: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = ?", (revision,))

    connection_of(store)
    set_revision("9999")

    errors = [store.run(adding(1)).exception(PATIENCE) for _ in range(2)]
    set_revision(REVISION)

    assert [type(error) for error in errors] == [StoreUnavailable] * 2
    assert all("newer smscore" in str(error) for error in errors)
    assert store.run(adding(1)).result(PATIENCE) is None


def test_what_another_process_spends_is_seen_although_accounts_are_kept(
    store: SqlStore, path: Path
) -> None:
    account = an_account(credits=5)
    store.run(lambda work: work.accounts.add(account)).result(PATIENCE)
    before = store.run(lambda work: work.accounts.get(account.id)).result(PATIENCE)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE smscore_accounts SET credits = 2")

    after = store.run(lambda work: work.accounts.get(account.id)).result(PATIENCE)

    assert before == account
    assert after == replace(account, credits=2)


def test_what_another_process_does_to_a_message_is_seen_although_messages_are_kept(
    store: SqlStore, path: Path
) -> None:
    tracked = a_tracked()
    store.run(lambda work: work.outbox.add(tracked.message, tracked.delivery)).result(PATIENCE)
    before = store.run(lambda work: work.outbox.get(tracked.message.id)).result(PATIENCE)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE smscore_messages SET attempts = 7")

    after = store.run(lambda work: work.outbox.get(tracked.message.id)).result(PATIENCE)

    assert before == tracked
    assert after is not None
    assert after.delivery == replace(tracked.delivery, attempts=7)


def test_a_message_that_is_moved_twice_in_a_batch_is_what_it_was_last(store: SqlStore) -> None:
    tracked = a_tracked()
    store.run(lambda work: work.outbox.add(tracked.message, tracked.delivery)).result(PATIENCE)

    def move(attempts: int) -> Callable[[UnitOfWork], object]:
        return lambda work: work.outbox.save(replace(tracked.delivery, attempts=attempts))

    assert batches(store, move(1), move(2), move(3)) == [3]

    kept = store.read(lambda view: view.outbox.get(tracked.message.id))
    assert kept is not None
    assert kept.delivery.attempts == 3


def test_what_a_unit_did_to_a_message_before_it_raised_was_never_done(store: SqlStore) -> None:
    tracked = a_tracked()
    store.run(lambda work: work.outbox.add(tracked.message, tracked.delivery)).result(PATIENCE)

    def spoil(work: UnitOfWork) -> None:
        work.outbox.save(replace(tracked.delivery, attempts=9))
        work.outbox.find(limit=1)  # writes what was saved, to ask for it
        raise LookupError

    with pytest.raises(LookupError):
        store.run(spoil).result(PATIENCE)

    assert store.run(lambda work: work.outbox.get(tracked.message.id)).result(PATIENCE) == tracked

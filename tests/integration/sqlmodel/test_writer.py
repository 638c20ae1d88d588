import gc
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from databases import connection_of

from smscore.domain.deliveries import ProcessId
from smscore.errors import StoreUnavailable
from smscore.ports.storage import Lane, UnitOfWork
from smscore.testing.builders import a_tracked, an_account
from smscore_sqlmodel import SqlStore

PATIENCE = 30.0


def _execute(path: Path, sql: str) -> None:
    """Do something behind the store's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


def _sending() -> Callable[[UnitOfWork], None]:
    tracked = a_tracked()
    return lambda work: work.outbox.add(tracked.message, tracked.delivery)


def _held(store: SqlStore) -> Callable[[], None]:
    """The writer is busy until the returned function is called."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: UnitOfWork) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    store.run(hold, lane=Lane.CUSTODY)
    assert begun.wait(PATIENCE)
    return go_on.set


def test_one_commit_serves_many_requests(store: SqlStore) -> None:
    commits: list[str] = []
    connection = connection_of(store)
    release = _held(store)
    futures = [store.run(_sending()) for _ in range(300)]

    connection.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    release()
    for future in futures:
        future.result(PATIENCE)

    # One, or a few more on a machine that takes longer than a batch may.
    assert 1 <= len(commits) <= 30


def test_what_a_failed_commit_held_is_unavailable_and_the_next_is_kept(
    store: SqlStore, path: Path
) -> None:
    store.run(_sending()).result(PATIENCE)
    _execute(path, "ALTER TABLE smscore_messages RENAME TO gone")

    errors = [store.run(_sending()).exception(PATIENCE) for _ in range(2)]
    _execute(path, "ALTER TABLE gone RENAME TO smscore_messages")
    store.run(_sending()).result(PATIENCE)

    assert [type(error) for error in errors] == [StoreUnavailable] * 2
    assert [type(error and error.__cause__) for error in errors] == [sqlite3.OperationalError] * 2
    assert len(store.read(lambda view: view.outbox.find())) == 2


def test_closing_tells_whoever_waits_for_a_broken_database(store: SqlStore, path: Path) -> None:
    _execute(path, "ALTER TABLE smscore_messages RENAME TO gone")
    assert isinstance(store.run(_sending()).exception(PATIENCE), StoreUnavailable)
    waiting = [store.run(_sending()) for _ in range(3)]

    store.close()

    assert [type(future.exception(0)) for future in waiting] == [StoreUnavailable] * 3


def test_a_read_of_a_broken_database_is_unavailable(store: SqlStore, path: Path) -> None:
    _execute(path, "ALTER TABLE smscore_messages RENAME TO gone")

    with pytest.raises(StoreUnavailable):
        store.read(lambda view: view.outbox.find())


def test_after_a_fork_the_child_may_not_use_the_store(store: SqlStore) -> None:
    store.run(lambda work: work.accounts.add(an_account())).result(PATIENCE)
    store.read(lambda view: view.accounts.all())

    child = os.fork()
    if child == 0:
        outcomes = []
        for use in (
            lambda: store.run(lambda work: work.accounts.all()),
            lambda: store.read(lambda view: view.accounts.all()),
            lambda: store.wakeup("fake"),
            lambda: store.become_server(ProcessId(1)),
        ):
            try:
                use()
                outcomes.append("used")
            except StoreUnavailable as refusal:
                outcomes.append("refused" if "fork" in str(refusal) else "unclear")
        store.close()
        os._exit(0 if set(outcomes) == {"refused"} else 1)

    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert store.run(lambda work: len(work.accounts.all())).result(PATIENCE) == 1


def test_a_fork_closes_no_connection_of_the_parents_threads(store: SqlStore) -> None:
    """Which takes locks of SQLite that threads may hold that are not there: it waited for ever."""
    opened: list[sqlite3.Connection] = []
    has_read, may_go_on = threading.Event(), threading.Event()

    def look() -> None:
        store.read(lambda view: view.accounts.all())
        opened.append(store._readers._mine.reader._connection.raw)
        has_read.set()
        may_go_on.wait()

    thread = threading.Thread(target=look)
    thread.start()
    assert has_read.wait(PATIENCE)

    child = os.fork()
    if child == 0:
        try:
            os._exit(opened[0].total_changes)  # 0, and an error once it is closed
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    may_go_on.set()
    thread.join()

    assert os.waitstatus_to_exitcode(status) == 0


def test_the_writer_starts_with_the_first_unit(store: SqlStore) -> None:
    before = [thread.name for thread in threading.enumerate()]
    store.run(lambda work: work.accounts.all()).result(PATIENCE)
    during = [thread.name for thread in threading.enumerate()]
    store.close()
    after = [thread.name for thread in threading.enumerate()]

    assert [names.count("smscore store") for names in (before, during, after)] == [0, 1, 0]


def test_a_thread_that_ends_takes_its_connection_with_it(store: SqlStore) -> None:
    def look() -> None:
        store.read(lambda view: view.accounts.all())

    for _ in range(5):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(PATIENCE)
    gc.collect()

    assert len(store._readers._all) == 0


def test_closing_leaves_no_file_open(store: SqlStore, path: Path) -> None:
    def open_files() -> list[str]:
        descriptors = Path("/proc/self/fd")
        targets = [str(one.readlink()) for one in descriptors.iterdir() if one.is_symlink()]
        return [target for target in targets if target.startswith(str(path))]

    store.run(_sending()).result(PATIENCE)
    store.read(lambda view: view.accounts.all())
    store.become_server(ProcessId(1))
    during = open_files()
    store.close()

    assert during
    assert open_files() == []


def test_the_servers_lock_is_the_same_by_whatever_link_the_file_is_reached(
    store: SqlStore, path: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(path)
    store.become_server(ProcessId(1))

    with closing(SqlStore(f"sqlite:///{link}")) as other, pytest.raises(StoreUnavailable):
        other.become_server(ProcessId(1))


def test_the_servers_lock_names_its_file(store: SqlStore, path: Path) -> None:
    store.become_server(ProcessId(1))
    other = SqlStore(f"sqlite:///{path}")

    with pytest.raises(StoreUnavailable, match=rf"{path.name}\.lock"):
        other.become_server(ProcessId(1))

    other.close()


def test_every_commit_is_synchronous(store: SqlStore) -> None:
    connection = connection_of(store)

    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_a_reader_cannot_write(store: SqlStore) -> None:
    def write(view: object) -> None:
        store._readers._mine.reader._connection.fetch("DELETE FROM smscore_accounts")

    with pytest.raises(StoreUnavailable, match="readonly"):
        store.read(write)

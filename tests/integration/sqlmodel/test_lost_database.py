"""
A database that is deleted, moved or replaced under a running store takes nothing with it.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import MessageId
from smscore.errors import StoreUnavailable
from smscore.ports.storage import Lane, UnitOfWork, View
from smscore.testing import a_tracked
from smscore_sqlmodel import SqlStore, migrate
from smscore_sqlmodel._sqlite import VERSION_TABLE

PATIENCE = 30.0


def sending() -> tuple[MessageId, Callable[[UnitOfWork], None]]:
    tracked = a_tracked()
    return tracked.message.id, lambda work: work.outbox.add(tracked.message, tracked.delivery)


def send(store: SqlStore) -> MessageId:
    """Acknowledged when it returns."""
    message, work = sending()
    store.run(work).result(PATIENCE)
    return message


def refusal(store: SqlStore) -> str:
    """What a unit is refused with."""
    error = store.run(sending()[1]).exception(PATIENCE)
    assert isinstance(error, StoreUnavailable)
    return str(error)


def try_to_send(store: SqlStore) -> None:
    """Refused, unless the writer has noticed by itself a moment before and is over it."""
    error = store.run(sending()[1]).exception(PATIENCE)
    assert error is None or isinstance(error, StoreUnavailable)


def stored(store: SqlStore) -> set[MessageId]:
    return {one.message.id for one in store.read(lambda view: view.outbox.find())}


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}{suffix}")


@pytest.mark.parametrize("lane", Lane)
def test_what_is_given_to_a_deleted_database_is_refused(
    store: SqlStore, path: Path, lane: Lane
) -> None:
    send(store)
    path.unlink()

    error = store.run(sending()[1], lane=lane).exception(PATIENCE)

    assert isinstance(error, StoreUnavailable)
    assert str(path) in str(error)
    assert "put it back" in str(error)


def test_a_missing_database_is_never_created_empty(store: SqlStore, path: Path) -> None:
    send(store)
    path.unlink()

    refusals = [refusal(store) for _ in range(2)]  # the second after an attempt to open it
    with pytest.raises(StoreUnavailable, match="put it back"):
        stored(store)

    assert all(str(path) in one for one in refusals)
    assert not path.exists()


@pytest.mark.parametrize("suffixes", [("",), ("", "-wal"), ("", "-wal", "-shm")])
def test_a_database_that_was_moved_is_used_again_when_it_is_back(
    store: SqlStore, path: Path, tmp_path: Path, suffixes: tuple[str, ...]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    before = send(store)
    assert stored(store) == {before}
    for suffix in suffixes:
        beside(path, suffix).rename(elsewhere / f"{path.name}{suffix}")

    refusal(store)
    for suffix in suffixes:
        (elsewhere / f"{path.name}{suffix}").rename(beside(path, suffix))
    after = send(store)

    assert stored(store) == {before, after}


def test_a_directory_that_was_moved_is_used_again_when_it_is_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = home / "smscore.db"
    migrate(f"sqlite:///{path}")
    with closing(SqlStore(f"sqlite:///{path}")) as store:
        before = send(store)
        home.rename(tmp_path / "away")

        refusal(store)
        (tmp_path / "away").rename(home)
        after = send(store)

        assert stored(store) == {before, after}


def test_a_batch_during_which_the_database_is_lost_is_refused_as_a_whole(
    store: SqlStore, path: Path, tmp_path: Path
) -> None:
    before = send(store)

    def lose(work: UnitOfWork) -> None:
        sending()[1](work)
        path.rename(tmp_path / "moved.db")

    error = store.run(lose).exception(PATIENCE)
    (tmp_path / "moved.db").rename(path)

    assert isinstance(error, StoreUnavailable)
    assert before in stored(store)
    assert send(store) in stored(store)


@pytest.mark.parametrize("suffixes", [("-wal",), ("-shm",), ("-wal", "-shm")])
@pytest.mark.parametrize("reads", [False, True])
def test_a_deleted_log_takes_no_acknowledged_message_with_it(
    store: SqlStore, path: Path, suffixes: tuple[str, ...], *, reads: bool
) -> None:
    acknowledged = {send(store) for _ in range(5)}
    if reads:
        assert stored(store) == acknowledged
    for suffix in suffixes:
        beside(path, suffix).unlink()

    try_to_send(store)
    acknowledged.add(send(store))

    assert acknowledged <= stored(store)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = {one for (one,) in connection.execute("SELECT id FROM smscore_messages")}
    assert acknowledged <= found


def test_an_idle_store_notices_that_its_log_is_gone(store: SqlStore, path: Path) -> None:
    acknowledged = send(store)
    beside(path, "-wal").unlink()

    writer = store._writer
    assert writer is not None
    ends_at = time.monotonic() + PATIENCE
    while writer._connection is not None:  # it looks by itself, four times a second
        assert time.monotonic() < ends_at

    assert stored(store) == {acknowledged}


def test_a_read_that_waits_for_the_writer_does_not_stop_it_for_good(
    store: SqlStore, path: Path
) -> None:
    acknowledged = {send(store)}

    def lose_and_write(_: View) -> list[str]:
        beside(path, "-wal").unlink()
        return [refusal(store) for _ in range(2)]

    refusals = store.read(lose_and_write)
    acknowledged.add(send(store))

    assert all("put it back" in one for one in refusals)
    assert acknowledged <= stored(store)


@pytest.mark.parametrize("is_in_use", [False, True])
def test_a_database_in_the_place_of_another_is_used_and_keeps_its_log(
    store: SqlStore, path: Path, tmp_path: Path, *, is_in_use: bool
) -> None:
    lost = send(store)
    assert stored(store) == {lost}
    other = tmp_path / "other.db"
    migrate(f"sqlite:///{other}")
    with closing(SqlStore(f"sqlite:///{other}")) as restored:
        kept = send(restored)  # and for now it is in the log alone
        for suffix in ("-wal", "-shm", ""):
            if not is_in_use:
                shutil.copy(beside(other, suffix), tmp_path / "copy")
                (tmp_path / "copy").rename(beside(path, suffix))
            else:
                beside(other, suffix).rename(beside(path, suffix))

        assert stored(store) == {kept}
        try_to_send(store)
        after = send(store)

        assert {kept, after} <= stored(store)
    assert {kept, after} <= stored(store)


@pytest.fixture
def foreign(tmp_path: Path) -> tuple[Path, MessageId]:
    """Another database, and a message that is in its log alone."""
    other = tmp_path / "other.db"
    migrate(f"sqlite:///{other}")
    with closing(SqlStore(f"sqlite:///{other}")) as restored:
        kept = send(restored)
        for suffix in ("", "-wal", "-shm"):
            shutil.copy(beside(other, suffix), tmp_path / f"foreign.db{suffix}")
    return tmp_path / "foreign.db", kept


def put(foreign: Path, path: Path, *suffixes: str) -> None:
    for suffix in suffixes:
        beside(foreign, suffix).rename(beside(path, suffix))


def test_a_log_that_is_there_before_its_database_is_kept(
    store: SqlStore, path: Path, foreign: tuple[Path, MessageId]
) -> None:
    other, kept = foreign
    lost = send(store)
    put(other, path, "-wal")
    content = beside(path, "-wal").read_bytes()

    told = [refusal(store) for _ in range(2)]
    assert all("put it back" in one for one in told)
    assert beside(path, "-wal").read_bytes() == content
    put(other, path, "-shm", "")
    try_to_send(store)
    after = send(store)

    assert {kept, after} <= stored(store)
    assert lost not in stored(store)


@pytest.mark.parametrize("suffixes", [("-wal",), ("-shm",), ("-wal", "-shm")])
def test_a_store_that_is_closed_then_leaves_both_as_they_are(
    store: SqlStore, path: Path, foreign: tuple[Path, MessageId], suffixes: tuple[str, ...]
) -> None:
    other, _ = foreign
    own = send(store)
    put(other, path, *suffixes)
    contents = [beside(path, suffix).read_bytes() for suffix in suffixes]

    refusal(store)
    store.close()

    assert [beside(path, suffix).read_bytes() for suffix in suffixes] == contents
    for suffix in suffixes:
        beside(path, suffix).unlink()
    with closing(SqlStore(f"sqlite:///{path}")) as again:
        assert stored(again) == {own}


def test_a_foreign_log_that_is_taken_away_again_leaves_the_store_as_it_was(
    store: SqlStore, path: Path, foreign: tuple[Path, MessageId]
) -> None:
    own = send(store)
    put(foreign[0], path, "-wal")
    refusal(store)
    beside(path, "-wal").unlink()

    try_to_send(store)
    after = send(store)

    assert {own, after} <= stored(store)


@pytest.mark.parametrize(
    ("revision", "way_out"), [("0001", "smscore migrate"), ("9999", "install the newer smscore")]
)
def test_a_database_of_another_schema_in_its_place_is_refused_until_it_fits(
    store: SqlStore, path: Path, tmp_path: Path, revision: str, way_out: str
) -> None:
    send(store)
    stored(store)
    other = tmp_path / "other.db"
    migrate(f"sqlite:///{other}")
    fitting = tmp_path / "fitting.db"
    shutil.copy(other, fitting)
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = ?", (revision,))
    for suffix in ("-wal", "-shm"):
        beside(path, suffix).unlink()
    other.rename(path)

    with pytest.raises(StoreUnavailable, match=way_out):
        stored(store)
    refusal(store)
    assert way_out in refusal(store)
    fitting.rename(path)

    assert send(store) in stored(store)


def test_a_server_does_not_follow_into_a_database_on_which_another_one_runs(
    tmp_path: Path,
) -> None:
    home, other_home = tmp_path / "home", tmp_path / "other"
    for directory in (home, other_home):
        migrate(f"sqlite:///{directory}/smscore.db")
    with (
        closing(SqlStore(f"sqlite:///{home}/smscore.db")) as server,
        closing(SqlStore(f"sqlite:///{other_home}/smscore.db")) as other,
    ):
        for one in (server, other):
            one.become_server(ProcessId(1))
            send(one)
        home.rename(tmp_path / "away")
        other_home.rename(home)

        refusal(server)
        assert "runs the channels of this database" in refusal(server)
        (tmp_path / "away").rename(other_home)  # they have changed places
        other.close()

        assert send(server) in stored(server)
        with (
            closing(SqlStore(f"sqlite:///{home}/smscore.db")) as third,
            pytest.raises(StoreUnavailable, match="runs the channels of this database"),
        ):
            third.become_server(ProcessId(2))


def test_a_link_that_comes_to_name_another_database_is_followed(path: Path, tmp_path: Path) -> None:
    link, other = tmp_path / "link.db", tmp_path / "other.db"
    migrate(f"sqlite:///{other}")
    link.symlink_to(path)
    with closing(SqlStore(f"sqlite:///{link}")) as store:
        send(store)
        link.unlink()
        link.symlink_to(other)

        try_to_send(store)
        after = send(store)

    with closing(SqlStore(f"sqlite:///{other}")) as store:
        assert after in stored(store)

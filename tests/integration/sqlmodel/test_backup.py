"""
A backup is made beside a running store, is whole, and never takes the place of another file.
"""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from smscore.domain.messages import AccountId
from smscore.errors import ConfigurationError, InsufficientCredits, StoreUnavailable
from smscore.ports.storage import UnitOfWork
from smscore.registry import Registry
from smscore.testing import NOON, a_tracked, an_account
from smscore_sqlmodel import SqlStore, backup, smscore_register_stores
from smscore_sqlmodel._sqlite import VERSION_TABLE

PATIENCE = 30.0
ACME = AccountId(1)
DUMP = Path(__file__).with_name("first_schema.sql")


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = SqlStore(url)
    yield store
    store.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "smscore.db"


def top_up(work: UnitOfWork) -> None:
    account, entry = an_account().top_up(credits=10_000, now=NOON, why="invoice 17")
    assert entry is not None
    work.accounts.add(account)
    work.ledger.add(entry)


def submit(work: UnitOfWork) -> None:
    tracked = a_tracked()
    account = work.accounts.get(ACME)
    assert account is not None
    spent, entry = account.spend(messages=1, credits=1, first=tracked.message.id, now=NOON)
    assert entry is not None
    work.accounts.save(spent)
    work.ledger.add(entry)
    work.outbox.add(tracked.message, tracked.delivery)


def test_a_backup_is_a_moment_of_a_store_that_goes_on_writing(
    store: SqlStore, url: str, target: Path
) -> None:
    store.run(top_up).result(PATIENCE)
    is_done = threading.Event()

    def write() -> None:
        while not is_done.is_set():
            try:
                store.run(submit).result(PATIENCE)
            except InsufficientCredits:
                return

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        copies = [target.with_name(f"{number}.db") for number in range(3)]
        for copy in copies:
            store.run(submit).result(PATIENCE)
            backup(url, copy)
    finally:
        is_done.set()
        for writer in writers:
            writer.join(PATIENCE)

    sizes = []
    for copy in copies:
        with closing(SqlStore(f"sqlite:///{copy}")) as copied:
            account = copied.read(lambda view: view.accounts.get(ACME))
            assert account is not None
            assert account.credits == copied.read(lambda view: view.ledger.total(ACME))
            sizes.append(len(copied.read(lambda view: view.outbox.find(limit=100_000))))
            assert account.credits == 10_000 - sizes[-1]
    assert sizes == sorted(set(sizes))


def test_a_backup_is_one_file_for_its_owner_alone(store: SqlStore, url: str, target: Path) -> None:
    store.run(top_up).result(PATIENCE)

    backup(url, target)

    assert [one.name for one in target.parent.iterdir()] == [target.name]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_leaves_out_what_was_deleted(store: SqlStore, url: str, target: Path) -> None:
    store.run(top_up).result(PATIENCE)
    store.close()
    with closing(sqlite3.connect(target.parents[1] / "smscore.db")) as connection, connection:
        connection.execute("DELETE FROM smscore_ledger")
        connection.execute("UPDATE smscore_accounts SET name = 'renamed'")

    backup(url, target)

    assert b"renamed" in target.read_bytes()
    assert b"acme" not in target.read_bytes()


def test_a_file_that_is_there_is_never_overwritten(url: str, target: Path) -> None:
    target.parent.mkdir()
    target.write_text("the backup of yesterday")

    with pytest.raises(ConfigurationError, match="is there already"):
        backup(url, target)

    assert target.read_text() == "the backup of yesterday"


def test_a_schema_that_is_too_old_to_be_opened_can_be_backed_up(
    tmp_path: Path, target: Path
) -> None:
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript(DUMP.read_text())

    backup(f"sqlite:///{old}", target)

    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute(f"SELECT * FROM {VERSION_TABLE}").fetchall() == [("0001",)]


@pytest.mark.parametrize("content", [None, b""])
def test_what_is_no_database_of_ours_is_not_backed_up(
    tmp_path: Path, target: Path, content: bytes | None
) -> None:
    path = tmp_path / "other.db"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError, match="no smscore database"):
        backup(f"sqlite:///{path}", target)

    assert not target.exists()


def test_a_damaged_database_leaves_no_half_a_backup(
    store: SqlStore, path: Path, url: str, target: Path
) -> None:
    for _ in range(50):
        tracked = a_tracked()
        store.run(lambda work, it=tracked: work.outbox.add(it.message, it.delivery)).result(
            PATIENCE
        )
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'smscore_messages'"
        ).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)

    with pytest.raises(StoreUnavailable, match="cannot be copied"):
        backup(url, target)

    assert list(target.parent.iterdir()) == []


def test_a_target_that_cannot_be_written_is_said(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable, match="cannot be copied"):
        backup(url, tmp_path / "file" / "smscore.db")


def test_a_backup_is_offered_to_the_gateway() -> None:
    registry = Registry()
    smscore_register_stores(registry)

    assert registry.store_kind("sqlite").backup is backup

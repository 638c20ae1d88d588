"""
Two processes that write to one file: neither keeps the other out.
"""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from databases import new_database

from smscore_sqlmodel._sqlite import SqliteFile
from smscore_sqlmodel._sqlite_connections import SqliteWriting

PATIENCE = 30.0


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "smscore.db"
    new_database(path)
    return path


@pytest.fixture
def busy(database: Path) -> Iterator["Busy"]:
    busy = Busy(database)
    thread = threading.Thread(target=busy.run)
    thread.start()
    assert busy.is_at_work.wait(PATIENCE)
    yield busy
    busy.over.set()
    thread.join(PATIENCE)


class Busy:
    """Somebody who always writes: each transaction takes a while, the next one follows at once."""

    def __init__(self, database: Path) -> None:
        self._file = SqliteFile(f"sqlite:///{database}")
        self.is_at_work, self.over = threading.Event(), threading.Event()
        self.count = 0

    def run(self) -> None:
        with closing(SqliteWriting(self._file)) as connection:
            while not self.over.is_set():
                connection.begin()
                self.is_at_work.set()
                self.over.wait(0.02)
                connection.rollback()
                self.count += 1


def test_whoever_waits_is_next(database: Path, busy: Busy) -> None:
    with closing(SqliteWriting(SqliteFile(f"sqlite:///{database}"))) as connection:
        waited = []
        for _ in range(10):
            before = busy.count
            connection.begin()
            waited.append(busy.count - before)
            connection.rollback()

    assert max(waited) <= 3


def test_whoever_was_halted_holds_nobody_up(database: Path, busy: Busy) -> None:
    with (
        database.with_name("smscore.db.turn").open("wb") as file,
        closing(SqliteWriting(SqliteFile(f"sqlite:///{database}"))) as connection,
    ):
        fcntl.flock(file, fcntl.LOCK_EX)

        connection.begin()
        connection.rollback()
        before = busy.count
        while busy.count == before:
            busy.over.wait(0.01)


def test_the_file_beside_it_need_not_be_there(tmp_path: Path) -> None:
    path = tmp_path / "smscore.db"
    new_database(path)
    path.with_name("smscore.db.turn").mkdir()  # so that it cannot be opened

    with closing(SqliteWriting(SqliteFile(f"sqlite:///{path}"))) as connection:
        connection.begin()
        assert connection.is_in_transaction
        connection.rollback()

"""
A store's database on SQLite: the connection that writes, and those that read.
"""

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import Any

from smscore.domain.messages import AccountId, MessageId
from smscore.errors import StoreError
from smscore_sqlmodel._database import Cells
from smscore_sqlmodel._kept import Kept
from smscore_sqlmodel._presence import OpenedFiles
from smscore_sqlmodel._server_lock import ServerLock
from smscore_sqlmodel._sqlite import FAULTS, SqliteFile, translated
from smscore_sqlmodel._statements import Statement
from smscore_sqlmodel._turns import Turns

__all__ = ["SqliteDatabase", "SqliteReading", "SqliteWriting"]

# For the driver, beginning a statement is as much work as writing a row. And with each one the
# thread gives up the interpreter's lock, which it may then have to wait for.
_ROWS_AT_ONCE = 32

_READER_CACHE_KB = 4_000
"""At most, for each thread that reads; they share what the system keeps of the file."""


class SqliteDatabase:
    """
    See :class:`smscore_sqlmodel._database.Database`.

    Raises:
        ConfigurationError: the URL names no file.
    """

    def __init__(self, url: str) -> None:
        self._file = SqliteFile(url)

    def check_schema(self) -> None:
        self._file.check_schema()

    def connect_writing(self) -> "SqliteWriting":
        return SqliteWriting(self._file)

    def connect_reading(self) -> "SqliteReading":
        return SqliteReading(self._file)

    def server_lock(self) -> ServerLock:
        return ServerLock(self._file)

    def listen(
        self, *, heard: Callable[[Collection[str]], None], missed: Callable[[], None]
    ) -> None:
        """Nobody tells anything here."""


class SqliteReading:
    """See :class:`smscore_sqlmodel._database.Reading`."""

    def __init__(self, file: SqliteFile) -> None:
        self.raw = file.connect_reader()
        try:
            self.raw.execute(f"PRAGMA cache_size = -{_READER_CACHE_KB}")
            self._files = OpenedFiles(file, self.raw)
        except Exception as cause:
            self.raw.close()
            raise translated(cause) from cause

    @property
    def is_stale(self) -> bool:
        return not self._files.has_database

    def begin(self) -> None:
        _execute(self.raw, "BEGIN")

    def end(self) -> None:
        if self.raw.in_transaction:
            _execute(self.raw, "COMMIT")

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        try:
            return self.raw.execute(sql, parameters).fetchall()
        except FAULTS as cause:
            raise translated(cause) from cause

    def close(self) -> None:
        self.raw.close()


class SqliteWriting:
    """
    See :class:`smscore_sqlmodel._database.Writing`.

    Only one connection of all processes writes at a time: nobody has to hold anything.
    """

    locks_accounts = False
    is_spoilt = False  # a statement that fails leaves no trace

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self.raw = file.connect_writer()
        self._turns = Turns(file.path)
        try:
            self._files = OpenedFiles(file, self.raw)
            self._version = self._data_version()
        except Exception as cause:
            self.raw.close()
            self._turns.close()
            raise translated(cause) from cause

    @property
    def is_orphaned(self) -> bool:
        # With the last connection SQLite brings into the database what a deleted log holds, and
        # nobody else could. And whoever came while one is left would share its index of that log.
        return not self._files.are_there

    @property
    def has_to_stay(self) -> bool:
        return self._files.has_foreign_log

    @property
    def is_in_transaction(self) -> bool:
        return self.raw.in_transaction

    def check(self) -> None:
        self._files.check()

    def check_schema(self) -> None:
        try:
            self._file.check_opened(self.raw)
        except sqlite3.Error as cause:
            raise translated(cause) from cause

    def notice_others(self) -> bool:
        before, self._version = self._version, self._data_version()
        return self._version != before

    def kept(self, most: int) -> Kept[Any, Any]:
        return Kept(most)

    def begin(self) -> None:
        self._turns.take()
        try:
            _execute(self.raw, "BEGIN IMMEDIATE")
        finally:
            self._turns.give()

    def lock_accounts(
        self, _: Collection[AccountId], *, beside: str
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        del beside  # nothing is locked, so nothing comes with it
        return (), ()

    def alone(self, subject: str) -> None:
        """Nobody else writes."""

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        try:
            return self.raw.execute(sql, parameters).fetchall()
        except FAULTS as cause:
            raise translated(cause) from cause

    hold = take = fetch

    def change(self, sql: str, parameters: Cells = ()) -> int:
        try:
            return self.raw.execute(sql, parameters).rowcount
        except FAULTS as cause:
            raise translated(cause) from cause

    def write(
        self, rows: Sequence[tuple[Statement, Sequence[Cells]]], *, are_last: bool = False
    ) -> None:
        del are_last  # nothing is put off
        try:
            for statement, those in rows:
                self._write(statement, those)
        except FAULTS as cause:
            raise translated(cause) from cause

    def mark(self) -> None:
        _execute(self.raw, "SAVEPOINT unit")

    def keep_mark(self) -> None:
        _execute(self.raw, "RELEASE unit")

    def return_to_mark(self) -> None:
        _execute(self.raw, "ROLLBACK TO unit")
        _execute(self.raw, "RELEASE unit")

    def complete(self) -> None:
        """Nothing is put off."""

    def confirm(self, versions: Mapping[MessageId, object]) -> None:
        """What is kept is forgotten when another process commits."""

    def commit(
        self, _: Collection[str], last: Sequence[tuple[Statement, Sequence[Cells]]]
    ) -> object:
        self.write(last)
        _execute(self.raw, "COMMIT")
        self.check()  # its files may have gone before they held this
        return None

    def rollback(self) -> None:
        if self.raw.in_transaction:
            _execute(self.raw, "ROLLBACK")

    def close(self) -> None:
        with self._files.foreign_log_kept():
            self.raw.close()
        self._turns.close()

    def _write(self, statement: Statement, rows: Sequence[Cells]) -> None:
        if statement.one_row is not None:
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[start : start + _ROWS_AT_ONCE]
                self.raw.execute(statement.sql_for(len(some)), tuple(chain.from_iterable(some)))
            return
        if statement.must_match:
            rows = list({row[-1]: row for row in rows}.values())
        changed = self.raw.executemany(statement.sql, rows).rowcount
        if statement.must_match and changed != len(rows):
            raise StoreError("what was to be saved is not in the database")

    def _data_version(self) -> int:
        row: tuple[int] = _execute(self.raw, "PRAGMA data_version").fetchone()
        return row[0]


def _execute(connection: sqlite3.Connection, sql: str) -> sqlite3.Cursor:
    try:
        return connection.execute(sql)
    except sqlite3.Error as cause:
        raise translated(cause) from cause

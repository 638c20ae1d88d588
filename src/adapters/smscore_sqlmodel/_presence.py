"""
Whether the files of an open database are still the ones that were opened.

SQLite goes on writing into files that were deleted, moved or replaced under it, and what it
reports as committed then is on no disk that anybody will ever see.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from smscore_sqlmodel._sqlite import SqliteFile, gone

__all__ = ["OpenedFiles"]


class OpenedFiles:
    """
    The files behind a connection: the database, its log and the index of that.

    Looking at them takes a few microseconds. They can only be mistaken for others while nobody has
    them open, since only then are their numbers given again.

    Raises:
        StoreUnavailable: the database has another schema than this code understands.
        sqlite3.Error: it cannot be read.
    """

    def __init__(self, file: SqliteFile, connection: sqlite3.Connection) -> None:
        file.check_opened(connection)  # which opens the log as well
        self._path = file.path
        # By the path that was asked for: a link to it may come to name another database.
        self._database = _identity(os.fspath(file.path))
        beside = os.fspath(file.path.resolve())
        log = (_identity(f"{beside}{suffix}") for suffix in ("-wal", "-shm"))
        self._log = [found for found in log if found is not None]

    @property
    def has_database(self) -> bool:
        """Whether the database is still under its name: enough for whoever only reads."""
        return self._database is not None and _is_there(*self._database)

    @property
    def are_there(self) -> bool:
        """Whether each of the files is."""
        return self.has_database and all(_is_there(*one) for one in self._log)

    @property
    def has_foreign_log(self) -> bool:
        """
        Whether another log lies beside the database: somebody is about to put its own there.

        SQLite deletes its log by name with the last connection, and would bring the other one into
        this database with the next.
        """
        return self.has_database and bool(self._foreign())

    @contextmanager
    def foreign_log_kept(self) -> Iterator[None]:
        """While the connection is closed."""
        foreign = self._foreign() if self.has_database else []
        for name in foreign:
            os.replace(name, f"{name}.kept")  # noqa: PTH105  # names, as above
        try:
            yield
        finally:
            for name in foreign:
                os.replace(f"{name}.kept", name)  # noqa: PTH105  # names, as above

    def _foreign(self) -> list[str]:
        return [one[0] for one in self._log if _identity(one[0]) not in (None, one)]

    def check(self) -> None:
        """
        Let them pass if each is still under its name.

        Raises:
            StoreUnavailable: what is written now will be lost.
        """
        if not self.are_there:
            raise gone(self._path)


def _identity(name: str) -> tuple[str, int, int] | None:
    try:
        found = os.stat(name)  # noqa: PTH116  # a path object takes as long again
    except OSError:
        return None
    return name, found.st_ino, found.st_dev


def _is_there(name: str, number: int, device: int) -> bool:
    try:
        found = os.stat(name)  # noqa: PTH116  # as above
    except OSError:
        return False
    return found.st_ino == number and found.st_dev == device

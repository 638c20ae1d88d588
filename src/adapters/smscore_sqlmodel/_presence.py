"""
Whether the files of an open database are still the ones that were opened.

SQLite goes on writing into files that were deleted, moved or replaced under it, and what it
reports as committed then is on no disk that anybody will ever see.
"""

import os
import sqlite3

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
        beside = os.fspath(file.path.resolve())
        names = (os.fspath(file.path), f"{beside}-wal", f"{beside}-shm")
        self._known = {name: found for name in names if (found := _identity(name))}

    def are_there(self) -> bool:
        """Whether each of them is still under its name."""
        return all(_identity(name) == known for name, known in self._known.items())

    def check(self) -> None:
        """
        Let them pass if each is still under its name.

        Raises:
            StoreUnavailable: what is written now will be lost.
        """
        if not self.are_there():
            raise gone(self._path)


def _identity(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)  # noqa: PTH116  # a path object takes as long again
    except OSError:
        return None
    return found.st_dev, found.st_ino

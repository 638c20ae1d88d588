"""
Copying a database that is in use, into one file that needs nothing else.

``VACUUM INTO`` and SQLite's backup interface disturb a writer equally little, and the log grows
under both until they are done. The first also leaves out what was deleted, and stumbles over
damage instead of copying it.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from smscore.errors import ConfigurationError, StoreUnavailable
from smscore_sqlmodel._sqlite import SqliteFile

__all__ = ["back_up_file"]


def back_up_file(url: str, target: Path) -> None:
    """All of it or nothing: the target appears when it is whole and on the disk."""
    file = SqliteFile(url)
    file.check_existence()
    if target.exists():
        raise _taken(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)  # of a process of this number that was killed
        _create(draft)
        try:
            _copy(file, draft)
            _put(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        _sync(target.parent)
    except (OSError, sqlite3.Error) as cause:
        raise StoreUnavailable(
            f"the database {file.path} cannot be copied to {target}: {cause}"
        ) from cause


def _create(path: Path) -> None:
    """A new empty file for its owner alone."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _put(draft: Path, target: Path) -> None:
    try:
        _create(target)  # so that nothing else is replaced
    except FileExistsError as cause:
        raise _taken(target) from cause
    draft.replace(target)


def _copy(file: SqliteFile, draft: Path) -> None:
    with closing(file.connect_reader()) as connection:
        connection.execute("PRAGMA query_only = OFF")  # the copy is written by this connection
        connection.execute("VACUUM INTO ?", (os.fspath(draft),))
    _sync(draft)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _taken(target: Path) -> ConfigurationError:
    return ConfigurationError(f"{target} is there already and stays as it is; name another file")

"""
Databases of today's schema: made once, and copied for each test that only wants to have one.
"""

import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from smscore_sqlmodel import SqlStore, migrate

__all__ = ["connection_of", "new_database"]


def new_database(path: Path) -> Path:
    """Make one without data, as ``migrate`` does, in a hundredth of its time."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(_content())
    return path


def connection_of(store: SqlStore) -> sqlite3.Connection:
    """On which it writes."""
    store.run(lambda _: None).result(30.0)
    writer = store._writer
    assert writer is not None
    assert writer._connection is not None
    return writer._connection.raw


@cache
def _content() -> bytes:
    with TemporaryDirectory() as directory:
        migrate(f"sqlite:///{directory}/new.db")
        return Path(directory, "new.db").read_bytes()

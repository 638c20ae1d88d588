"""
One SQLite file: how it is found, opened and understood when it fails.

What is particular to SQLite is here; a store on another database brings a module like this one.
"""

import re
import sqlite3
from pathlib import Path

from smscore.errors import ConfigurationError, GatewayError, StoreError, StoreUnavailable

__all__ = [
    "FAULTS",
    "REVISION",
    "VERSION_TABLE",
    "SqliteFile",
    "gone",
    "revision_of",
    "translated",
]

REVISION = "0024"
"""The schema that this code understands: the newest revision under ``migrations/``."""

VERSION_TABLE = "smscore_schema"

FAULTS = (sqlite3.Error, ValueError, OverflowError)
"""What the driver raises: the database's own errors, and values that it cannot take."""

_BUSY_MS = 5_000
_WRITER_CACHE_KB = 64_000
"""At most; a small database needs less. All that leads to ten million messages fits."""

# As SQLAlchemy writes them, which is not imported for this.
_URL = re.compile(r"sqlite(?:\+\w+)?://(?:/(?P<path>[^?]*))?")


class SqliteFile:
    """
    The file behind a URL such as ``sqlite:///var/smscore.db``.

    Raises:
        ConfigurationError: the URL names no file.
    """

    def __init__(self, url: str) -> None:
        found = _URL.fullmatch(url)
        if found is None:
            raise _wrong_url(url)
        if found["path"] in (None, "", ":memory:"):
            # Each connection would see a memory of its own.
            raise ConfigurationError(
                f"the store {url!r} needs a file; for a store in memory use smscore.testing.memory"
            )
        # Absolute, or whoever changes the directory would make the next thread open another file.
        self.path = Path(found["path"]).absolute()

    def connect_writer(self) -> sqlite3.Connection:
        """A connection for the one thread that writes; every commit is on the disk."""
        return self._connect(
            "journal_mode = WAL",
            "synchronous = FULL",
            # Or texts and numbers would stay in the file as long as nothing else needs the room.
            "secure_delete = ON",
            # Checkpoints cost as much for few pages as for many.
            "wal_autocheckpoint = 4000",
            f"cache_size = -{_WRITER_CACHE_KB}",
        )

    def connect_reader(self) -> sqlite3.Connection:
        """A connection that cannot write."""
        return self._connect("query_only = ON")

    def check_schema(self) -> None:
        """
        Let a file pass whose schema is the one that this code understands.

        Raises:
            ConfigurationError: it is missing, older or newer.
            StoreUnavailable: it cannot be read.
        """
        connection = self._connect_to_read()
        try:
            self._check_revision(connection)
        except sqlite3.Error as cause:
            raise StoreUnavailable(f"the database {self.path} cannot be read: {cause}") from cause
        finally:
            connection.close()

    def check_existence(self) -> None:
        """
        Let a file pass that is a database of ours, whatever its schema.

        Raises:
            ConfigurationError: there is none.
            StoreUnavailable: it cannot be read.
        """
        connection = self._connect_to_read()
        try:
            if revision_of(connection) is None:
                raise self._missing()
        except sqlite3.Error as cause:
            raise StoreUnavailable(f"the database {self.path} cannot be read: {cause}") from cause
        finally:
            connection.close()

    def check_opened(self, connection: sqlite3.Connection) -> None:
        """
        The same for a connection that a running store has just opened: it waits for the way out.

        Raises:
            StoreUnavailable: the schema is missing, older or newer.
            sqlite3.Error: it cannot be read.
        """
        try:
            self._check_revision(connection)
        except ConfigurationError as cause:
            raise StoreUnavailable(str(cause)) from cause

    def _check_revision(self, connection: sqlite3.Connection) -> None:
        found = revision_of(connection)
        if found is None:
            raise self._missing()
        if found < REVISION:
            raise ConfigurationError(
                f"the database {self.path} has the schema {found}, this version needs {REVISION}; "
                "'smscore migrate' upgrades it"
            )
        if found > REVISION:
            raise ConfigurationError(
                f"the database {self.path} has the schema {found}, this version knows {REVISION}; "
                "install the newer smscore that made it, or run 'smscore init' with another file"
            )

    def _connect_to_read(self) -> sqlite3.Connection:
        if not self.path.exists():
            raise self._missing()
        return self.connect_reader()

    def _missing(self) -> ConfigurationError:
        return ConfigurationError(
            f"there is no smscore database at {self.path}; 'smscore init' creates it"
        )

    def _connect(self, *settings: str) -> sqlite3.Connection:
        # Transactions are begun by hand; a connection is used by one thread at a time, but closed
        # by another. A missing file is not created: an empty one would pass for the database.
        try:
            connection = sqlite3.connect(
                f"{self.path.as_uri()}?mode=rw",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
        except sqlite3.Error as cause:
            if not self.path.exists():
                raise gone(self.path) from cause
            raise StoreUnavailable(f"the database {self.path} cannot be opened: {cause}") from cause
        try:
            for setting in (f"busy_timeout = {_BUSY_MS}", *settings):
                connection.execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def gone(path: Path) -> StoreUnavailable:
    """What to say when a database is no longer there."""
    return StoreUnavailable(
        f"the database {path} (or its -wal) was deleted, moved or replaced while it was in use; "
        "put it back and it is used again, or stop the server and restore a backup"
    )


def revision_of(connection: sqlite3.Connection) -> str | None:
    """The schema of a database, such as ``0024``; None if it is none of ours."""
    known = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)
    ).fetchone()
    if known is None:
        return None
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608  # a constant
    return str(row[0]) if row else None


def translated(error: Exception) -> GatewayError:
    """What an error of the driver means to callers, with the error as its cause."""
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, sqlite3.IntegrityError):
        meaning = StoreError(f"the database refused what was to be written: {error}")
    elif isinstance(error, sqlite3.ProgrammingError | ValueError | OverflowError):
        # Such as half a surrogate pair, or a number beyond 64 bits.
        meaning = StoreError(f"a value cannot be written to the database: {error}")
    else:
        meaning = StoreUnavailable(f"the database failed: {error}")
    meaning.__cause__ = error
    return meaning


def _wrong_url(url: str) -> ConfigurationError:
    return ConfigurationError(
        f"{url!r} is not the URL of an SQLite store; write it like sqlite:///smscore.db"
    )

"""
Making sure that what was deleted is in none of a database's files.

Connections that write overwrite what they delete, so the database itself is clean; its log still
has the pages as they were before.
"""

import sqlite3
from contextlib import closing

from smscore.errors import StoreUnavailable
from smscore_sqlmodel._sqlite import SqliteFile, translated

__all__ = ["rewrite", "wipe_file"]

_TRIES = 6  # each waits for as long as the database may be busy


def wipe_file(url: str) -> None:
    """Bring the log into the database, and cut it off."""
    file = SqliteFile(url)
    file.check_existence()
    try:
        with closing(file.connect_writer()) as connection:
            if not any(_cut_off_log(connection) for _ in range(_TRIES)):
                raise StoreUnavailable(
                    f"somebody reads the database {file.path} all the time, such as a backup; what "
                    "was deleted is in its log until you try again"
                )
    except sqlite3.Error as cause:
        raise translated(cause) from cause


def rewrite(connection: sqlite3.Connection) -> None:
    """Write all pages anew: what was deleted by whoever did not overwrite it goes."""
    connection.execute("VACUUM")
    _cut_off_log(connection)


def _cut_off_log(connection: sqlite3.Connection) -> bool:
    (is_busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy

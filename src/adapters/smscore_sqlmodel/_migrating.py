"""
Bringing a database's schema up to date. This alone imports Alembic, which takes its time.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from smscore.errors import ConfigurationError, StoreUnavailable
from smscore_sqlmodel._server_lock import ServerLock
from smscore_sqlmodel._sqlite import REVISION, VERSION_TABLE, SqliteFile, revision_of
from smscore_sqlmodel._wiping import rewrite

__all__ = ["migrate_file", "upgrade"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate_file(url: str) -> None:
    """
    Create the database in a file, or upgrade it; all of it or nothing.

    Raises:
        ConfigurationError: the URL names no file, or its schema is newer than this version.
        StoreUnavailable: it cannot be written, or a server runs on it that needs the older schema.
    """
    file = SqliteFile(url)
    try:
        _create(file.path)
        _check_unused(file)
        _clean(file)
        engine = create_engine("sqlite://", creator=file.connect_writer)
        # The driver is told not to begin transactions; without one, half a migration could stay.
        event.listen(engine, "begin", _begin)
        upgrade(engine, name=str(file.path))
    except (OSError, sqlite3.Error) as cause:
        raise StoreUnavailable(f"the database {file.path} cannot be migrated: {cause}") from cause


def upgrade(engine: Engine, *, name: str) -> None:
    """
    Bring the database that an engine leads to up to date, in one transaction.

    Raises:
        ConfigurationError: its schema is newer than this version.
        StoreUnavailable: it cannot be written.
    """
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DatabaseError as cause:
        raise StoreUnavailable(f"the database {name} cannot be migrated: {cause.orig}") from cause
    except CommandError as cause:
        raise ConfigurationError(
            f"the database {name} cannot be migrated, it was probably made by a newer "
            f"smscore: {cause}"
        ) from cause
    finally:
        engine.dispose()


def _create(path: Path) -> None:
    """An empty file for its owner alone: messages are nobody else's business."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # One that is there is left alone: closing it would drop the locks of whoever has it open here.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _check_unused(file: SqliteFile) -> None:
    """A server of the version before would lose its database in the midst of its work."""
    with closing(file.connect_reader()) as connection:
        found = revision_of(connection)
    if found is not None and found < REVISION:
        ServerLock(file).check_free()


def _clean(file: SqliteFile) -> None:
    """Of what was deleted in it, once: versions without an audit log left that in the file."""
    with closing(file.connect_writer()) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if VERSION_TABLE in names and "smscore_audit" not in names:
            rewrite(connection)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")

"""
Bringing a database's schema up to date. This alone imports Alembic, which takes its time.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DatabaseError

from smscore.errors import ConfigurationError, StoreUnavailable
from smscore_sqlmodel._sqlite import SqliteFile

__all__ = ["migrate_file"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate_file(url: str) -> None:
    """Create the database, or upgrade it; all of it or nothing."""
    file = SqliteFile(url)
    try:
        _create(file.path)
        _upgrade(file)
    except (OSError, sqlite3.Error, DatabaseError) as cause:
        reason = cause.orig if isinstance(cause, DatabaseError) else cause
        raise StoreUnavailable(f"the database {file.path} cannot be migrated: {reason}") from cause
    except CommandError as cause:
        raise ConfigurationError(
            f"the database {file.path} cannot be migrated, it was probably made by a newer "
            f"smscore: {cause}"
        ) from cause


def _create(path: Path) -> None:
    """An empty file for its owner alone: messages are nobody else's business."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # One that is there is left alone: closing it would drop the locks of whoever has it open here.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _upgrade(file: SqliteFile) -> None:
    engine = create_engine("sqlite://", creator=file.connect_writer)
    # The driver is told not to begin transactions; without one, half a migration could stay.
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")

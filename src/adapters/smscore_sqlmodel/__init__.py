"""
The store on SQLite or PostgreSQL, with tables made by SQLModel and migrations by Alembic.

Importing the package is cheap: what needs SQLModel or Alembic is imported when it is used.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from smscore.hookspecs import hookimpl
from smscore.ports.clock import Clock
from smscore.ports.storage import Store
from smscore.registry import Registry

if TYPE_CHECKING:
    from smscore_sqlmodel._store import SqlStore

__all__ = ["SqlStore", "backup", "migrate", "smscore_register_stores", "wipe"]


def migrate(url: str) -> None:
    """
    Create the database that the URL names, or bring its schema up to date.

    Raises:
        ConfigurationError: the URL names no file, or the file's schema is newer than this version.
        StoreUnavailable: it cannot be written.
    """
    from smscore_sqlmodel._databases import migrate_at

    migrate_at(url)


def backup(url: str, target: Path) -> None:
    """
    Copy the database that the URL names, while it is in use, to a new file for its owner alone.

    The copy is a database as it was at one moment, and needs no other file. It appears when it is
    on the disk.

    Raises:
        ConfigurationError: the URL names no database, or the target is there already.
        StoreUnavailable: the database cannot be read, or the copy not be written.
    """
    from smscore_sqlmodel._backing_up import back_up_file

    back_up_file(url, target)


def wipe(url: str) -> None:
    """
    Let nothing that was deleted be left in the files of the database that the URL names.

    It may be in use.

    Raises:
        ConfigurationError: the URL names no database.
        StoreUnavailable: it cannot be written, or somebody reads it all the time.
    """
    from smscore_sqlmodel._wiping import wipe_file

    wipe_file(url)


@hookimpl
def smscore_register_stores(registry: Registry) -> None:
    """Bring the store for URLs such as ``sqlite:///smscore.db`` and ``postgresql://host/smscore``."""
    registry.store(scheme="sqlite", open=_open, migrate=migrate, backup=backup, wipe=wipe)
    registry.store(scheme="postgresql", open=_open, migrate=migrate)


def _open(url: str, clock: Clock) -> Store:
    from smscore_sqlmodel._store import SqlStore

    return SqlStore(url, clock=clock)


def __getattr__(name: str) -> Any:
    if name == "SqlStore":
        from smscore_sqlmodel._store import SqlStore

        return SqlStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

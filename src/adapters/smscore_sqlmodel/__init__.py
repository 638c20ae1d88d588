"""
The store on SQLite, with tables made by SQLModel and migrations by Alembic.

Importing the package is cheap: what needs SQLModel or Alembic is imported when it is used.
"""

from typing import TYPE_CHECKING, Any

from smscore.hookspecs import hookimpl
from smscore.ports.clock import Clock
from smscore.ports.storage import Store
from smscore.registry import Registry

if TYPE_CHECKING:
    from smscore_sqlmodel._store import SqlStore

__all__ = ["SqlStore", "migrate", "smscore_register_stores"]


def migrate(url: str) -> None:
    """
    Create the database that the URL names, or bring its schema up to date.

    Raises:
        ConfigurationError: the URL names no file, or the file's schema is newer than this version.
        StoreUnavailable: it cannot be written.
    """
    from smscore_sqlmodel._migrating import migrate_file

    migrate_file(url)


@hookimpl
def smscore_register_stores(registry: Registry) -> None:
    """Bring the store for URLs such as ``sqlite:///smscore.db``."""
    registry.store(scheme="sqlite", open=_open, migrate=migrate)


def _open(url: str, clock: Clock) -> Store:
    from smscore_sqlmodel._store import SqlStore

    return SqlStore(url, clock=clock)


def __getattr__(name: str) -> Any:
    if name == "SqlStore":
        from smscore_sqlmodel._store import SqlStore

        return SqlStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

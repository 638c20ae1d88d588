"""
Which kind of database a URL means; what each of them needs is imported when it is meant.
"""

from smscore.errors import ConfigurationError
from smscore_sqlmodel._database import Database

__all__ = ["database_at", "is_postgres", "migrate_at"]


def database_at(url: str) -> Database:
    """
    The database that the URL names; nothing is opened yet.

    Raises:
        ConfigurationError: it names none.
    """
    if is_postgres(url):
        try:
            from smscore_sqlmodel._postgres_database import PostgresDatabase
        except ImportError as cause:
            raise _without_driver() from cause
        return PostgresDatabase(url)
    from smscore_sqlmodel._sqlite_connections import SqliteDatabase

    return SqliteDatabase(url)


def migrate_at(url: str) -> None:
    """
    Create the database's schema, or bring it up to date.

    Raises:
        ConfigurationError: the URL names no database, or its schema is newer than this version.
        StoreUnavailable: it cannot be written.
    """
    if not is_postgres(url):
        from smscore_sqlmodel._migrating import migrate_file

        migrate_file(url)
        return
    try:
        from smscore_sqlmodel._postgres_migrating import migrate_database
    except ImportError as cause:
        raise _without_driver() from cause
    migrate_database(url)


def is_postgres(url: str) -> bool:
    """Whether it is one of PostgreSQL's."""
    return url.partition(":")[0] == "postgresql"


def _without_driver() -> ConfigurationError:
    return ConfigurationError(
        "PostgreSQL needs a driver that is not installed; run pip install 'smscore[postgresql]'"
    )

"""
The same migrations on PostgreSQL.

Texts are compared byte by byte there, as they are in SQLite, whatever the language of the database:
lists have the same order on both, and an index serves every comparison.
"""

from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.dialects.postgresql.base import PGTypeCompiler

from smscore.errors import ConfigurationError, StoreUnavailable
from smscore_sqlmodel._migrating import upgrade
from smscore_sqlmodel._postgres import Link, PostgresServer, revision_of
from smscore_sqlmodel._postgres_commit import CHANNEL, MISSED
from smscore_sqlmodel._postgres_database import HOLDERS
from smscore_sqlmodel._sqlite import REVISION

__all__ = ["migrate_database"]

_ENCODING = "SHOW server_encoding"
# Those who work on it hear of it with the commit, and look which schema it has now.
_TELL = f"SELECT pg_notify('{CHANNEL}', '{MISSED}')"
# Of several that are told to migrate at once the first one does it; "smsm" in ASCII.
_ALONE = "SELECT pg_advisory_xact_lock(1936552813, hashtext(current_schema()))"


class _ByBytes(PGTypeCompiler):
    def visit_TEXT(self, *_: Any, **__: Any) -> str:  # noqa: N802  # as it is called
        return 'TEXT COLLATE "C"'


def migrate_database(url: str) -> None:
    """
    Make the database one of ours, or upgrade it; all of it or nothing.

    Raises:
        ConfigurationError: it is encoded otherwise, or its schema is newer than this version.
        StoreUnavailable: it cannot be written, or servers run on it that need the older schema.
    """
    server = PostgresServer(url)
    link = server.connect()
    try:
        _check_encoding(server, link)
        server.check_granted(link)
        _check_unused(server, link)
    finally:
        link.close()
    engine = create_engine("postgresql+psycopg://", creator=server.connect_for_migrating)
    engine.dialect.type_compiler_instance = _ByBytes(engine.dialect)
    event.listen(engine, "begin", _begin)
    upgrade(engine, name=server.name)


def _check_encoding(server: PostgresServer, link: Link) -> None:
    row = link.execute(_ENCODING).fetchone()
    if row is None or row[0] != "UTF8":
        raise ConfigurationError(
            f"the database {server.name} is not encoded in UTF-8; "
            "create one with: createdb --encoding=UTF8 --template=template0"
        )


def _check_unused(server: PostgresServer, link: Link) -> None:
    found = revision_of(link)
    if found is None or found >= REVISION:
        return
    if number := len(link.execute(HOLDERS).fetchall()):
        who = "a server runs" if number == 1 else f"{number} servers run"
        raise StoreUnavailable(
            f"{who} on the database {server.name}, of the version before; stop all servers, and "
            "migrate then"
        )


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(_ALONE)
    connection.exec_driver_sql(_TELL)

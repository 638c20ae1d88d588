"""
A store's database on PostgreSQL: what is connected to it, and which server runs its channels.
"""

from collections.abc import Callable, Collection

import psycopg

from smscore.errors import StoreUnavailable
from smscore_sqlmodel._postgres import Link, PostgresServer, is_alive, translated
from smscore_sqlmodel._postgres_connections import PostgresReading, PostgresWriting
from smscore_sqlmodel._postgres_ear import PostgresEar

__all__ = ["PostgresDatabase"]

# The same number for whoever shares the tables; the first one is "smsc" in ASCII.
_LOCK = "SELECT pg_try_advisory_lock(1936552803, hashtext(current_schema()))"


class PostgresDatabase:
    """
    See :class:`smscore_sqlmodel._database.Database`.

    Raises:
        ConfigurationError: the URL is none.
    """

    def __init__(self, url: str) -> None:
        self._server = PostgresServer(url)
        self._writing: PostgresWriting | None = None

    def check_schema(self) -> None:
        self._server.check_schema()

    def connect_writing(self) -> PostgresWriting:
        self._writing = PostgresWriting(self._server)
        return self._writing

    def connect_reading(self) -> PostgresReading:
        return PostgresReading(self._server)

    def server_lock(self) -> "PostgresServerLock":
        return PostgresServerLock(self._server)

    def listen(
        self, *, heard: Callable[[Collection[str]], None], missed: Callable[[], None]
    ) -> PostgresEar:
        return PostgresEar(self._server, heard=heard, missed=missed, is_own=self._is_own)

    def _is_own(self, process: int) -> bool:
        return self._writing is not None and self._writing.process == process


class PostgresServerLock:
    """See :class:`smscore_sqlmodel._database.ServerLock`: it is that of a connection of its own."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._link: Link | None = None

    def acquire(self) -> None:
        if self._link is None:
            self._link = self._take()

    def renew(self) -> None:
        if self._link is not None and not is_alive(self._link):
            self._link.close()
            self._link = self._take()

    def release(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _take(self) -> Link:
        link = self._server.connect()
        try:
            [(is_taken,)] = link.execute(_LOCK).fetchall()
        except psycopg.Error as cause:
            link.close()
            raise translated(cause) from cause
        if not is_taken:
            link.close()
            raise StoreUnavailable(
                f"another server runs the channels of {self._server.name}; stop it first"
            )
        return link

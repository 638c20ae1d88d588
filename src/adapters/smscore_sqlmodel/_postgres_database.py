"""
A store's database on PostgreSQL: what is connected to it, and which servers are.
"""

import threading
from collections.abc import Callable, Collection

import psycopg

from smscore.domain.deliveries import ProcessId
from smscore_sqlmodel._postgres import Link, PostgresServer, is_alive, translated
from smscore_sqlmodel._postgres_connections import PostgresWriting
from smscore_sqlmodel._postgres_ear import PostgresEar
from smscore_sqlmodel._postgres_reading import PostgresReading

__all__ = ["HOLDERS", "PostgresDatabase"]

# The first number is the same for whoever shares the tables, the second that of the process.
_TABLES = "hashtext('smscore servers in ' || current_schema())"
_LOCK = f"SELECT pg_try_advisory_lock({_TABLES}, $1::integer)"
HOLDERS = (
    "SELECT objid::bigint FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "  # noqa: S608  # constants
    "WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND datname = current_database() "
    f"AND classid::bigint = ({_TABLES}::bigint & 4294967295)"
)
"""The numbers of the processes that are servers."""


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
        def missed_something() -> None:
            if self._writing is not None:
                self._writing.has_missed = True
            missed()

        return PostgresEar(self._server, heard=heard, missed=missed_something, is_own=self._is_own)

    def _is_own(self, process: int) -> bool:
        return self._writing is not None and self._writing.process == process


class PostgresServerLock:
    """
    See :class:`smscore_sqlmodel._database.ServerLock`: any number of servers have one each.

    It is an advisory lock of a connection of its own, under the number of the process.
    """

    is_alone = False

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._lock = threading.Lock()  # guards the rest
        self._process: ProcessId | None = None
        self._link: Link | None = None
        self._is_seen = False

    def acquire(self, process: ProcessId) -> None:
        with self._lock:
            self._process = process
            self._show()

    def renew(self) -> None:
        """Nothing: whoever writes does not need it; see :meth:`holders`."""

    def holders(self) -> Collection[ProcessId]:
        with self._lock:
            if self._process is None:
                return ()
            link = self._show()
            try:
                return [ProcessId(number) for (number,) in link.execute(HOLDERS).fetchall()]
            except psycopg.Error as cause:
                self._drop()
                raise translated(cause) from cause

    def release(self) -> None:
        with self._lock:
            self._process = None
            self._drop()

    def _show(self) -> Link:
        if self._link is not None and not is_alive(self._link):
            self._drop()
        if self._link is None:
            self._link = self._server.connect()
        if not self._is_seen:
            try:
                [(self._is_seen,)] = self._link.execute(_LOCK, (self._process,)).fetchall()
            except psycopg.Error as cause:
                self._drop()
                raise translated(cause) from cause
            # If not, the connection before has it still: the database will notice that it is gone.
        return self._link

    def _drop(self) -> None:
        self._is_seen = False
        if self._link is not None:
            self._link.close()
            self._link = None

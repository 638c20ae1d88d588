"""
One PostgreSQL database: how it is reached, whose it is, and what it means when it fails.
"""

import re
import select
from collections.abc import Callable
from typing import Any, TypeAlias

import psycopg
from psycopg import RawCursor, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import Int8Dumper

from smscore.errors import ConfigurationError, GatewayError, StoreError, StoreUnavailable
from smscore_sqlmodel._database import Clash, Disturbed
from smscore_sqlmodel._sqlite import REVISION, VERSION_TABLE

__all__ = [
    "FAULTS",
    "Link",
    "PostgresServer",
    "is_alive",
    "revision_of",
    "translated",
]

Link: TypeAlias = psycopg.Connection[tuple[Any, ...]]

FAULTS = (psycopg.Error, ValueError, OverflowError)
"""What the driver raises: the database's own errors, and values that it cannot take."""

# Not the ports of several servers, with an @ somewhere behind them.
_PASSWORD = re.compile(
    r"(://[^/?#@\[]*?:)(?![0-9]*(?:,[^/?@]*)?(?:[/?]|$))[^@]*(?=@)|(password=)[^&]*", re.IGNORECASE
)

# Whoever holds a lock for as long as this has lost its way; so has a transaction that does nothing.
# A host that is gone without a word holds what it held until the database has noticed.
_SETTINGS = (
    "SELECT set_config('lock_timeout', '5s', false), "
    "set_config('idle_in_transaction_session_timeout', '10s', false), "
    "set_config('tcp_keepalives_idle', '10', false), "
    "set_config('tcp_keepalives_interval', '5', false), "
    "set_config('tcp_keepalives_count', '3', false), "
    "set_config('tcp_user_timeout', '20000', false), "
    "set_config('timezone', 'UTC', false), "
    "CASE current_setting('synchronous_commit') WHEN 'off' "
    "THEN set_config('synchronous_commit', 'on', false) END, "
    "pg_backend_pid()"
)
_NOT_GRANTED = (
    "SELECT quote_ident(nspname), quote_ident(current_user) "
    "FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE relname = $1 "
    "AND quote_ident(nspname) = ANY (string_to_array(replace(replace("
    "current_setting('search_path'), '\"$user\"', quote_ident(current_user)), ', ', ','), ',')) "
    "AND NOT has_schema_privilege(pg_namespace.oid, 'USAGE')"
)
_LIVENESS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_MOST_PREPARED = 1_000  # statements; each is one that stands in this package


class PostgresServer:
    """
    The database behind a URL such as ``postgresql://user@host/smscore``.

    Raises:
        ConfigurationError: the URL is none.
    """

    def __init__(self, url: str) -> None:
        try:
            options: dict[str, Any] = {
                **_LIVENESS,
                "application_name": "smscore",
                **conninfo_to_dict(url),
                "client_encoding": "UTF8",  # whatever the environment or the role says: all texts
            }
        except psycopg.ProgrammingError as cause:
            raise ConfigurationError(
                f"{shown(url)!r} is not the URL of a PostgreSQL database; write it like "
                "postgresql://user@host/smscore"
            ) from cause
        self._conninfo = make_conninfo(**options)
        self._keeps_sessions = False  # as far as we know
        self.name = shown(url)

    def connect(self) -> Link:
        """
        A connection that begins its transactions by hand.

        Raises:
            StoreUnavailable: there is none to be had.
        """
        try:
            link = psycopg.connect(self._conninfo, autocommit=True, cursor_factory=RawCursor)
        except psycopg.Error as cause:
            raise StoreUnavailable(
                f"the database {self.name} cannot be reached: {_words(cause)}"
            ) from cause
        try:
            # Not prepared: whose session it is, is not known yet.
            [(*_, backend)] = link.execute(_SETTINGS, prepare=False).fetchall()
            if backend != link.info.backend_pid and not self._keeps_sessions:
                self._check_pooler(backend)
                self._keeps_sessions = True
        except psycopg.Error as cause:
            link.close()
            raise translated(cause) from cause
        except StoreUnavailable:
            link.close()
            raise
        # One type for all whole numbers, or each mixture of sizes were a statement of its own.
        link.adapters.register_dumper(int, Int8Dumper)
        link.prepare_threshold = 0
        link.prepared_max = _MOST_PREPARED
        return link

    def _check_pooler(self, backend: int) -> None:
        """
        Let a pooler pass, which answers in the place of this process of the server, if it lets us
        have it until we go: else the next one who comes is given it as well.
        """
        with psycopg.connect(self._conninfo, autocommit=True) as other:
            [(others,)] = other.execute("SELECT pg_backend_pid()", prepare=False).fetchall()
        if others == backend:
            raise StoreUnavailable(
                f"between here and the database {self.name} is a pooler that shares one session "
                "among many; connect to the server itself, or set pool_mode = session"
            )

    def connect_for_migrating(self) -> psycopg.Connection[Any]:
        """A connection as SQLAlchemy expects it from the driver."""
        try:
            return psycopg.connect(self._conninfo)
        except psycopg.Error as cause:
            raise StoreUnavailable(
                f"the database {self.name} cannot be reached: {_words(cause)}"
            ) from cause

    def check_schema(self) -> None:
        """See :meth:`smscore_sqlmodel._database.Database.check_schema`."""
        link = self.connect()
        try:
            self.check_revision(link)
        finally:
            link.close()

    def check_opened(self, link: Link) -> None:
        """
        The same for a connection that a running store has opened: it waits for the way out.

        Raises:
            StoreUnavailable: the schema is missing, older or newer, or cannot be read.
        """
        try:
            self.check_revision(link)
        except ConfigurationError as cause:
            raise StoreUnavailable(str(cause)) from cause

    def check_revision(self, link: Link) -> None:
        """
        Raises ConfigurationError: the schema is missing, older or newer; StoreUnavailable: it is
        there, and not allowed to us.
        """
        found = revision_of(link)
        if found is None:
            self.check_granted(link)
            raise ConfigurationError(
                f"the database {self.name} is not one of smscore; 'smscore migrate' makes it one"
            )
        if found < REVISION:
            raise ConfigurationError(
                f"the database {self.name} has the schema {found}, this version needs {REVISION}; "
                "'smscore migrate' upgrades it"
            )
        if found > REVISION:
            raise ConfigurationError(
                f"the database {self.name} has the schema {found}, this version knows {REVISION}; "
                "install the newer smscore that made it, or use another database"
            )

    def check_granted(self, link: Link) -> None:
        """
        Let pass whoever may use the schemas where tables of ours are: others do not see them.

        Raises:
            StoreUnavailable: it is not granted.
        """
        try:
            row = link.execute(_NOT_GRANTED, (VERSION_TABLE,)).fetchone()
        except psycopg.Error as cause:
            raise translated(cause) from cause
        if row is not None:
            schema, role = row
            raise StoreUnavailable(
                f"the tables of smscore in the database {self.name} are not allowed to the role "
                f"{role}: whoever owns them says GRANT USAGE ON SCHEMA {schema} TO {role}"
            )


def shown(url: str) -> str:
    """The URL as people and logs may see it."""
    return _PASSWORD.sub(r"\1\2…", url)


def is_alive(link: Link) -> bool:
    """
    Whether an idle connection still stands, as far as it can be seen from here.

    Nothing is sent: a server that ends says so, or its system does.
    """
    if link.closed or link.broken:
        return False
    try:
        if not _has_news(link.fileno()):
            return True
        link.pgconn.consume_input()
    except (psycopg.Error, OSError):
        return False
    return link.pgconn.status == psycopg.pq.ConnStatus.OK


def _has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))


def revision_of(link: Link) -> str | None:
    """The schema of a database, such as ``0024``; None if it is none of ours."""
    try:
        found = link.execute("SELECT to_regclass($1)", (VERSION_TABLE,)).fetchone()
        if found is None or found[0] is None:
            return None
        row = link.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608  # a constant
    except psycopg.Error as cause:
        raise translated(cause) from cause
    return str(row[0]) if row else None


def translated(error: Exception) -> GatewayError:
    """What an error of the driver means to callers, with the error as its cause."""
    if isinstance(error, GatewayError):
        return error
    meaning = _MEANINGS.get(_kind(error), _unavailable)(_words(error))
    meaning.__cause__ = error
    return meaning


def _kind(error: Exception) -> str:
    if isinstance(error, errors.UniqueViolation):
        return "clash"
    if isinstance(error, errors.SerializationFailure | errors.DeadlockDetected):
        return "disturbed"
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return "read-only"
    if isinstance(error, psycopg.IntegrityError):
        return "refused"
    if isinstance(error, psycopg.DataError | ValueError | OverflowError):
        return "unfit"
    return ""


def _read_only(words: str) -> GatewayError:
    return StoreUnavailable(
        f"the database failed: {words}; it is a standby, or may only be read: name the server that "
        "can be written to, or several with target_session_attrs=read-write"
    )


def _unavailable(words: str) -> GatewayError:
    return StoreUnavailable(f"the database failed: {words}")


_MEANINGS: dict[str, Callable[[str], GatewayError]] = {
    "read-only": _read_only,
    "clash": lambda words: Clash(f"the database refused what was to be written: {words}"),
    "refused": lambda words: StoreError(f"the database refused what was to be written: {words}"),
    "disturbed": lambda words: Disturbed(f"another process was in between: {words}"),
    # Such as half a surrogate pair, or a number beyond 64 bits.
    "unfit": lambda words: StoreError(f"a value cannot be written to the database: {words}"),
}


def _words(error: Exception) -> str:
    """What it says in one line, without the row: that may be a customer's message."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return error.diag.message_primary
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

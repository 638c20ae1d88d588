"""
A store's database on PostgreSQL, which other processes write to at the same time.

Nobody else changes what a unit has read until its batch is committed, and where that can be avoided
nobody waits for it: accounts are locked at the beginning, rows that are to be moved as they are
read, and what a session remembers from earlier is compared at the end.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import RawCursor

from smscore.domain.messages import AccountId, MessageId
from smscore.errors import StoreUnavailable
from smscore_sqlmodel._columns import ACCOUNTS
from smscore_sqlmodel._database import Cells, Disturbed
from smscore_sqlmodel._kept import Kept, Recalled
from smscore_sqlmodel._mapping import to_json
from smscore_sqlmodel._postgres import (
    FAULTS,
    Link,
    PostgresServer,
    is_alive,
    translated,
)
from smscore_sqlmodel._postgres_commit import CHANNEL, Witness, was_committed
from smscore_sqlmodel._postgres_rows import write_rows
from smscore_sqlmodel._postgres_texts import restored, without_nul
from smscore_sqlmodel._spelling import spelled
from smscore_sqlmodel._statements import Statement, selection

__all__ = ["PostgresReading", "PostgresWriting"]

_LOCK_ACCOUNTS = selection(
    ACCOUNTS, "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id FOR UPDATE"
)
_CONFIRM = (
    "SELECT smscore_messages.id FROM smscore_messages, "
    "unnest($1::bigint[], $2::text[]) AS seen (id, version) "
    "WHERE smscore_messages.id = seen.id AND smscore_messages.xmin::text = seen.version "
    "FOR UPDATE OF smscore_messages"
)
_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_TELL = "SELECT pg_current_xact_id()::text, pg_notify($1, $2)"
_XID = "SELECT pg_current_xact_id()::text"
_LONGEST_NEWS = 7_900  # bytes; the server takes 8 000
_EPOCH = 2**32  # rows know the lower half of their transaction's number


class _Speaking:
    """What reading and writing have in common: a connection, and how it is spoken to."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._use(server.connect())

    def _use(self, link: Link) -> None:
        self.raw = link
        self._cursor = RawCursor(link)

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        self._execute(spelled(sql), parameters)
        return self._fetched()

    def close(self) -> None:
        self.raw.close()

    def _execute(self, sql: str, parameters: Cells = ()) -> int:
        try:
            return self._cursor.execute(sql, parameters, prepare=True).rowcount
        except psycopg.DataError as cause:
            clean = without_nul(parameters)
            if clean == parameters:
                raise translated(cause) from cause
        except FAULTS as cause:
            raise translated(cause) from cause
        return self._execute(sql, clean)

    def _fetched(self) -> list[Any]:
        try:
            return restored(self._cursor.fetchall())
        except FAULTS as cause:
            raise translated(cause) from cause


class PostgresReading(_Speaking):
    """See :class:`smscore_sqlmodel._database.Reading`."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(server)
        try:
            server.check_opened(self.raw)
        except Exception:
            self.raw.close()
            raise

    @property
    def is_stale(self) -> bool:
        return not is_alive(self.raw)

    def begin(self) -> None:
        self._execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def end(self) -> None:
        if not self.raw.closed and self.raw.info.transaction_status != _IDLE:
            self._execute("ROLLBACK")


class PostgresWriting(_Speaking):
    """
    See :class:`smscore_sqlmodel._database.Writing`.

    Events are numbered by a row that holds the newest number, in the order in which transactions
    come to it, and it is theirs until the commit. So they are written last of all.
    """

    is_orphaned = False
    has_to_stay = False
    locks_accounts = True

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(server)
        self._put_off: list[tuple[Statement, Cells]] = []
        self._put_off_at_mark = 0
        self._has_written = False
        self._witness: Witness | None = None
        try:
            server.check_opened(self.raw)
        except Exception:
            self.raw.close()
            raise

    @property
    def process(self) -> int:
        """By which number others know who told them something."""
        return self.raw.info.backend_pid

    @property
    def is_in_transaction(self) -> bool:
        return not self.raw.closed and self.raw.info.transaction_status != _IDLE

    @property
    def is_spoilt(self) -> bool:
        return self.raw.closed or self.raw.info.transaction_status not in _SOUND

    def kept(self, most: int) -> Kept[Any, Any]:
        return Recalled(most)

    def check(self) -> None:
        if not is_alive(self.raw):
            raise StoreUnavailable(f"the connection to {self._server.name} was lost")

    def check_schema(self) -> None:
        self._server.check_opened(self.raw)

    def notice_others(self) -> bool:
        return False  # what they tell is heard; see Ear

    def begin(self) -> None:
        self._put_off = []
        self._has_written = False
        self._witness = None
        self._execute("BEGIN ISOLATION LEVEL READ COMMITTED")

    def lock_accounts(self, accounts: Collection[AccountId]) -> Sequence[Any]:
        return self.fetch(_LOCK_ACCOUNTS, (to_json(sorted(accounts)).decode(),)) if accounts else ()

    def alone(self, subject: str) -> None:
        self._execute(_ALONE, (subject,))

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        if self._put_off and "smscore_events" in sql:
            self.complete()
        return super().fetch(sql, parameters)

    def hold(self, sql: str, parameters: Cells = ()) -> list[Any]:
        return self.fetch(f"{sql} FOR UPDATE", parameters)

    def take(self, sql: str, parameters: Cells = ()) -> list[Any]:
        return self.fetch(f"{sql} FOR UPDATE SKIP LOCKED", parameters)

    def change(self, sql: str, parameters: Cells = ()) -> int:
        if self._put_off and "smscore_events" in sql:
            self.complete()
        count = self._execute(spelled(sql), parameters)
        self._has_written |= count > 0
        return count

    def write(self, statement: Statement, rows: Sequence[Cells]) -> None:
        self._has_written = True
        if statement.in_order:
            self._put_off.extend((statement, row) for row in rows)
        else:
            self._write(statement, rows)

    def complete(self) -> None:
        """Write what was put off so far."""
        put_off, self._put_off, self._put_off_at_mark = self._put_off, [], 0
        rows: dict[Statement, list[Cells]] = {}
        for statement, row in put_off:
            rows.setdefault(statement, []).append(row)
        for statement, those in rows.items():
            sql = f"UPDATE {statement.table}_newest SET newest = newest + $1 RETURNING newest"  # noqa: S608  # names
            self._execute(sql, (len(those),))
            [(newest,)] = self._fetched()
            first = newest - len(those) + 1
            self._write(
                statement, [(first + n, *row) for n, row in enumerate(those)], numbered=True
            )
            last = dict(zip(statement.columns, those[-1], strict=True))
            self._witness = Witness(newest, last["message"], last["sequence"], last["at"])

    def confirm(self, versions: Mapping[MessageId, object]) -> None:
        """
        Let a batch pass that relied on what was remembered of these messages.

        Raises:
            Disturbed: another process has changed one of them since.
        """
        seen = (list(versions), [str(version) for version in versions.values()])
        self._execute(_CONFIRM, seen)
        if len(self._fetched()) != len(versions):
            raise Disturbed("another process has moved a message that was moved here as well")

    def mark(self) -> None:
        self._execute("SAVEPOINT unit")
        self._put_off_at_mark = len(self._put_off)

    def keep_mark(self) -> None:
        self._execute("RELEASE unit")

    def return_to_mark(self) -> None:
        del self._put_off[self._put_off_at_mark :]
        self._execute("ROLLBACK TO unit")
        self._execute("RELEASE unit")

    def commit(self, topics: Collection[str]) -> object:
        if not self._has_written:
            self._execute("COMMIT")
            return None
        self._execute(*((_TELL, (CHANNEL, _news(topics))) if topics else (_XID,)))
        number = str(self._fetched()[0][0])
        version = int(number) % _EPOCH
        try:
            self._execute("COMMIT")
        except StoreUnavailable:
            self.raw.close()
            link = was_committed(self._server, number, witness=self._witness)
            if link is None:
                raise
            self._use(link)
        return version

    def rollback(self) -> None:
        self._put_off = []
        if self.is_in_transaction:
            self._execute("ROLLBACK")

    def _write(
        self, statement: Statement, rows: Sequence[Cells], *, numbered: bool = False
    ) -> None:
        try:
            write_rows(self._cursor, statement, rows, numbered=numbered)
        except psycopg.DataError as cause:
            clean = [without_nul(row) for row in rows]
            if clean == rows or self.is_spoilt:
                raise translated(cause) from cause
        except FAULTS as cause:
            raise translated(cause) from cause
        else:
            return
        self._write(statement, clean, numbered=numbered)


def _news(topics: Collection[str]) -> str:
    """What others are told; of too much only that there was something."""
    news = to_json(sorted(topics)).decode()
    return news if len(news.encode()) <= _LONGEST_NEWS else "null"


_IDLE = psycopg.pq.TransactionStatus.IDLE
_SOUND = (_IDLE, psycopg.pq.TransactionStatus.INTRANS)

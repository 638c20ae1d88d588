"""
A store's database on PostgreSQL, which other processes write to at the same time.

Nobody else changes what a unit has read until its batch is committed, and where that can be avoided
nobody waits for it: accounts are locked at the beginning, rows that are to be moved as they are
read, and what a session remembers from earlier is compared at the end.

A little longer than other modules: whoever commits has to know all that was written.
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
    PostgresServer,
    is_alive,
    translated,
)
from smscore_sqlmodel._postgres_commit import (
    CHANNEL,
    MISSED,
    Marks,
    Witness,
    was_committed,
    witness_of_event,
)
from smscore_sqlmodel._postgres_pipeline import Answer, Asked
from smscore_sqlmodel._postgres_reading import IDLE, Speaking
from smscore_sqlmodel._postgres_rows import Written, copy_rows, is_copied, numbered, written
from smscore_sqlmodel._postgres_texts import restored, without_nul
from smscore_sqlmodel._spelling import spelled
from smscore_sqlmodel._statements import Statement, selection

__all__ = ["PostgresWriting"]

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
_BEGIN: Asked = ("BEGIN ISOLATION LEVEL READ COMMITTED", ())
_MARK: Asked = ("SAVEPOINT unit", ())
_KEEP_MARK: Asked = ("RELEASE unit", ())
_RETURN_TO_MARK: Asked = ("ROLLBACK TO unit", ())
_COMMIT: Asked = ("COMMIT", ())
_ROLLBACK: Asked = ("ROLLBACK", ())
_TELL = "SELECT pg_notify($1, $2)"
_XID: Asked = ("SELECT pg_current_xact_id()::text", ())
_NUMBER = "UPDATE {}_newest SET newest = newest + $1 RETURNING newest"
_LONGEST_NEWS = 7_900  # bytes; the server takes 8 000
_EPOCH = 2**32  # rows know the lower half of their transaction's number


class PostgresWriting(Speaking):
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
        self._put_off_at_mark: Sequence[tuple[Statement, Cells]] = ()
        self._witness_at_mark: Witness | None = None
        self._has_written = False
        self._marks = Marks()
        self._witness: Witness | None = None
        self._number: str | None = None  # of the transaction
        self._locked: Collection[int] = ()  # accounts
        self.has_missed = False  # what others have committed: it may have been a migration
        try:
            server.check_opened(self.raw)
        except Exception:
            self.raw.close()
            raise

    @property
    def is_in_transaction(self) -> bool:
        return bool(self._ahead) or (
            not self.raw.closed and self.raw.info.transaction_status != IDLE
        )

    @property
    def is_spoilt(self) -> bool:
        return self.is_failed

    def kept(self, most: int) -> Kept[Any, Any]:
        return Recalled(most)

    def check(self) -> None:
        if not is_alive(self.raw):
            raise StoreUnavailable(f"the connection to {self._server.name} was lost")

    def check_schema(self) -> None:
        self._server.check_opened(self.raw)

    def notice_others(self) -> bool:
        # What they tell is heard, see Ear; here is asked about what they did not tell.
        has_missed, self.has_missed = self.has_missed, False
        return has_missed

    def begin(self) -> None:
        self._put_off = []
        self._has_written = False
        self._witness = None
        self._number = None
        self._locked = ()
        self._ahead = [_BEGIN]

    def lock_accounts(
        self, accounts: Collection[AccountId], *, beside: str
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        if not accounts:
            return (), ()
        locked, found, number = self._ask(
            (spelled(_LOCK_ACCOUNTS), (to_json(sorted(accounts)).decode(),)),
            (spelled(beside), ()),
            _XID,
        )
        self._locked = {row[0] for row in locked.rows}
        self._number = number.rows[0][0]
        return restored(locked.rows), found.rows

    def alone(self, subject: str) -> None:
        self._ask((_ALONE, (subject,)))

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
        [answer] = self._ask((spelled(sql), parameters))
        self._has_written |= answer.count > 0
        return answer.count

    def write(
        self, rows: Sequence[tuple[Statement, Sequence[Cells]]], *, are_last: bool = False
    ) -> None:
        together = self._begun(rows)
        self._write(self._with_put_off(together) if are_last else together)

    def complete(self) -> None:
        """Write what was put off so far."""
        self.write((), are_last=True)

    def confirm(self, versions: Mapping[MessageId, object]) -> None:
        """
        Let a batch pass that relied on what was remembered of these messages.

        Raises:
            Disturbed: another process has changed one of them since.
        """
        seen = (list(versions), [str(version) for version in versions.values()])
        [answer] = self._ask((_CONFIRM, seen))
        if len(answer.rows) != len(versions):
            raise Disturbed("another process has moved a message that was moved here as well")

    def mark(self) -> None:
        self._ahead.append(_MARK)
        self._put_off_at_mark = tuple(self._put_off)
        self._witness_at_mark = self._witness

    def keep_mark(self) -> None:
        if not self._has_unset_mark():
            self._ahead.append(_KEEP_MARK)

    def return_to_mark(self) -> None:
        # Those of earlier units as well, if they were written since the mark.
        self._put_off = list(self._put_off_at_mark)
        self._witness = self._witness_at_mark
        if not self._has_unset_mark():
            self._ask(_RETURN_TO_MARK, _KEEP_MARK)

    def commit(
        self, topics: Collection[str], last: Sequence[tuple[Statement, Sequence[Cells]]]
    ) -> object:
        together = self._with_put_off(self._begun(last))
        if not self._has_written:
            self._ask(_COMMIT)
            return None
        if self._witness is None:
            asked, self._witness = self._marks.next()
            together.append(Written(asked))
        if self._number is None or any(one.expected is not None for one in together):
            # Whether all is as it has to be, and by which number to ask if there is no answer.
            *_, number = self._write([*together, Written([_XID])])
            self._number = number.rows[0][0]
            together = []
        told: list[Asked] = [(_TELL, (CHANNEL, _news(topics)))] if topics else []
        try:
            self._ask(*[asked for one in together for asked in one.asked], *told, _COMMIT)
        except Disturbed:
            raise  # which is an answer
        except StoreUnavailable:
            self.raw.close()
            link = was_committed(self._server, self._number, witness=self._witness)
            if link is None:
                raise
            self._use(link)
        return int(self._number) % _EPOCH

    def rollback(self) -> None:
        self._put_off = []
        self._ahead = []
        if self.is_in_transaction:
            self._ask(_ROLLBACK)

    def _has_unset_mark(self) -> bool:
        """Whether nothing was asked since the mark; then it never was."""
        is_unset = self._ahead[-1:] == [_MARK]
        if is_unset:
            self._ahead.pop()
        return is_unset

    def _begun(self, rows: Sequence[tuple[Statement, Sequence[Cells]]]) -> list[Written]:
        """What is to be asked for the rows; some may be there already."""
        together: list[Written] = []
        for statement, those in rows:
            self._has_written = True
            if statement.in_order:
                self._put_off.extend((statement, row) for row in those)
            elif is_copied(statement, those):
                self._write(together)
                together = []
                self._copy(statement.table, statement.columns, those)
            else:
                one = written(statement, those)
                together.append(one.surely() if self._has_locked(statement, those) else one)
        return together

    def _has_locked(self, statement: Statement, rows: Sequence[Cells]) -> bool:
        is_of_accounts = statement.must_match and statement.table == ACCOUNTS.table
        return is_of_accounts and all(row[-1] in self._locked for row in rows)

    def _with_put_off(self, together: list[Written]) -> list[Written]:
        """The same, and behind it what was put off."""
        if not self._put_off:
            return together
        put_off, self._put_off = self._put_off, []
        statement = put_off[0][0]  # of the one table that is in order
        rows = [row for _, row in put_off]
        last = dict(zip(statement.columns, rows[-1], strict=True))
        self._witness = witness_of_event(
            message=last["message"], sequence=last["sequence"], at=last["at"]
        )
        asked: Asked = (_NUMBER.format(statement.table), (len(rows),))
        if not is_copied(statement, rows):
            return [*together, Written([asked]), numbered(statement, rows)]
        *_, answer = self._write([*together, Written([asked])])
        first = answer.rows[0][0] - len(rows) + 1
        counted = [(first + place, *row) for place, row in enumerate(rows)]
        self._copy(statement.table, ("id", *statement.columns), counted)
        return []

    def _write(self, together: Sequence[Written]) -> list[Answer]:
        if not together:
            return []
        answers = self._ask(*[asked for one in together for asked in one.asked])
        start = 0
        for one in together:
            one.check(answers[start : start + len(one.asked)])
            start += len(one.asked)
        return answers

    def _copy(self, table: str, columns: Sequence[str], rows: Sequence[Cells]) -> None:
        if self._ahead:
            self._ask()
        try:
            copy_rows(RawCursor(self.raw), table, columns, rows)
        except psycopg.DataError as cause:
            clean = [without_nul(row) for row in rows]
            if clean == rows or self.is_spoilt:
                raise translated(cause) from cause
        except FAULTS as cause:
            raise translated(cause) from cause
        else:
            return
        self._copy(table, columns, clean)


def _news(topics: Collection[str]) -> str:
    """What others are told; of too much only that there was something."""
    news = to_json(sorted(topics)).decode()
    return news if len(news.encode()) <= _LONGEST_NEWS else MISSED

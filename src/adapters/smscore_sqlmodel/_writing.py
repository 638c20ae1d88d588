"""
The session that writes: batches of units of work, each all or nothing.
"""

import sqlite3
from collections.abc import Hashable
from typing import Any, TypeAlias

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery
from smscore.domain.messages import AccountId, MessageId, OutboundMessage
from smscore.errors import GatewayError, StoreUnavailable
from smscore.ports.storage import Topic
from smscore_sqlmodel._columns import ACCOUNTS
from smscore_sqlmodel._kept import Kept
from smscore_sqlmodel._mapping import account_cells, account_of
from smscore_sqlmodel._sessions import Cells
from smscore_sqlmodel._sqlite import FAULTS, translated
from smscore_sqlmodel._statements import Statement, selection, updating

__all__ = ["WriteSession"]

_Rows: TypeAlias = dict[Statement, list[Cells]]

_ACCOUNT_COLUMNS = [name for name in ACCOUNTS.names if name != "id"]
_SAVE_ACCOUNT = updating(ACCOUNTS, *_ACCOUNT_COLUMNS, rank=2)
_GET_ACCOUNT = selection(ACCOUNTS, "WHERE id = ?")
_MOST_ACCOUNTS, _MOST_MESSAGES = 10_000, 4_000


class WriteSession:
    """
    One transaction after another, each with a batch of units.

    What a unit writes waits in memory: it is merged into the batch when the unit returns and
    forgotten when it raises. Many rows of many units then go to the database at once. A unit that
    asks a question first lets everything before it be written; what it has written itself goes
    behind a savepoint, so that nothing remains of it if it raises later.

    Accounts are kept as values, for nearly every unit spends: those read or written in committed
    transactions until a rollback or another process's commit, those of batch and unit until they
    are written. So are messages, for each is moved half a dozen times within a moment.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = self._data_version()
        self._accounts: dict[AccountId, Account] = {}
        self.messages: Kept[MessageId, tuple[OutboundMessage, Delivery]] = Kept(_MOST_MESSAGES)
        self._start()
        self._start_unit()

    def _start(self) -> None:
        self.topics: set[str] = set()
        self.row_count = 0
        self.failure: GatewayError | None = None  # of the batch: it must be rolled back
        self._batch: _Rows = {}
        self._batch_keys: set[Hashable] = set()
        self._batch_accounts: dict[AccountId, Account] = {}

    def _start_unit(self) -> None:
        self._unit: _Rows = {}
        self._unit_keys: set[Hashable] = set()
        self._unit_accounts: dict[AccountId, Account] = {}
        self._unit_topics: set[str] = set()
        self._unit_failure: GatewayError | None = None
        self._is_marked = False
        self.messages.drop_unit()

    # For the writer.

    def begin(self) -> bool:
        """
        Begin a transaction, and say whether another process has committed since the last one.

        Raises:
            sqlite3.Error: another process writes for too long, or the file cannot be used.
        """
        self._start()
        self._connection.execute("BEGIN IMMEDIATE")
        # Inside the transaction: from here on nobody else commits.
        return self.notice_others()

    def notice_others(self) -> bool:
        """Whether another process has committed; the values that were kept are forgotten then."""
        before, self._version = self._version, self._data_version()
        if self._version == before:
            return False
        self.forget()
        return True

    def keep_unit(self, *, at_once: bool = False) -> GatewayError | None:
        """
        The unit has returned: its writes become the batch's.

        ``at_once`` writes them now. Says why they were refused, if they were: then nothing remains
        of the unit.
        """
        if (at_once or self._is_marked) and self.failure is None and self._unit_failure is None:
            self._write_unit()
        if self.failure is not None or self._unit_failure is not None:
            refusal = self.failure or self._unit_failure
            self.drop_unit()
            return refusal
        if self._is_marked:
            self._connection.execute("RELEASE unit")
        else:
            self._merge()
        self.topics |= self._unit_topics
        self._start_unit()
        return None

    def drop_unit(self) -> None:
        """The unit has raised: it never was."""
        if self._is_marked and self._connection.in_transaction:
            self._connection.execute("ROLLBACK TO unit")
            self._connection.execute("RELEASE unit")
            self.forget()
        self._start_unit()

    def flush(self) -> None:
        """Write what waits; ``failure`` says if it was refused."""
        if self._batch or self._batch_accounts:
            self._write_batch()

    def commit(self) -> None:
        """
        Make what was written durable.

        Raises:
            sqlite3.Error: nothing of the batch was kept.
        """
        self._connection.execute("COMMIT")

    def check_connection(self) -> None:
        """
        Let a transaction go on unless the database itself has failed.

        Raises:
            StoreUnavailable: it has.
        """
        if isinstance(self.failure, StoreUnavailable):
            raise self.failure

    def rollback(self) -> None:
        """Nothing of the batch was."""
        self.forget()
        self._start()
        self._start_unit()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    # For the collections.

    def settle(self, key: Hashable = None) -> None:
        if key is not None and key not in self._unit_keys and key not in self._batch_keys:
            return
        self.flush()
        if self._unit or self._unit_accounts:
            self._write_unit()
        if failure := self.failure or self._unit_failure:
            raise failure

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except FAULTS as cause:
            raise self._failed(cause) from cause

    def write(self, statement: Statement, cells: Cells, *, key: Hashable = None) -> None:
        """Write a row before the transaction ends; ``key`` is what a later look-up would name."""
        rows = self._unit.get(statement)
        if rows is None:
            rows = self._unit[statement] = []
        rows.append(cells)
        if key is not None:
            self._unit_keys.add(key)

    def change(self, sql: str, parameters: Cells = ()) -> int:
        """
        Write at once, and say how many rows it concerned.

        Raises:
            StoreError: the database refused it.
        """
        self.settle()
        self._mark()
        try:
            count = self._connection.execute(sql, parameters).rowcount
        except FAULTS as cause:
            raise self._failed(cause) from cause
        self.row_count += count
        return count

    def touch(self, topic: str) -> None:
        """Set this topic's wake-ups after the commit."""
        self._unit_topics.add(topic)

    def account(self, account: AccountId) -> Account | None:
        """An account that was read or written lately."""
        return (
            self._unit_accounts.get(account)
            or self._batch_accounts.get(account)
            or self._accounts.get(account)
        )

    def remember(self, account: Account) -> None:
        """Keep an account that was just read."""
        if len(self._accounts) >= _MOST_ACCOUNTS:
            self._accounts.clear()
        self._accounts[account.id] = account

    def save_account(self, account: Account) -> None:
        """Write an account's newest state before the transaction ends."""
        self._unit_accounts[account.id] = account

    # Behind both.

    def forget(self) -> None:
        self._accounts.clear()  # some may never have been written
        self.messages.clear()

    def _merge(self) -> None:
        for statement, rows in self._unit.items():
            self.row_count += len(rows)
            known = self._batch.get(statement)
            if known is None:
                self._batch[statement] = rows
            else:
                known.extend(rows)
        if self._unit_accounts:
            self._batch_accounts.update(self._unit_accounts)
        if self._unit_keys:
            self._batch_keys |= self._unit_keys
        self.messages.keep_unit()

    def _write_batch(self) -> None:
        rows, self._batch = self._batch, {}
        accounts, self._batch_accounts = self._batch_accounts, {}
        self._batch_keys = set()
        self.messages.batch_written()
        try:
            self._write(rows, accounts, self.topics)
        except (*FAULTS, GatewayError) as cause:
            self.failure = translated(cause)

    def _write_unit(self) -> None:
        self._mark()
        rows, self._unit = self._unit, {}
        accounts, self._unit_accounts = self._unit_accounts, {}
        self._unit_keys = set()
        self.messages.unit_written()
        try:
            self._write(rows, accounts, self._unit_topics)
        except (*FAULTS, GatewayError) as cause:
            self._unit_failure = translated(cause)
            if isinstance(self._unit_failure, StoreUnavailable):
                self.failure = self._unit_failure
        else:
            self.row_count += sum(map(len, rows.values()))

    def _write(self, rows: _Rows, accounts: dict[AccountId, Account], topics: set[str]) -> None:
        if accounts:
            if not all(self._has_same_settings(account) for account in accounts.values()):
                topics.add(Topic.ACCOUNTS)
            rows[_SAVE_ACCOUNT] = [_account_update(account) for account in accounts.values()]
            self._accounts.update(accounts)
        for statement in sorted(rows, key=_rank):
            statement.execute(self._connection, rows[statement])

    def _has_same_settings(self, account: Account) -> bool:
        before = self._accounts.get(account.id)
        if before is None:  # saved without having been read
            rows = self._connection.execute(_GET_ACCOUNT, (account.id,)).fetchall()
            before = account_of(rows[0]) if rows else None
        return before is not None and before.has_same_settings(account)

    def _mark(self) -> None:
        if not self._is_marked:
            self._connection.execute("SAVEPOINT unit")
            self._is_marked = True

    def _failed(self, cause: Exception) -> GatewayError:
        error = translated(cause)
        if isinstance(error, StoreUnavailable):
            self.failure = error
        return error

    def _data_version(self) -> int:
        row: tuple[int] = self._connection.execute("PRAGMA data_version").fetchone()
        return row[0]


def _rank(statement: Statement) -> int:
    return statement.rank


def _account_update(account: Account) -> Cells:
    cells = account_cells(account)
    return (*cells[1:], cells[0])

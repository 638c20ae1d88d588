"""
The session that writes: batches of units of work, each all or nothing.

Longer than most modules: a batch and its units are one state, and whoever changes how it is kept
has to see all that keeps it.
"""

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, ParamSpec, TypeAlias, TypeVar

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Delivery
from smscore.domain.messages import AccountId, MessageId, OutboundMessage
from smscore.errors import GatewayError, StoreError, StoreUnavailable
from smscore.ports.storage import Topic
from smscore_sqlmodel._columns import ACCOUNTS
from smscore_sqlmodel._database import Cells, Writing
from smscore_sqlmodel._kept import Kept
from smscore_sqlmodel._mapping import account_cells, account_of
from smscore_sqlmodel._sessions import Reads
from smscore_sqlmodel._statements import Statement, selection, updating

__all__ = ["HAS_MARKS", "WriteSession", "Writes"]

P = ParamSpec("P")
T = TypeVar("T")

_Rows: TypeAlias = dict[Statement, list[Cells]]

_ACCOUNT_COLUMNS = [name for name in ACCOUNTS.names if name != "id"]
_SAVE_ACCOUNT = updating(ACCOUNTS, *_ACCOUNT_COLUMNS, rank=4)
_GET_ACCOUNT = selection(ACCOUNTS, "WHERE id = ?")
HAS_MARKS = "SELECT EXISTS (SELECT 1 FROM smscore_consent)"
"""Whether anybody has ever said what he wants; every unit that sends something asks."""
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

    Where other processes write at the same time, a batch begins with the accounts that its units
    have declared. A unit that turns out to need others as well is not kept: ``undeclared`` says
    which, and it sees them as they are for now, so that it tells all that it needs.
    """

    def __init__(self, connection: Writing) -> None:
        self._connection = connection
        self._accounts: dict[AccountId, Account] = {}
        self.messages: Kept[MessageId, tuple[OutboundMessage, Delivery]] = connection.kept(
            _MOST_MESSAGES
        )
        self.locks_accounts = connection.locks_accounts
        self._declared: Collection[AccountId] | None = None  # all
        self.has_marks: bool | None = None  # of consent; None: somebody has to look
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
        self.undeclared: set[AccountId] = set()
        self.messages.drop_unit()

    # For the writer.

    def begin(self, accounts: Collection[AccountId] = ()) -> bool:
        """
        Begin a transaction with these accounts.

        Says whether another process has committed since the last one, if that is to be asked for.

        Raises:
            StoreUnavailable: another process writes for too long, or the database cannot be used.
        """
        self._start()
        self._connection.begin()
        if self.locks_accounts:
            self._accounts.clear()
            self.has_marks = None
            self._declared = frozenset(accounts)
            locked, marks = self._connection.lock_accounts(self._declared, beside=HAS_MARKS)
            for cells in locked:
                self.remember(account_of(cells))
            if marks:
                self.has_marks = bool(marks[0][0])
        # Inside the transaction: from here on nobody else commits.
        return self.notice_others()

    def notice_others(self) -> bool:
        """Whether another process has committed; the values that were kept are forgotten then."""
        if not self._connection.notice_others():
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
            self._write_unit(all_of_it=at_once)
        if self.failure is not None or self._unit_failure is not None:
            refusal = self.failure or self._unit_failure
            self.drop_unit()
            return refusal
        if self._is_marked:
            self._connection.keep_mark()
        else:
            self._merge()
        self.topics |= self._unit_topics
        self._start_unit()
        return None

    def drop_unit(self) -> None:
        """The unit has raised: it never was."""
        if self._is_marked and self._connection.is_in_transaction:
            self._connection.return_to_mark()
            self.forget()
        self._start_unit()

    def flush(self) -> None:
        """Write what waits; ``failure`` says if it was refused."""
        if self._batch or self._batch_accounts:
            self._write_batch()

    def commit(self) -> None:
        """
        Write what waits, make all of the batch durable, and tell other processes.

        ``failure`` says if something was refused: then nothing of the batch was kept.

        Raises:
            StoreUnavailable: nothing was kept, or nobody knows.
        """
        try:
            version = self._connection.commit(self.topics, self._rest_of_batch())
        except StoreUnavailable:
            raise
        except GatewayError as error:
            self.failure = error
        else:
            self.messages.committed(version)

    def check(self) -> None:
        """
        Let a batch pass of which nothing was refused.

        Raises:
            GatewayError: something was.
        """
        if self.failure is not None:
            raise self.failure

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
        self._connection.rollback()

    # For the collections.

    def settle(self, key: Hashable = None) -> None:
        if key is not None and key not in self._unit_keys and key not in self._batch_keys:
            return
        self.flush()
        if self.failure is None and (self._unit or self._unit_accounts):
            self._write_unit()
        if failure := self.failure or self._unit_failure:
            raise failure

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        return self._noting(self._connection.fetch, sql, parameters)

    def hold(self, sql: str, parameters: Cells = ()) -> list[Any]:
        """Fetch rows that no other process changes before the end of the transaction."""
        return self._noting(self._connection.hold, sql, parameters)

    def take(self, sql: str, parameters: Cells = ()) -> list[Any]:
        """The same without those that another process is working on."""
        return self._noting(self._connection.take, sql, parameters)

    def alone(self, subject: str) -> None:
        """Let no other process do what is to be done alone under this name, until the end."""
        self._noting(self._connection.alone, subject)

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
        count = self._noting(self._connection.change, sql, parameters)
        self.row_count += count
        return count

    def touch(self, topic: str) -> None:
        """Set this topic's wake-ups after the commit."""
        self._unit_topics.add(topic)

    def account(self, account: AccountId) -> Account | None:
        """An account that was read or written lately."""
        known = (
            self._unit_accounts.get(account)
            or self._batch_accounts.get(account)
            or self._accounts.get(account)
        )
        if known is None:
            self._declare(account)
        return known

    def remember(self, account: Account) -> None:
        """Keep an account that was just read."""
        if self._declared is not None and account.id not in self._declared:
            return
        if len(self._accounts) >= _MOST_ACCOUNTS:
            self._accounts.clear()
        self._accounts[account.id] = account

    def save_account(self, account: Account) -> None:
        """Write an account's newest state before the transaction ends."""
        if self._declared is not None:
            self._declare(account.id)
        self._unit_accounts[account.id] = account

    # Behind both.

    def forget(self) -> None:
        self._accounts.clear()  # some may never have been written
        self.has_marks = None
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
        try:
            self._connection.write(self._rest_of_batch())
        except GatewayError as error:
            self.failure = error

    def _rest_of_batch(self) -> Sequence[tuple[Statement, Sequence[Cells]]]:
        """What is to be written now, in its order; it does not wait any more."""
        rows, self._batch = self._batch, {}
        accounts, self._batch_accounts = self._batch_accounts, {}
        self._batch_keys = set()
        self.messages.batch_written()
        return self._in_order(rows, accounts, self.topics)

    def _write_unit(self, *, all_of_it: bool = False) -> None:
        if self.undeclared:
            raise StoreError("an account is to be written that was not declared")
        self._mark()
        rows, self._unit = self._unit, {}
        accounts, self._unit_accounts = self._unit_accounts, {}
        self._unit_keys = set()
        self.messages.unit_written()
        try:
            in_order = self._in_order(rows, accounts, self._unit_topics)
            self._connection.write(in_order, are_last=all_of_it)
        except GatewayError as error:
            self._unit_failure = error
            self._note(error)
        else:
            self.row_count += sum(map(len, rows.values()))

    def _in_order(
        self, rows: _Rows, accounts: dict[AccountId, Account], topics: set[str]
    ) -> Sequence[tuple[Statement, Sequence[Cells]]]:
        if accounts:
            if not all(self._has_same_settings(account) for account in accounts.values()):
                topics.add(Topic.ACCOUNTS)
            rows[_SAVE_ACCOUNT] = [_account_update(account) for account in accounts.values()]
            self._accounts.update(accounts)
        self._confirm()
        return sorted(rows.items(), key=lambda one: one[0].rank)

    def _has_same_settings(self, account: Account) -> bool:
        before = self._accounts.get(account.id)
        if before is None:  # saved without having been read
            rows = self._connection.fetch(_GET_ACCOUNT, (account.id,))
            before = account_of(rows[0]) if rows else None
        return before is not None and before.has_same_settings(account)

    def _mark(self) -> None:
        if not self._is_marked:
            self._confirm()
            self._connection.mark()
            self._is_marked = True

    def _confirm(self) -> None:
        """What was kept of messages from earlier is what is there."""
        if self.messages.relied_on:
            self._connection.confirm(self.messages.relied_on)
            self.messages.confirmed()

    def _declare(self, account: AccountId) -> None:
        if self._declared is not None and account not in self._declared:
            self.undeclared.add(account)

    def _noting(self, ask: Callable[P, T], *parameters: P.args, **_: P.kwargs) -> T:
        try:
            return ask(*parameters, **_)
        except GatewayError as error:
            self._note(error)
            raise

    def _note(self, error: GatewayError) -> None:
        """What failed may have taken more with it."""
        is_spoilt = self._connection.is_spoilt
        if isinstance(error, StoreUnavailable) or (is_spoilt and not self._is_marked):
            self.failure = error
        elif is_spoilt:
            self._unit_failure = error


def _account_update(account: Account) -> Cells:
    cells = account_cells(account)
    return (*cells[1:], cells[0])


class Writes(Reads):
    """What a collection that reads needs beside to write; named before it among the bases."""

    def __init__(self, session: WriteSession) -> None:
        super().__init__(session)
        self._writer = session

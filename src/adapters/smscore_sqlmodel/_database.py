"""
What the store asks of the database that it is on.

Everything above is the same whatever that is: units, lanes, collections, and the SQL of these,
which is written as SQLite takes it. What differs is behind :class:`Database` and its connections.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import AccountId, MessageId
from smscore.errors import StoreError, StoreUnavailable
from smscore_sqlmodel._kept import Kept
from smscore_sqlmodel._statements import Statement

__all__ = ["Cells", "Clash", "Database", "Disturbed", "Ear", "Reading", "ServerLock", "Writing"]

Cells: TypeAlias = tuple[Any, ...]  # of one row, as the driver takes and gives them


class Disturbed(StoreUnavailable):
    """Another process came in between: the same may succeed when it is done again."""


class Clash(StoreError):
    """There is such a row already; it may be one that another process has just added."""


class Reading(Protocol):
    """
    A connection that cannot write: it looks at one moment of the database after another.

    What the driver raises is a StoreUnavailable or a StoreError, with the driver's own as cause.
    """

    @property
    def is_stale(self) -> bool:
        """Whether there is nothing to be seen here any more: the database is another one now."""
        ...

    def begin(self) -> None:
        """From here on one moment is seen."""
        ...

    def end(self) -> None:
        """No more; whether it was begun or not."""
        ...

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]: ...

    def close(self) -> None: ...


class Writing(Protocol):
    """
    The connection that writes: one transaction after another.

    What the driver raises is a StoreUnavailable, after which the transaction is lost, or a
    StoreError; both with the driver's own as cause.

    Where other processes write at the same time, ``locks_accounts`` says that a batch has to begin
    with the accounts that its units change. What they read to change it is to be held or taken.
    """

    @property
    def locks_accounts(self) -> bool: ...

    @property
    def is_spoilt(self) -> bool:
        """Whether nothing more can be done before a return to the mark, or a rollback."""
        ...

    @property
    def is_orphaned(self) -> bool:
        """Whether nobody finds any more what is open here; readers are closed before it then."""
        ...

    @property
    def has_to_stay(self) -> bool:
        """Whether it is neither to be used nor closed, until its files are together again."""
        ...

    @property
    def is_in_transaction(self) -> bool: ...

    def check(self) -> None:
        """
        Let a connection pass that is still one to the database.

        Raises:
            StoreUnavailable: what is written now will be lost.
        """
        ...

    def check_schema(self) -> None:
        """
        The same for the schema: another process may have migrated it.

        Raises:
            StoreUnavailable: it is missing, older or newer.
        """
        ...

    def notice_others(self) -> bool:
        """Whether another process has committed anything since this was asked last."""
        ...

    def kept(self, most: int) -> Kept[Any, Any]:
        """What remembers rows from one transaction to the next."""
        ...

    def begin(self) -> None: ...

    def lock_accounts(
        self, accounts: Collection[AccountId], /, *, beside: str
    ) -> tuple[Sequence[Any], Sequence[Any]]:
        """
        Let nobody else change these accounts until the end, and read them.

        ``beside`` is a question that comes next: its rows come with them, if there are any.
        """
        ...

    def alone(self, subject: str) -> None:
        """Until the end no other process does what it has to be alone for under this name."""
        ...

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]: ...

    def hold(self, sql: str, parameters: Cells = ()) -> list[Any]:
        """Fetch rows that nobody else changes until the end."""
        ...

    def take(self, sql: str, parameters: Cells = ()) -> list[Any]:
        """The same without those that somebody else holds."""
        ...

    def change(self, sql: str, parameters: Cells = ()) -> int:
        """Write at once, and say how many rows it concerned."""
        ...

    def write(
        self, rows: Sequence[tuple[Statement, Sequence[Cells]]], /, *, are_last: bool = False
    ) -> None:
        """
        Execute each statement for all of its rows, in their order.

        If they ``are_last``, what was put off until the end is written as well.

        Raises:
            StoreError: a row that must be there is not.
        """
        ...

    def mark(self) -> None:
        """Set a mark, one at a time, to come back to."""
        ...

    def keep_mark(self) -> None:
        """Nobody comes back to the mark."""
        ...

    def return_to_mark(self) -> None:
        """What was done since the mark was set never was, and the mark is gone."""
        ...

    def complete(self) -> None:
        """Write what was put off until the end."""
        ...

    def confirm(self, versions: Mapping[MessageId, object]) -> None:
        """
        Let a batch pass that relied on what was kept of these messages.

        Raises:
            Disturbed: another process has changed one of them since.
        """
        ...

    def commit(
        self, topics: Collection[str], last: Sequence[tuple[Statement, Sequence[Cells]]], /
    ) -> object:
        """
        Write the last rows as :meth:`write` does, and what was put off, make it all durable, and
        let other processes know; what was written has this version now.

        Raises:
            StoreUnavailable: nothing of the transaction was kept, or nobody knows.
            StoreError: nor was it then, for one of these rows was refused.
        """
        ...

    def rollback(self) -> None:
        """Nothing of the transaction was; there may be none."""
        ...

    def close(self) -> None: ...


class ServerLock(Protocol):
    """
    What shows that a server is alive. It ends with the process, however that ends.

    Where a database bears one server only, it is the right to be that one.
    """

    @property
    def is_alone(self) -> bool:
        """Whether nobody else can have one."""
        ...

    def acquire(self, process: ProcessId) -> None:
        """
        Take it; whoever has it already keeps it.

        Raises:
            StoreUnavailable: another server has it, or it cannot be had.
        """
        ...

    def renew(self) -> None:
        """
        The same before something is written to a database that has been opened anew, if that takes
        the right to.

        Raises:
            StoreUnavailable: a server that was started since then has it, or it cannot be had.
        """
        ...

    def holders(self) -> Collection[ProcessId]:
        """
        Who has one. One that was taken and has been lost since is taken again.

        Raises:
            StoreUnavailable: nobody knows.
        """
        ...

    def release(self) -> None: ...


class Ear(Protocol):
    """What hears of other processes, on a thread of its own."""

    def close(self) -> None: ...


class Database(Protocol):
    """A database of ours. Opening one takes no connection."""

    def check_schema(self) -> None:
        """
        Let a database pass whose schema is the one that this code understands.

        Raises:
            ConfigurationError: it is missing, older or newer.
            StoreUnavailable: it cannot be read.
        """
        ...

    def connect_writing(self) -> Writing:
        """Raises StoreUnavailable: it cannot be opened, or has another schema."""
        ...

    def connect_reading(self) -> Reading:
        """Raises StoreUnavailable: it cannot be opened, or has another schema."""
        ...

    def server_lock(self) -> ServerLock: ...

    def listen(
        self, *, heard: Callable[[Collection[str]], None], missed: Callable[[], None]
    ) -> Ear | None:
        """
        Hear on which topics other processes commit; None: it is to be asked for.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        ...

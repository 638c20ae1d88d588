"""
The store: one door for changes, one for reading, and wake-ups.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Protocol, TypeVar

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import AccountId
from smscore.ports.storage._accounts import (
    Accounts,
    AccountsView,
    Credentials,
    CredentialsView,
    Idempotency,
    Ledger,
    LedgerView,
)
from smscore.ports.storage._audit import Audit, AuditView
from smscore.ports.storage._consent import Consent, ConsentView
from smscore.ports.storage._directory import Devices, DevicesView, Directory, DirectoryView
from smscore.ports.storage._service import Apps, AppsView, Processes, ProcessesView
from smscore.ports.storage._traces import Traces, TracesView
from smscore.ports.storage._traffic import (
    Events,
    EventsView,
    Inbox,
    InboxView,
    JournalEntries,
    JournalView,
    Outbox,
    OutboxView,
)
from smscore.ports.storage._values import Lane
from smscore.ports.storage._ways import (
    Channels,
    ChannelsView,
    Links,
    LinksView,
    Routing,
    RoutingView,
)
from smscore.ports.storage._webhooks import Webhooks, WebhooksView

__all__ = ["Store", "UnitOfWork", "View", "Wakeup", "commit"]

T = TypeVar("T")


class View(Protocol):
    """Committed data, for reading. Ends with the function it was given to."""

    @property
    def accounts(self) -> AccountsView: ...
    @property
    def ledger(self) -> LedgerView: ...
    @property
    def routing(self) -> RoutingView: ...
    @property
    def channels(self) -> ChannelsView: ...
    @property
    def outbox(self) -> OutboxView: ...
    @property
    def inbox(self) -> InboxView: ...
    @property
    def links(self) -> LinksView: ...
    @property
    def consent(self) -> ConsentView: ...
    @property
    def credentials(self) -> CredentialsView: ...
    @property
    def devices(self) -> DevicesView: ...
    @property
    def directory(self) -> DirectoryView: ...
    @property
    def journal(self) -> JournalView: ...
    @property
    def events(self) -> EventsView: ...
    @property
    def apps(self) -> AppsView: ...
    @property
    def webhooks(self) -> WebhooksView: ...
    @property
    def processes(self) -> ProcessesView: ...
    @property
    def audit(self) -> AuditView: ...
    @property
    def traces(self) -> TracesView: ...


class UnitOfWork(Protocol):
    """Changes that are kept together or not at all. Ends with the function it was given to."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def routing(self) -> Routing: ...
    @property
    def channels(self) -> Channels: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def links(self) -> Links: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def consent(self) -> Consent: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def devices(self) -> Devices: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def journal(self) -> JournalEntries: ...
    @property
    def events(self) -> Events: ...
    @property
    def apps(self) -> Apps: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def processes(self) -> Processes: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def traces(self) -> Traces: ...


class Wakeup(Protocol):
    """A level: set by a commit on its topic, lowered by the wait that sees it."""

    def wait(self, timeout: float) -> bool:
        """
        Whether something was committed on the topic since the last wait that said so.

        Waits for at most ``timeout`` seconds; 0 only looks.
        """
        ...

    def set(self) -> None:
        """Wake whoever waits, as a commit does: for stopping a thread."""
        ...


class Store(Protocol):
    """
    Where everything is kept.

    Work given to :meth:`run` is a function over a unit of work that can be run again: no I/O,
    clock, randomness, waiting or outside mutation in it. Units are applied one after another.
    """

    def run(
        self,
        work: Callable[[UnitOfWork], T],
        *,
        accounts: Sequence[AccountId] = (),
        lane: Lane = Lane.SUBMISSION,
        deadline: datetime | None = None,
    ) -> Future[T]:
        """
        Apply the work; the future resolves when it is durable.

        ``accounts`` are those it may change. What the work raises is the future's exception, and
        leaves no trace. A unit not begun by its ``deadline`` is dropped. A future that was
        cancelled before its unit began leaves no trace either; afterwards its commit stands.

        Raises:
            Overloaded: the submission lane is full, or the oldest unit in it of the same account
                has waited for 2 s.
            StoreUnavailable: the store is closed.

        The future raises:
            DeadlinePassed: it was not begun in time.
            StoreUnavailable: the commit failed.
            RuntimeError: its result was asked for inside another unit, which would never end.
        """
        ...

    def read(self, work: Callable[[View], T]) -> T:
        """Look at committed data, from any thread, without waiting for a writer."""
        ...

    def wakeup(self, topic: str) -> Wakeup:
        """
        A new wake-up for a channel's queue or a :class:`Topic`.

        A change by another process is noticed within a second, and may wake everybody.
        """
        ...

    def become_server(self, process: ProcessId) -> bool:
        """
        Let others see that this process runs, for as long as it does or until :meth:`close`.

        ``process`` is the number that it has leased. May be called again. Says whether every other
        process is dead because of it: true where a store bears one server only.

        Raises:
            StoreUnavailable: another server runs on this store, and it bears only one; or it
                cannot be reached.
        """
        ...

    def servers(self) -> Collection[ProcessId]:
        """
        The processes that have become servers and are still connected.

        Whoever is missing has ended, or has lost its connection and will be back within seconds.

        Raises:
            StoreUnavailable: nobody knows.
        """
        ...

    def close(self) -> None:
        """Refuse new work, finish what is queued, stop. May be called twice."""
        ...


def commit(
    store: Store, work: Callable[[UnitOfWork], T], *, accounts: Sequence[AccountId] = ()
) -> T:
    """
    Apply the work before any submission that waits, and give what it gave when that is durable.

    Blocks, and raises what :meth:`Store.run` and its future raise.
    """
    return store.run(work, accounts=accounts, lane=Lane.CUSTODY).result()

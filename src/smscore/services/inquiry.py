"""
Looking things up: a message, its story, lists, what an account has left.
"""

import time
from collections.abc import Collection, Sequence

import attrs

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Status
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.ledger import Entry
from smscore.domain.messages import AccountId, MessageId
from smscore.errors import NotFound
from smscore.ports.storage import Store, Topic, Tracked, View

__all__ = ["Inquiry", "Story"]

_SAFETY_NET = 1.0
"""Seconds after which to look again although nobody woke us."""


@attrs.frozen(kw_only=True)
class Story:
    """A message, how far it got, and everything that happened on the way."""

    tracked: Tracked
    events: Sequence[Event]


class Inquiry:
    """Questions to the store; they change nothing. Any thread may call."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def message(self, message: MessageId, *, account: AccountId | None = None) -> Tracked:
        """
        A message; with ``account``, only if it is that account's.

        Raises:
            NotFound: there is none, or it is another's.
        """
        tracked = self._store.read(lambda view: view.outbox.get(message))
        return _owned(tracked, message, account)

    def wait(self, message: MessageId, *, timeout: float) -> Tracked:
        """
        A message as soon as its status is final, or as it is after ``timeout`` seconds.

        Blocks; async hosts call it on a thread.

        Raises:
            NotFound: there is none.
        """
        deadline = time.monotonic() + timeout
        changed = self._store.wakeup(Topic.EVENTS)
        while True:
            tracked = self.message(message)
            left = deadline - time.monotonic()
            if tracked.delivery.status.is_final or left <= 0:
                return tracked
            changed.wait(min(left, _SAFETY_NET))

    def explain(self, message: MessageId, *, account: AccountId | None = None) -> Story:
        """
        The whole story of a message, from stored facts.

        Raises:
            NotFound: there is none, or it is another's.
        """

        def look(view: View) -> Story:
            tracked = _owned(view.outbox.get(message), message, account)
            return Story(tracked=tracked, events=view.events.of(message))

        return self._store.read(look)

    def messages(
        self,
        *,
        account: AccountId | None = None,
        statuses: Collection[Status] = (),
        before: MessageId | None = None,
        limit: int = 50,
    ) -> Sequence[Tracked]:
        """Messages, newest first; ``before`` is the last id of the page before."""
        return self._store.read(
            lambda view: view.outbox.find(
                account=account, statuses=statuses, before=before, limit=limit
            )
        )

    def inbound(
        self, *, account: AccountId | None = None, before: MessageId | None = None, limit: int = 50
    ) -> Sequence[InboundMessage]:
        """Received messages, newest first."""
        return self._store.read(
            lambda view: view.inbox.find(account=account, before=before, limit=limit)
        )

    def account(self, account: AccountId) -> Account:
        """
        An account as it is now, with what it has spent.

        Raises:
            NotFound: there is none.
        """
        found = self._store.read(lambda view: view.accounts.get(account))
        if found is None:
            raise NotFound(f"there is no account with the id {account}")
        return found

    def account_named(self, name: str) -> Account:
        """
        An account by its name.

        Raises:
            NotFound: there is none.
        """
        found = self._store.read(lambda view: view.accounts.named(name))
        if found is None:
            raise NotFound(f"there is no account {name!r}; 'smscore account list' shows all")
        return found

    def accounts(self) -> Sequence[Account]:
        """All accounts, by id."""
        return self._store.read(lambda view: view.accounts.all())

    def statement(self, account: AccountId, *, limit: int = 100) -> Sequence[Entry]:
        """The account's ledger, newest first."""
        return self._store.read(lambda view: view.ledger.of(account, limit=limit))


def _owned(tracked: Tracked | None, message: MessageId, account: AccountId | None) -> Tracked:
    if tracked is None or account not in (None, tracked.message.account):
        raise NotFound(f"there is no message {message:016x}")
    return tracked

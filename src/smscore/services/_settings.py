"""
Settings that every request needs and that seldom change: accounts and rules, kept until they do.
"""

from collections.abc import Sequence

from smscore.domain.accounts import Account
from smscore.domain.messages import AccountId
from smscore.domain.routing import Route
from smscore.errors import NotFound
from smscore.ports.storage import Store, Topic

__all__ = ["Settings"]


class Settings:
    """
    Accounts and rules as last committed, within a second.

    What an account has spent may be older: whoever spends asks the unit of work.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts_changed = store.wakeup(Topic.ACCOUNTS)
        self._routes_changed = store.wakeup(Topic.ROUTING)
        self._accounts: dict[AccountId | str, Account] = {}
        self._routes: Sequence[Route] | None = None

    def account(self, account: AccountId | str) -> Account:
        """
        An account by its id or name.

        Raises:
            NotFound: there is none.
        """
        if self._accounts_changed.wait(0):
            self._accounts.clear()
        found = self._accounts.get(account)
        if found is None:
            found = self._accounts[account] = self._look_up(account)
        return found

    def routes(self) -> Sequence[Route]:
        """The routing rules in their order."""
        if self._routes_changed.wait(0):
            self._routes = None
        routes = self._routes
        if routes is None:
            routes = self._routes = self._store.read(lambda view: view.routing.routes())
        return routes

    def _look_up(self, account: AccountId | str) -> Account:
        if isinstance(account, str):
            name = account
            found = self._store.read(lambda view: view.accounts.named(name))
        else:
            number = account
            found = self._store.read(lambda view: view.accounts.get(number))
        if found is None:
            raise NotFound(f"there is no account {account!r}; 'smscore account list' shows all")
        return found

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
        self._routes: list[Sequence[Route]] = []  # one table, or none yet

    def account(self, account: AccountId | str) -> Account:
        """
        An account by its id or name.

        Raises:
            NotFound: there is none.
        """
        if self._accounts_changed.wait(0):
            # A new one: a look-up that began before the change ends in the old one.
            self._accounts = {}
        known = self._accounts
        found = known.get(account)
        if found is None:
            found = known[account] = self._look_up(account)
        return found

    def routes(self) -> Sequence[Route]:
        """The routing rules in their order."""
        if self._routes_changed.wait(0):
            self._routes = []
        known = self._routes
        if not known:
            known.append(self._store.read(lambda view: view.routing.routes()))
        return known[0]

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

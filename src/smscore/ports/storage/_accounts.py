"""
Accounts, what they may spend, and who may act for them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from smscore.domain.accounts import Account
from smscore.domain.credentials import ProviderKey, QueueToken, User
from smscore.domain.ledger import Entry
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.ports.storage._values import IdempotencyRecord

__all__ = [
    "Accounts",
    "AccountsView",
    "Credentials",
    "CredentialsView",
    "Idempotency",
    "Ledger",
    "LedgerView",
]


class AccountsView(Protocol):
    def get(self, account: AccountId) -> Account | None: ...
    def named(self, name: str) -> Account | None: ...
    def all(self) -> Sequence[Account]: ...


class Accounts(AccountsView, Protocol):
    def add(self, account: Account) -> None:
        """Raises Conflict if the id or the name is taken."""
        ...

    def save(self, account: Account) -> None: ...


class LedgerView(Protocol):
    def of(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """The newest entries first; with times, those from ``since`` on and before ``until``."""
        ...

    def about(self, message: MessageId) -> Sequence[Entry]:
        """The entries that name this message, oldest first."""
        ...

    def total(self, account: AccountId) -> int:
        """The sum of all entries."""
        ...


class Ledger(LedgerView, Protocol):
    def add(self, entry: Entry) -> None: ...


class CredentialsView(Protocol):
    def user(self, name: str) -> User | None: ...
    def users(self) -> Sequence[User]: ...
    def key(self, digest: str) -> ProviderKey | None: ...

    def keys(self, account: AccountId) -> Sequence[ProviderKey]:
        """The oldest first."""
        ...

    def token(self, digest: str) -> QueueToken | None: ...
    def token_of(self, account: AccountId) -> QueueToken | None: ...


class Credentials(CredentialsView, Protocol):
    def add_user(self, user: User) -> None:
        """Raises Conflict if the name is taken."""
        ...

    def save_user(self, user: User) -> None: ...

    def remove_user(self, name: str) -> bool:
        """Whether there was one."""
        ...

    def add_key(self, key: ProviderKey) -> None: ...

    def remove_key(self, digest: str) -> bool:
        """Whether there was one."""
        ...

    def set_token(self, token: QueueToken) -> None:
        """Replaces the account's token, if it has one."""
        ...


class Idempotency(Protocol):
    def get(
        self, *, account: AccountId, surface: Surface, key: str
    ) -> IdempotencyRecord | None: ...

    def add(self, record: IdempotencyRecord) -> None:
        """Replaces an older record of the same key."""
        ...

    def forget(self, *, before: datetime, limit: int) -> int:
        """Drop records older than that, and say how many."""
        ...

"""
Accounts, ledgers, credentials, and answers given before, in dictionaries.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore.domain.accounts import Account
from smscore.domain.credentials import ProviderKey, QueueToken, User
from smscore.domain.ledger import Entry
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.errors import Conflict
from smscore.ports.storage import IdempotencyRecord, Topic, TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryAccounts", "MemoryCredentials", "MemoryIdempotency", "MemoryLedger"]


class MemoryAccounts:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._accounts: dict[AccountId, Account] = {}

    def get(self, account: AccountId) -> Account | None:
        return self._accounts.get(account)

    def named(self, name: str) -> Account | None:
        return next((one for one in self._accounts.values() if one.name == name), None)

    def all(self) -> Sequence[Account]:
        return sorted(self._accounts.values(), key=lambda account: account.id)

    def add(self, account: Account) -> None:
        if account.id in self._accounts or self.named(account.name):
            raise Conflict(f"there is an account {account.name!r} already")
        self._log.put(self._accounts, account.id, account)
        self._log.topics.add(Topic.ACCOUNTS)

    def save(self, account: Account) -> None:
        before = self._accounts[account.id]
        self._log.put(self._accounts, account.id, account)
        if not account.has_same_settings(before):
            self._log.topics.add(Topic.ACCOUNTS)

    def shelves(self) -> Shelves:
        shelf = Shelf(table=self._accounts, texts=("name", "default_sender"), account="id")
        return {TraceKind.ACCOUNTS: shelf}


class MemoryLedger:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._entries: dict[int, Entry] = {}

    def of(
        self,
        account: AccountId,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        return [
            one
            for one in reversed(self._entries.values())
            if one.account == account
            and (since is None or one.at >= since)
            and (until is None or one.at < until)
        ][:limit]

    def about(self, message: MessageId) -> Sequence[Entry]:
        return [one for one in self._entries.values() if one.message == message]

    def total(self, account: AccountId) -> int:
        return sum(one.credits for one in self._entries.values() if one.account == account)

    def add(self, entry: Entry) -> None:
        self._log.put(self._entries, len(self._entries), entry)

    def shelves(self) -> Shelves:
        return {TraceKind.ENTRIES: Shelf(table=self._entries, texts=("why",))}


class MemoryCredentials:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._users: dict[str, User] = {}
        self._keys: dict[str, ProviderKey] = {}
        self._tokens: dict[AccountId, QueueToken] = {}

    def user(self, name: str) -> User | None:
        return self._users.get(name)

    def users(self) -> Sequence[User]:
        return sorted(self._users.values(), key=lambda user: user.name)

    def key(self, digest: str) -> ProviderKey | None:
        return self._keys.get(digest)

    def keys(self, account: AccountId) -> Sequence[ProviderKey]:
        found = [one for one in self._keys.values() if one.account == account]
        return sorted(found, key=lambda one: (one.created_at, one.digest))

    def token(self, digest: str) -> QueueToken | None:
        return next((one for one in self._tokens.values() if one.digest == digest), None)

    def token_of(self, account: AccountId) -> QueueToken | None:
        return self._tokens.get(account)

    def add_user(self, user: User) -> None:
        if user.name in self._users:
            raise Conflict(f"there is a user {user.name!r} already")
        self.save_user(user)

    def save_user(self, user: User) -> None:
        self._log.put(self._users, user.name, user)
        self._log.topics.add(Topic.CREDENTIALS)

    def remove_user(self, name: str) -> bool:
        if name not in self._users:
            return False
        self._log.drop(self._users, name)
        self._log.topics.add(Topic.CREDENTIALS)
        return True

    def add_key(self, key: ProviderKey) -> None:
        self._log.put(self._keys, key.digest, key)
        self._log.topics.add(Topic.CREDENTIALS)

    def remove_key(self, digest: str) -> bool:
        if digest not in self._keys:
            return False
        self._log.drop(self._keys, digest)
        self._log.topics.add(Topic.CREDENTIALS)
        return True

    def set_token(self, token: QueueToken) -> None:
        self._log.put(self._tokens, token.account, token)
        self._log.topics.add(Topic.CREDENTIALS)

    def shelves(self) -> Shelves:
        return {
            TraceKind.USERS: Shelf(table=self._users, texts=("name",)),
            TraceKind.KEYS: Shelf(table=self._keys, texts=("label",)),
        }


class MemoryIdempotency:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._records: dict[tuple[AccountId, Surface, str], IdempotencyRecord] = {}

    def get(self, *, account: AccountId, surface: Surface, key: str) -> IdempotencyRecord | None:
        return self._records.get((account, surface, key))

    def add(self, record: IdempotencyRecord) -> None:
        self._log.put(self._records, (record.account, record.surface, record.key), record)

    def forget(self, *, before: datetime, limit: int) -> int:
        old = [key for key, record in self._records.items() if record.at < before][:limit]
        for key in old:
            self._log.drop(self._records, key)
        return len(old)

    def shelves(self) -> Shelves:
        shelf = Shelf(table=self._records, texts=("key", "digest", "receipt"))
        return {TraceKind.ANSWERS: shelf}

"""
Users, provider keys and queue tokens.
"""

from collections.abc import Sequence
from typing import Any

from smscore.domain.credentials import Permission, ProviderKey, QueueToken, User
from smscore.domain.messages import AccountId
from smscore.errors import Conflict
from smscore.ports.storage import Topic
from smscore_sqlmodel._columns import PROVIDER_KEYS, QUEUE_TOKENS, USERS
from smscore_sqlmodel._mapping import from_micros, micros
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import deletion, insertion, replacement, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Credentials", "CredentialsView"]

_USER = selection(USERS, "WHERE name = ?")
_USERS = selection(USERS, "ORDER BY name")
_SAVE_USER = replacement(USERS)
_REMOVE_USER = deletion(USERS, "WHERE name = ?")
_KEY = selection(PROVIDER_KEYS, "WHERE digest = ?")
_KEYS = selection(PROVIDER_KEYS, "WHERE account = ? ORDER BY created_at, digest")
_ADD_KEY = insertion(PROVIDER_KEYS)
_REMOVE_KEY = deletion(PROVIDER_KEYS, "WHERE digest = ?")
_TOKEN = selection(QUEUE_TOKENS, "WHERE digest = ?")
_TOKEN_OF = selection(QUEUE_TOKENS, "WHERE account = ?")
_SET_TOKEN = replacement(QUEUE_TOKENS)


class CredentialsView(Reads):
    def user(self, name: str) -> User | None:
        cells = self._one(_USER, name)
        return _user_of(cells) if cells else None

    def users(self) -> Sequence[User]:
        return [_user_of(cells) for cells in self._session.fetch(_USERS)]

    def key(self, digest: str) -> ProviderKey | None:
        cells = self._one(_KEY, digest)
        return _key_of(cells) if cells else None

    def keys(self, account: AccountId) -> Sequence[ProviderKey]:
        return [_key_of(cells) for cells in self._session.fetch(_KEYS, (account,))]

    def token(self, digest: str) -> QueueToken | None:
        return _token_of(self._one(_TOKEN, digest))

    def token_of(self, account: AccountId) -> QueueToken | None:
        return _token_of(self._one(_TOKEN_OF, account))

    def _one(self, sql: str, key: Any) -> Cells | None:
        rows = self._session.fetch(sql, (key,))
        return rows[0] if rows else None


class Credentials(Writes, CredentialsView):
    def add_user(self, user: User) -> None:
        self._writer.alone("users")
        if self.user(user.name) is not None:
            raise Conflict(f"there is a user {user.name!r} already")
        self.save_user(user)

    def save_user(self, user: User) -> None:
        permissions = " ".join(sorted(user.permissions))
        self._change(_SAVE_USER.sql, (user.name, user.account, user.password_hash, permissions))

    def remove_user(self, name: str) -> bool:
        return self._change(_REMOVE_USER, (name,)) > 0

    def add_key(self, key: ProviderKey) -> None:
        self._change(_ADD_KEY.sql, (key.digest, key.account, micros(key.created_at), key.label))

    def remove_key(self, digest: str) -> bool:
        return self._change(_REMOVE_KEY, (digest,)) > 0

    def set_token(self, token: QueueToken) -> None:
        self._change(_SET_TOKEN.sql, (token.account, token.digest, token.generation))

    def _change(self, sql: str, cells: Cells) -> int:
        count = self._writer.change(sql, cells)
        self._writer.touch(Topic.CREDENTIALS)
        return count


def _key_of(cells: Cells) -> ProviderKey:
    digest, account, created_at, label = cells
    return ProviderKey(
        digest=digest,
        account=AccountId(account),
        created_at=from_micros(created_at),
        label=label,
    )


def _user_of(cells: Cells) -> User:
    name, account, password_hash, permissions = cells
    return User(
        name=name,
        account=AccountId(account),
        password_hash=password_hash,
        permissions=frozenset(map(Permission, permissions.split())),
    )


def _token_of(cells: Cells | None) -> QueueToken | None:
    if cells is None:
        return None
    account, digest, generation = cells
    return QueueToken(digest=digest, account=AccountId(account), generation=generation)

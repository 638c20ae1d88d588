"""
Users, keys and tokens as last committed, kept in memory until one of them changes.
"""

import hashlib
import hmac
from typing import TypeVar

import attrs

from smscore.domain.credentials import Principal, ProviderKey, QueueToken, User
from smscore.ports.storage import Store, Topic

__all__ = ["KnownUser", "Records"]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class KnownUser:
    """A user, and what its password is checked against."""

    principal: Principal
    password_hash: str = attrs.field(repr=False)


@attrs.frozen
class _Known:
    """What was found so far. What was not found is not kept: guesses would fill the memory."""

    users: dict[str, KnownUser] = attrs.field(factory=dict)
    keys: dict[str, Principal] = attrs.field(factory=dict)  # by digest
    tokens: dict[str, Principal] = attrs.field(factory=dict)  # the same


class Records:
    """The store's credentials. A change is seen within a second. Any thread may ask."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = store.wakeup(Topic.CREDENTIALS)
        self._known = _Known()

    def user(self, name: str) -> KnownUser | None:
        """The user of that name."""
        known = self._current().users
        return known.get(name) or _kept(known, name, self._read_user(name))

    def known_user(self, name: str) -> KnownUser | None:
        """The user of that name, if the store need not be asked."""
        return self._current().users.get(name)

    def key(self, digest: str) -> Principal | None:
        """Whom the provider key with that digest stands for."""
        known = self._current().keys
        return known.get(digest) or _kept(known, digest, self._read_key(digest))

    def known_key(self, digest: str) -> Principal | None:
        """The same, if the store need not be asked."""
        return self._current().keys.get(digest)

    def token(self, digest: str) -> Principal | None:
        """Whom the queue token with that digest stands for."""
        known = self._current().tokens
        return known.get(digest) or _kept(known, digest, self._read_token(digest))

    def known_token(self, digest: str) -> Principal | None:
        """The same, if the store need not be asked."""
        return self._current().tokens.get(digest)

    def _read_user(self, name: str) -> KnownUser | None:
        found = self._store.read(lambda view: view.credentials.user(name))
        return None if found is None else _known_user(found)

    def _read_key(self, digest: str) -> Principal | None:
        found = self._store.read(lambda view: view.credentials.key(digest))
        return _principal(found, digest, kind="key")

    def _read_token(self, digest: str) -> Principal | None:
        found = self._store.read(lambda view: view.credentials.token(digest))
        return _principal(found, digest, kind="token")

    def _current(self) -> _Known:
        # Replaced rather than emptied: a look-up that began before the change must not put what
        # it found back into what is valid after it.
        if self._changed.wait(0):
            self._known = _Known()
        return self._known


def _known_user(user: User) -> KnownUser:
    # The hash is salted anew with each password, so its digest tells nothing and is never the same.
    record = "|".join((str(user.account), user.password_hash, *sorted(user.permissions)))
    principal = Principal(
        account=user.account,
        subject=f"user {user.name}",
        permissions=user.permissions,
        login=f"{user.name} {hashlib.sha256(record.encode()).hexdigest()[:32]}",
    )
    return KnownUser(principal=principal, password_hash=user.password_hash)


def _principal(
    found: ProviderKey | QueueToken | None, digest: str, *, kind: str
) -> Principal | None:
    if found is None or not hmac.compare_digest(found.digest, digest):
        return None
    return Principal(account=found.account, subject=f"{kind} {digest[:16]}")


def _kept(known: dict[str, T], name: str, found: T | None) -> T | None:
    if found is not None:
        known[name] = found
    return found

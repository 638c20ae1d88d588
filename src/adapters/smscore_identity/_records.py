"""
Users, keys and tokens as last committed, kept in memory until one of them changes.
"""

from collections.abc import Callable
from typing import TypeVar

import attrs

from smscore.domain.credentials import ProviderKey, QueueToken, User
from smscore.ports.storage import Store, Topic

__all__ = ["Records"]

T = TypeVar("T")


@attrs.frozen
class _Known:
    """What was found so far. What was not found is not kept: guesses would fill the memory."""

    users: dict[str, User] = attrs.field(factory=dict)
    keys: dict[str, ProviderKey] = attrs.field(factory=dict)
    tokens: dict[str, QueueToken] = attrs.field(factory=dict)


class Records:
    """The store's credentials. A change is seen within a second. Any thread may ask."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changed = store.wakeup(Topic.CREDENTIALS)
        self._known = _Known()

    def user(self, name: str) -> User | None:
        """The user of that name."""
        return _find(
            self._current().users,
            name,
            lambda: self._store.read(lambda view: view.credentials.user(name)),
        )

    def known_user(self, name: str) -> User | None:
        """The user of that name, if the store need not be asked."""
        return self._current().users.get(name)

    def key(self, digest: str) -> ProviderKey | None:
        """The provider key with that digest."""
        return _find(
            self._current().keys,
            digest,
            lambda: self._store.read(lambda view: view.credentials.key(digest)),
        )

    def token(self, digest: str) -> QueueToken | None:
        """The queue token with that digest."""
        return _find(
            self._current().tokens,
            digest,
            lambda: self._store.read(lambda view: view.credentials.token(digest)),
        )

    def _current(self) -> _Known:
        # Replaced rather than emptied: a look-up that began before the change must not put what
        # it found back into what is valid after it.
        if self._changed.wait(0):
            self._known = _Known()
        return self._known


def _find(known: dict[str, T], name: str, look_up: Callable[[], T | None]) -> T | None:
    found = known.get(name)
    if found is None:
        found = look_up()
        if found is not None:
            known[name] = found
    return found

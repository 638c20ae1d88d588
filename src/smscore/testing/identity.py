"""
An authenticator without cost: for tests, never for a gateway that others can reach.
"""

import hashlib
from itertools import count

from smscore.domain.credentials import Principal
from smscore.domain.messages import AccountId
from smscore.errors import AuthenticationFailed
from smscore.ports.identity import IssuedKey
from smscore.ports.storage import Store

__all__ = ["PlainAuthenticator"]


class PlainAuthenticator:
    """Checks as the real one does, but hashes passwords with nothing that takes time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys = count(1)

    def password(self, username: str, password: str) -> Principal:
        user = self._store.read(lambda view: view.credentials.user(username))
        if user is None or user.password_hash != self.hash_password(password):
            raise AuthenticationFailed("the user name or the password is wrong")
        return Principal(account=user.account, subject=user.name, permissions=user.permissions)

    def recall(self, username: str, password: str) -> Principal | None:
        try:
            return self.password(username, password)
        except AuthenticationFailed:
            return None

    def key(self, secret: str) -> Principal:
        found = self._store.read(lambda view: view.credentials.key(_digest(secret)))
        if found is None:
            raise AuthenticationFailed("the key is not known")
        return Principal(account=found.account, subject=f"key {found.digest[:8]}")

    def token(self, secret: str) -> Principal:
        found = self._store.read(lambda view: view.credentials.token(_digest(secret)))
        if found is None:
            raise AuthenticationFailed("the token is not known")
        return Principal(account=found.account, subject=f"token {found.digest[:8]}")

    def hash_password(self, password: str) -> str:
        return _digest(password)

    def new_key(self) -> IssuedKey:
        return _issued(f"key-{next(self._keys)}")

    def derive_token(self, account: AccountId, *, generation: int) -> IssuedKey:
        return _issued(_digest(f"{account} {generation}"))


def _issued(secret: str) -> IssuedKey:
    return IssuedKey(secret=secret, digest=_digest(secret))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""
An authenticator without cost: for tests, never for a gateway that others can reach.
"""

import base64
import hashlib
from datetime import timedelta
from itertools import count

from smscore.domain.credentials import Principal, User
from smscore.domain.messages import AccountId
from smscore.errors import AuthenticationFailed, PermissionDenied
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.identity import SESSION_SECONDS, IssuedKey, Session
from smscore.ports.storage import Store

__all__ = ["PlainAuthenticator"]


class PlainAuthenticator:
    """Checks as the real one does, but hashes passwords with nothing that takes time."""

    def __init__(self, store: Store, *, clock: Clock | None = None) -> None:
        self._store = store
        self._clock = clock or SystemClock()
        self._keys = count(1)
        self._sessions: dict[str, tuple[Session, str]] = {}  # with whose login each is

    def password(self, username: str, password: str) -> Principal:
        user = self._store.read(lambda view: view.credentials.user(username))
        if user is None or user.password_hash != self.hash_password(password):
            raise AuthenticationFailed("the user name or the password is wrong")
        return _principal(user)

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

    def recall_key(self, secret: str) -> Principal | None:
        try:
            return self.key(secret)
        except AuthenticationFailed:
            return None

    def token(self, secret: str) -> Principal:
        found = self._store.read(lambda view: view.credentials.token(_digest(secret)))
        if found is None:
            raise AuthenticationFailed("the token is not known")
        return Principal(account=found.account, subject=f"token {found.digest[:8]}")

    def recall_token(self, secret: str) -> Principal | None:
        try:
            return self.token(secret)
        except AuthenticationFailed:
            return None

    def new_session(self, principal: Principal) -> Session:
        if not principal.login:
            raise PermissionDenied(f"{principal.subject} is no user, and has no sessions")
        session = Session(
            token=f"session-{len(self._sessions) + 1}",
            expires_at=self._clock.now() + timedelta(seconds=SESSION_SECONDS),
        )
        self._sessions[session.token] = (session, principal.login)
        return session

    def session(self, token: str) -> Principal:
        session, login = self._sessions.get(token, (None, ""))
        user = self._store.read(lambda view: view.credentials.user(login.partition(" ")[0]))
        if session is None or self._clock.now() >= session.expires_at or user is None:
            raise AuthenticationFailed("the session is over or not known")
        principal = _principal(user)
        if principal.login != login:
            raise AuthenticationFailed("the user has changed since")
        return principal

    def hash_password(self, password: str) -> str:
        return _digest(password)

    def new_key(self) -> IssuedKey:
        return _issued(f"key-{next(self._keys)}")

    def derive_token(self, account: AccountId, *, generation: int) -> IssuedKey:
        return _issued(_digest(f"{account} {generation}"))

    def derive_secret(self, purpose: str, number: int, *, generation: int) -> str:
        derived = hashlib.sha256(f"{purpose} {number} {generation}".encode()).digest()
        return "whsec_" + base64.b64encode(derived).decode()


def _principal(user: User) -> Principal:
    record = f"{user.account} {user.password_hash} {sorted(user.permissions)}"
    return Principal(
        account=user.account,
        subject=user.name,
        permissions=user.permissions,
        login=f"{user.name} {_digest(record)}",
    )


def _issued(secret: str) -> IssuedKey:
    return IssuedKey(secret=secret, digest=_digest(secret))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

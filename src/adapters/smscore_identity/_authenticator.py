"""
Credentials in, principals out: the authenticator over the store's records.
"""

import base64
import hashlib
import hmac
import re
import secrets
from typing import NoReturn

from smscore.domain.credentials import Principal
from smscore.domain.messages import AccountId
from smscore.errors import AuthenticationFailed, PermissionDenied
from smscore.ports.clock import Clock
from smscore.ports.identity import IssuedKey, Session
from smscore.ports.storage import Store
from smscore_identity._passwords import Passwords
from smscore_identity._records import Records
from smscore_identity._sessions import Sessions

__all__ = ["StoreAuthenticator"]

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TOKEN = re.compile(r"[0-9a-f]{64}")
_KEY_PREFIX = "sk_"
_TOKEN_PURPOSE = b"queue-token"
_SECRET_PURPOSE = b"webhook-secret"


class StoreAuthenticator:
    """
    Checks credentials against what the store holds, which is hashes and digests only.

    Only :meth:`password` takes long. The others read the store at most once per change.
    """

    def __init__(self, *, store: Store, key: bytes, clock: Clock) -> None:
        self._records = Records(store)
        self._key = key
        self._passwords = Passwords(monotonic=clock.monotonic)
        self._sessions = Sessions(key=key, clock=clock)

    def password(self, username: str, password: str) -> Principal:
        """
        The user behind a name and password. Blocks for tens of milliseconds unless verified lately.

        Raises:
            AuthenticationFailed: one of them is wrong.
        """
        # What cannot be a name is not looked up, but takes as long.
        user = self._records.user(username) if _NAME.fullmatch(username) else None
        stored = user.password_hash if user else None
        if not self._passwords.verify(username, password, stored=stored) or user is None:
            _refuse()
        return user.principal

    def recall(self, username: str, password: str) -> Principal | None:
        """What :meth:`password` verified in the last five minutes; never blocks."""
        user = self._records.known_user(username)
        if user is None:
            return None
        stored = user.password_hash
        if not self._passwords.was_verified(username, password, stored=stored):
            return None
        return user.principal

    def key(self, secret: str) -> Principal:
        """
        The account behind a provider key.

        Raises:
            AuthenticationFailed: there is no such key.
        """
        return self._records.key(_digest(secret)) or _refuse()

    def recall_key(self, secret: str) -> Principal | None:
        """What :meth:`key` has found since the last change; never blocks."""
        return self._records.known_key(_digest(secret))

    def token(self, secret: str) -> Principal:
        """
        The account behind a queue token.

        Raises:
            AuthenticationFailed: there is no such token.
        """
        if not _TOKEN.fullmatch(secret):
            _refuse()
        return self._records.token(_digest(secret)) or _refuse()

    def recall_token(self, secret: str) -> Principal | None:
        """What :meth:`token` has found since the last change; never blocks."""
        return self._records.known_token(_digest(secret))

    def new_session(self, principal: Principal) -> Session:
        """
        A session of a user whose password was just checked.

        Raises:
            PermissionDenied: the principal is no user.
        """
        if not principal.login:
            raise PermissionDenied(f"{principal.subject} is no user, and has no sessions")
        return self._sessions.issue(principal.login)

    def session(self, token: str) -> Principal:
        """
        The user behind a session, if nothing about that user has changed since.

        Raises:
            AuthenticationFailed: the session is over, void or none of ours.
        """
        login = self._sessions.read(token)
        user = self._records.user(login.partition(" ")[0])
        if user is None or user.principal.login != login:
            _refuse()
        return user.principal

    def hash_password(self, password: str) -> str:
        """What to store of a password. Blocks for tens of milliseconds."""
        return self._passwords.hash(password)

    def new_key(self) -> IssuedKey:
        """A new provider key: 256 random bits."""
        secret = _KEY_PREFIX + secrets.token_urlsafe(32)
        return IssuedKey(secret=secret, digest=_digest(secret))

    def derive_token(self, account: AccountId, *, generation: int) -> IssuedKey:
        """The queue token of an account: the same key file gives the same 64 characters."""
        message = b"%s|%d|%d" % (_TOKEN_PURPOSE, account, generation)
        secret = hmac.digest(self._key, message, hashlib.sha256).hex()
        return IssuedKey(secret=secret, digest=_digest(secret))

    def derive_secret(self, purpose: str, number: int, *, generation: int) -> str:
        """What signs webhooks: the same key file gives the same secret."""
        message = b"%s|%s|%d|%d" % (_SECRET_PURPOSE, purpose.encode(), number, generation)
        derived = hmac.digest(self._key, message, hashlib.sha256)
        return "whsec_" + base64.b64encode(derived).decode()


def _refuse() -> NoReturn:
    raise AuthenticationFailed("the credentials are missing or wrong")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

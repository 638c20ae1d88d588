"""
Who is asking: credentials in, principals out.
"""

from datetime import datetime
from typing import Protocol

import attrs

from smscore.domain.credentials import Principal
from smscore.domain.messages import AccountId

__all__ = ["SESSION_SECONDS", "Authenticator", "IssuedKey", "Session"]

SESSION_SECONDS = 3600


@attrs.frozen(kw_only=True)
class IssuedKey:
    """A new provider key: the secret is shown once, its digest is stored."""

    secret: str = attrs.field(repr=False)
    digest: str


@attrs.frozen(kw_only=True)
class Session:
    """A login that lasts for a while: what to show instead of the password until then."""

    token: str = attrs.field(repr=False)
    expires_at: datetime


class Authenticator(Protocol):
    """
    Checks credentials against the store's records. Any thread may call.

    The checks raise :class:`~smscore.errors.AuthenticationFailed` and never say what was wrong. A
    change of a record is honoured within a second.
    """

    def password(self, username: str, password: str) -> Principal:
        """The user behind a name and password. Takes tens of milliseconds if not recalled."""
        ...

    def recall(self, username: str, password: str) -> Principal | None:
        """What :meth:`password` verified lately, at no cost; None means ask it."""
        ...

    def key(self, secret: str) -> Principal:
        """The account behind a provider key."""
        ...

    def recall_key(self, secret: str) -> Principal | None:
        """What :meth:`key` has found lately, without a look at the store; None means ask it."""
        ...

    def token(self, secret: str) -> Principal:
        """The account behind a queue token."""
        ...

    def recall_token(self, secret: str) -> Principal | None:
        """What :meth:`token` has found lately, without a look at the store; None means ask it."""
        ...

    def new_session(self, principal: Principal) -> Session:
        """
        A session of a user whose password was just checked; lasts :data:`SESSION_SECONDS`.

        Raises:
            PermissionDenied: this is no user, but a key, a token or the like.
        """
        ...

    def session(self, token: str) -> Principal:
        """
        The user behind a session, in any process with the same key file and store.

        A user whose password or permissions have changed, or who is gone, has no sessions left.
        """
        ...

    def hash_password(self, password: str) -> str: ...

    def new_key(self) -> IssuedKey: ...

    def derive_token(self, account: AccountId, *, generation: int) -> IssuedKey:
        """The queue token of an account: the same key file gives the same token."""
        ...

    def derive_secret(self, purpose: str, number: int, *, generation: int) -> str:
        """
        What signs webhooks: ``whsec_`` and 32 bytes in base64, the same from the same key file.

        Each purpose, number and generation has its own.
        """
        ...

"""
Who may act for an account: system users, provider keys and queue tokens. No secret is in here.
"""

import enum
from datetime import datetime

import attrs
from msgspec import Struct

from smscore.domain.messages import AccountId

__all__ = ["Permission", "Principal", "ProviderKey", "QueueToken", "User"]


class Permission(enum.StrEnum):
    """What a system user may do."""

    API_SEND = "api.send"
    API_STATUS = "api.status"
    CONSOLE = "console"
    METRICS = "metrics"
    ADMIN = "admin"


@attrs.frozen(kw_only=True)
class User:
    """A login of an account; its name is unique among all accounts."""

    name: str
    account: AccountId
    password_hash: str = attrs.field(repr=False)
    permissions: frozenset[Permission] = frozenset()


@attrs.frozen(kw_only=True)
class ProviderKey:
    """A key of the provider API: only its SHA-256 digest is kept, it was shown once."""

    digest: str
    account: AccountId
    created_at: datetime
    label: str = ""

    @property
    def id(self) -> str:
        """What people call it: the first twelve digits of its digest."""
        return self.digest[:12]


@attrs.frozen(kw_only=True)
class QueueToken:
    """
    A token of the queue API, derived from the key file, the account and the generation.

    Only its digest is stored; a higher generation replaces the one before.
    """

    digest: str
    account: AccountId
    generation: int


class Principal(Struct, frozen=True, kw_only=True):
    """
    Who is asking, after the credentials were checked. ``subject`` is safe to log.

    ``login`` stands for a user as that one was when the password was checked: another password,
    other permissions make another one. Keys and tokens have none.
    """

    account: AccountId
    subject: str
    permissions: frozenset[Permission] = frozenset()
    login: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether the permission is held."""
        return permission in self.permissions

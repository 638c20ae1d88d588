"""
What can be configured for the door: the table ``[smtp]`` and the tables below it.
"""

import enum
import re
from collections.abc import Mapping
from typing import Any

import attrs

from smscore.domain.accounts import is_name
from smscore.errors import ConfigurationError
from smscore.options import between, networks
from smscore.structuring import structure

__all__ = ["Client", "SmtpOptions", "TextFrom", "options_of"]

LOOPBACK = ("127.0.0.0/8", "::1/128")

_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", re.IGNORECASE)
_SENDER = re.compile(r"[^@\s<>]*@[^@\s<>]+")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")


class TextFrom(enum.StrEnum):
    """Which part of a mail is the text of the message."""

    BODY = "body"
    SUBJECT = "subject"
    BOTH = "both"


def _each(pattern: re.Pattern[str], example: str) -> Any:
    def check(_: object, attribute: "attrs.Attribute[Any]", values: Any) -> None:
        for value in values or ():
            if not pattern.fullmatch(value):
                raise ConfigurationError(f"{attribute.name} cannot hold {value!r}; write {example}")

    return check


def _account(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not is_name(value):
        raise ConfigurationError(f"{attribute.name} cannot be {value!r}; name an account")


def _inboxes(_: object, attribute: "attrs.Attribute[Any]", values: Mapping[str, str]) -> None:
    for address, account in values.items():
        if not _ADDRESS.fullmatch(address):
            raise ConfigurationError(
                f"{attribute.name} cannot hold {address!r}; write inbox@sms.example.org"
            )
        if account and not is_name(account):
            raise ConfigurationError(
                f"{attribute.name}.{address}: {account!r} is no name of an account"
            )


_SENDERS = _each(_SENDER, "name@example.org, or @example.org for everybody there")
_DOMAINS = _each(_DOMAIN, "sms.example.org")


@attrs.frozen(kw_only=True)
class Client:
    """
    Who may send for an account without a login: all that is given has to hold.

    A sender's address can be anything that the sender likes, so networks are what protects.
    """

    account: str = attrs.field(validator=_account)
    networks: tuple[str, ...] = attrs.field(default=LOOPBACK, validator=networks())
    senders: tuple[str, ...] | None = attrs.field(default=None, validator=_SENDERS)  # None: all
    domains: tuple[str, ...] | None = attrs.field(default=None, validator=_DOMAINS)  # None: all


@attrs.frozen(kw_only=True)
class SmtpOptions:
    """The table ``[smtp]``; times in seconds."""

    domains: tuple[str, ...] = attrs.field(validator=_DOMAINS)  # behind the @ of recipients
    host: str = "127.0.0.1"
    port: int = attrs.field(default=2525, validator=between(0, 65_535))
    hostname: str | None = None  # how the server greets; None: as the first domain
    text: TextFrom = TextFrom.BODY
    separator: str = "\n"  # between subject and body
    longest: int = attrs.field(default=1600, validator=between(1, 10_000))  # characters of a text
    networks: tuple[str, ...] | None = attrs.field(default=None, validator=networks())  # None: all
    allow: tuple[str, ...] | None = attrs.field(default=None, validator=_SENDERS)  # None: all
    deny: tuple[str, ...] = attrs.field(default=(), validator=_SENDERS)
    clients: tuple[Client, ...] = ()  # the first one that suits counts
    inboxes: Mapping[str, str] = attrs.field(factory=dict, validator=_inboxes)  # to account or ""
    certificate: str | None = None  # PEM; with it there is STARTTLS
    key: str | None = None  # None: in the file of the certificate
    require_tls: bool = False  # nothing but STARTTLS before it
    login_without_tls: bool = False  # also for who does not come from this machine
    connections: int = attrs.field(default=100, validator=between(1, 10_000))
    timeout: float = attrs.field(default=300.0, validator=between(0.1, 3600))

    def __attrs_post_init__(self) -> None:
        if not self.domains:
            raise ConfigurationError('domains are missing, such as ["sms.example.org"]')
        if self.certificate is None and (self.key is not None or self.require_tls):
            raise ConfigurationError("key and require_tls need a certificate")

    @property
    def name(self) -> str:
        """How the server greets."""
        return self.hostname or self.domains[0]


def options_of(content: Mapping[str, Any]) -> SmtpOptions:
    """
    The options in a table of the configuration.

    Raises:
        ConfigurationError: a key is unknown, a value is wrong, or one is missing.
    """
    return structure(content, SmtpOptions, where="smtp")

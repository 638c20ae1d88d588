"""
What can be configured for one relay.
"""

import enum
import re
from pathlib import Path

import attrs

from smscore.domain.recipients import EmailAddress
from smscore.errors import ConfigurationError, InvalidRequest
from smscore.options import is_absolute, is_positive, read_secret

__all__ = ["PLACEHOLDERS", "EmailOptions", "Tls"]

PLACEHOLDERS = ("text", "sender", "id")
"""What a subject may name in braces."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,255}")
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]+){3}|::1")
_LONGEST_LINE = 200


class Tls(enum.StrEnum):
    """How a connection to the relay is kept secret."""

    STARTTLS = "starttls"  # from the second word on, or not at all
    IMPLICIT = "implicit"  # from the beginning
    NONE = "none"


_PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


def _is_host(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not _HOST.fullmatch(value):
        raise ConfigurationError(f"{attribute.name} cannot be {value!r}; name the relay's host")


def _is_port(_: object, attribute: "attrs.Attribute[int | None]", value: int | None) -> None:
    if value is not None and not 1 <= value <= 65_535:
        raise ConfigurationError(f"{attribute.name} must be 1 to 65535, not {value}")


def _is_line(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not value.isprintable() or len(value) > _LONGEST_LINE:
        raise ConfigurationError(
            f"{attribute.name} must be one line of at most {_LONGEST_LINE} characters"
        )


def _is_subject(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if unknown := [name for name in _PLACEHOLDER.findall(value) if name not in PLACEHOLDERS]:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise ConfigurationError(f"{attribute.name} names {{{unknown[0]}}}; known are {known}")


def _is_address(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    try:
        address = EmailAddress.parse(value)
    except InvalidRequest as cause:
        raise ConfigurationError(f"{attribute.name}: {cause}") from cause
    if not address.local_part.isascii():
        raise ConfigurationError(f"{attribute.name} must be in ASCII: not every host could answer")


def _is_secret(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    # The value itself stays out of the message.
    if value is not None and not _can_be_said(value):
        raise ConfigurationError(f"{attribute.name} must be of printable ASCII characters")


def _can_be_said(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable()


@attrs.frozen(kw_only=True)
class EmailOptions:
    """The table of one channel whose transport is ``email``; times in seconds."""

    host: str = attrs.field(validator=_is_host)  # of the relay
    tls: Tls = attrs.field(default=Tls.STARTTLS, converter=Tls)
    port: int | None = attrs.field(default=None, validator=_is_port)  # None: the usual one
    username: str | None = attrs.field(default=None, validator=_is_secret)
    password: str | None = attrs.field(default=None, repr=False, validator=_is_secret)
    password_file: str | None = attrs.field(default=None, validator=is_absolute)
    ca_file: str | None = attrs.field(default=None, validator=is_absolute)  # None: the system's
    from_address: str = attrs.field(validator=_is_address)
    from_name: str = attrs.field(default="", validator=_is_line)  # unless a message names a sender
    subject: str = attrs.field(default="{text}", validator=[_is_line, _is_subject])
    timeout: float = attrs.field(default=20.0, validator=is_positive)  # for each answer but one:
    # RFC 5321, 4.5.3.2.6: ten minutes for the answer to a whole mail, or it might come twice.
    final_timeout: float = attrs.field(default=600.0, validator=is_positive)
    reconnect_delay: float = attrs.field(default=1.0, validator=is_positive)  # doubles up to 60

    def __attrs_post_init__(self) -> None:
        if self.password is not None and self.password_file is not None:
            raise ConfigurationError("a relay needs a password or a password_file, not both")
        has_password = (self.password or self.password_file) is not None
        if has_password is (self.username is None):
            raise ConfigurationError("username and password, or password_file, belong together")
        if has_password and self.tls is Tls.NONE and not _LOOPBACK.fullmatch(self.host):
            raise ConfigurationError(
                "without TLS everybody on the way could read the password; "
                'set tls = "starttls" or "implicit"'
            )

    @property
    def relay_port(self) -> int:
        """The port of the relay."""
        return self.port or _PORTS[self.tls]

    @property
    def sender(self) -> EmailAddress:
        """From whom all mail is, and who hears of what could not be delivered."""
        return EmailAddress.parse(self.from_address)

    def read_password(self) -> str:
        """
        The password, from its file if it is in one: whoever replaces it need not restart anything.

        Raises:
            ConfigurationError: there is no file with a password.
        """
        if self.password_file is None:
            return self.password or ""
        return read_secret(Path(self.password_file), key="password_file", what="password")

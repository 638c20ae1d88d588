"""
What options may be: checks for the fields of tables, and secrets from files.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from smscore.errors import ConfigurationError
from smscore.files import open_file

__all__ = [
    "Check",
    "between",
    "check_range",
    "checked_secret",
    "is_absolute",
    "is_plain_address",
    "is_positive",
    "plain_address",
    "read_secret",
]

Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]
"""A validator of attrs. What is not given is fine."""

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\])"
_SEGMENTS = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"  # RFC 3986, 3.3
_PLAIN_ADDRESS = re.compile(rf"https?://{_HOST}(?::[0-9]+)?(?:/{_SEGMENTS})?", re.IGNORECASE)

_LONGEST_SECRET = 1000


def is_positive(_: object, attribute: "attrs.Attribute[Any]", value: float | None) -> None:
    """A check: more than 0."""
    if value is not None and not value > 0:  # nor nan
        raise ConfigurationError(f"{attribute.name} must be more than 0, not {value}")


def between(lowest: float, highest: float, *, table: str = "") -> Check:
    """A check: from one number to another. ``table`` stands before the option, as ``"[smtp] "``."""

    def check(_: object, attribute: "attrs.Attribute[Any]", value: float | None) -> None:
        if value is not None:
            check_range(value, f"{table}{attribute.name}", lowest=lowest, highest=highest)

    return check


def check_range(value: float, key: str, *, lowest: float, highest: float) -> None:
    """
    Refuse what is not from ``lowest`` to ``highest``.

    Raises:
        ConfigurationError: it is not.
    """
    if not lowest <= value <= highest:  # nan is in no range
        raise ConfigurationError(f"{key} must be between {lowest} and {highest}, not {value}")


def is_absolute(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    """A check: a path from the root, so that it does not matter where the gateway was started."""
    if value is not None and not Path(value).is_absolute():
        raise ConfigurationError(f"{attribute.name} must begin with a slash, not be {value!r}")


def plain_address(example: str, *, table: str = "") -> Check:
    """A check: an address as :func:`is_plain_address` knows it, such as the example."""

    def check(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
        if value is not None and not is_plain_address(value):
            raise ConfigurationError(
                f"{table}{attribute.name} must be an address like {example}, "
                "without a login, a question mark or a hash"
            )

    return check


def is_plain_address(text: str) -> bool:
    """Whether it is an http or https address to which paths can be added, without a login."""
    try:
        port = urlsplit(text).port
    except ValueError:  # it has none, or one above 65535, or what is in brackets is no IPv6
        return False
    return _PLAIN_ADDRESS.fullmatch(text) is not None and port != 0


def read_secret(file: Path, *, key: str, what: str) -> str:
    """
    The secret in a file that the option ``key`` names; ``what`` is such as ``"token"``.

    Raises:
        ConfigurationError: it cannot be read, or does not hold one line of printable ASCII.
    """
    try:
        with open_file(file) as opened:
            found = opened.read(_LONGEST_SECRET + 2).decode("ascii")
    except (OSError, ValueError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else f"it holds no {what}"
        raise ConfigurationError(f"{key} {file} cannot be read: {reason}") from None
    return checked_secret(found, where=f"{key} {file}", what=what)


def checked_secret(found: str, *, where: str, what: str) -> str:
    """
    What was found there, without blanks around it.

    Raises:
        ConfigurationError: it is not one line of printable ASCII; the message does not hold it.
    """
    secret = found.strip()
    if not (0 < len(secret) <= _LONGEST_SECRET and secret.isascii() and secret.isprintable()):
        raise ConfigurationError(f"{where} holds no {what}; it is one line of ASCII characters")
    return secret

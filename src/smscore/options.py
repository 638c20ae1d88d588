"""
What options may be: checks for the fields of tables, and secrets from files.

A check names the key and not its table, which only those know who read the file.
"""

import re
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from smscore.errors import ConfigurationError
from smscore.files import open_file

__all__ = [
    "Check",
    "between",
    "checked_secret",
    "is_absolute",
    "is_given",
    "is_positive",
    "networks",
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


def between(lowest: float, highest: float) -> Check:
    """A check: from one number to another."""

    def check(_: object, attribute: "attrs.Attribute[Any]", value: float | None) -> None:
        if value is not None and not lowest <= value <= highest:  # nan is in no range
            raise ConfigurationError(
                f"{attribute.name} must be between {lowest} and {highest}, not {value}"
            )

    return check


def is_given(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    """A check: not empty, and fit for a path or a name of a host."""
    if value is not None and (not value or "\0" in value):
        raise ConfigurationError(f"{attribute.name} cannot be {value!r}")


def is_absolute(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    """
    A check: a path from the root, so that it does not matter where the gateway was started.

    One that is read from the configuration may be relative: it begins where that file is.
    """
    if value is not None and not Path(value).is_absolute():
        raise ConfigurationError(f"{attribute.name} must begin with a slash, not be {value!r}")


def networks(*words: str) -> Check:
    """A check: networks, or one of the words."""
    *ways, last = "10.0.0.0/8", "one address", *map(repr, words)
    remedy = f"write {', '.join(ways)} or {last}"

    def check(_: object, attribute: "attrs.Attribute[Any]", values: tuple[str, ...] | None) -> None:
        for network in values or ():
            try:
                if network not in words:
                    ip_network(network)
            except ValueError as cause:
                raise ConfigurationError(f"{attribute.name}: {cause}; {remedy}") from cause

    return check


def plain_address(example: str) -> Check:
    """A check: an http or https address to which paths can be added, such as the example."""

    def check(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
        if value is None or _is_plain_address(value):
            return
        shown = "this address" if {*"@?"} & {*value} else repr(value)  # it may hold a secret
        raise ConfigurationError(
            f"{attribute.name} cannot be {shown}: it is an address such as {example}, with a port "
            "up to 65535 or none, without a login, a question mark or a hash"
        )

    return check


def _is_plain_address(text: str) -> bool:
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

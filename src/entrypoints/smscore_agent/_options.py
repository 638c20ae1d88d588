"""
What can be configured for the agent, and where its token comes from.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from smscore.domain.accounts import is_name
from smscore.errors import ConfigurationError
from smscore.files import open_file
from smscore.structuring import is_plain_address

__all__ = ["MOST_AT_ONCE", "AgentOptions", "token_reader"]

MOST_AT_ONCE = 200
"""Messages that a server hands out in one answer, at most."""

_LONGEST_DEVICE = 15
_LONGEST_TOKEN = 1000


def _is_address(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not is_plain_address(value):
        raise ConfigurationError(
            f"[agent] {attribute.name} must be an address like https://gateway.example/api, "
            "without a login, a question mark or a hash"
        )


def _is_device(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value is None or (0 < len(value) <= _LONGEST_DEVICE and value.isprintable()):
        return
    raise ConfigurationError(
        f"[agent] {attribute.name} must have 1 to {_LONGEST_DEVICE} characters, not be {value!r}"
    )


def _is_account(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not is_name(value):
        raise ConfigurationError(
            f"[agent] {attribute.name} cannot be {value!r}; use 1 to 64 letters, digits, dots, "
            "hyphens or _"
        )


def _between(lowest: float, highest: float) -> Any:
    def check(_: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
        if not lowest <= value <= highest:  # nan is in no range
            raise ConfigurationError(
                f"[agent] {attribute.name} must be between {lowest} and {highest}, not {value}"
            )

    return check


@attrs.frozen(kw_only=True)
class AgentOptions:
    """The table ``[agent]``; times in seconds."""

    server: str = attrs.field(validator=_is_address)  # ends in /api, as a rule
    token_file: str | None = None  # None: the token is in the environment
    device: str | None = attrs.field(default=None, validator=_is_device)  # None: nameless
    account: str = attrs.field(default="agent", validator=_is_account)  # whose the messages are
    poll_every: float = attrs.field(default=5.0, validator=_between(0.05, 3600))
    batch: int = attrs.field(default=10, validator=_between(1, MOST_AT_ONCE))  # waiting at once
    # How long a delivery report may take until "sent" counts as success.
    delivery_patience: float = attrs.field(default=120.0, validator=_between(0, 604_800))
    reconnect_delay: float = attrs.field(default=1.0, validator=_between(0.01, 300))  # doubles
    timeout: float = attrs.field(default=10.0, validator=_between(0.1, 120))  # for each answer


def token_reader(*, file: Path | None, given: str | None) -> Callable[[], str]:
    """
    What reads the token each time it is used: whoever replaces the file need not restart anything.

    Raises:
        ConfigurationError: there is neither a file nor a token, or both; also when it is read, if
            what is there is no token.
    """
    if (file is None) is (given is None):
        raise ConfigurationError(
            "the agent needs its token either in the [agent] token_file or in the environment "
            "variable SMSCORE_AGENT_TOKEN"
        )
    if file is None:
        token = _checked(given or "", "SMSCORE_AGENT_TOKEN")
        return lambda: token
    return lambda: _read(file)


def _read(file: Path) -> str:
    try:
        with open_file(file) as opened:
            found = opened.read(_LONGEST_TOKEN + 2).decode("ascii")
    except (OSError, ValueError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else "it holds no token"
        raise ConfigurationError(f"[agent] token_file {file} cannot be read: {reason}") from None
    return _checked(found, f"[agent] token_file {file}")


def _checked(found: str, where: str) -> str:
    token = found.strip()
    if not (0 < len(token) <= _LONGEST_TOKEN and token.isascii() and token.isprintable()):
        # What was found stays out of the message.
        raise ConfigurationError(f"{where} holds no token; it is one line of ASCII characters")
    return token

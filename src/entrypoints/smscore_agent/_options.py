"""
What can be configured for the agent, and where its token comes from.
"""

from collections.abc import Callable
from pathlib import Path

import attrs

from smscore.domain.accounts import is_name
from smscore.errors import ConfigurationError
from smscore.options import between, checked_secret, plain_address, read_secret

__all__ = ["MOST_AT_ONCE", "AgentOptions", "token_reader"]

MOST_AT_ONCE = 200
"""Messages that a server hands out in one answer, at most."""

_LONGEST_DEVICE = 15
_ADDRESS = plain_address("https://gateway.example/api")


def _is_device(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value is None or (0 < len(value) <= _LONGEST_DEVICE and value.isprintable()):
        return
    raise ConfigurationError(
        f"{attribute.name} must have 1 to {_LONGEST_DEVICE} characters, not be {value!r}"
    )


def _is_account(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not is_name(value):
        raise ConfigurationError(
            f"{attribute.name} cannot be {value!r}; use 1 to 64 letters, digits, dots, hyphens or _"
        )


@attrs.frozen(kw_only=True)
class AgentOptions:
    """The table ``[agent]``; times in seconds."""

    server: str = attrs.field(validator=_ADDRESS)  # ends in /api, as a rule
    token_file: str | None = None  # None: the token is in the environment
    device: str | None = attrs.field(default=None, validator=_is_device)  # None: nameless
    account: str = attrs.field(default="agent", validator=_is_account)  # whose the messages are
    poll_every: float = attrs.field(default=5.0, validator=between(0.05, 3600))
    batch: int = attrs.field(default=10, validator=between(1, MOST_AT_ONCE))  # waiting at once
    # How long a delivery report may take until "sent" counts as success.
    delivery_patience: float = attrs.field(default=120.0, validator=between(0, 604_800))
    reconnect_delay: float = attrs.field(default=1.0, validator=between(0.01, 300))  # doubles
    timeout: float = attrs.field(default=10.0, validator=between(0.1, 120))  # for each answer


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
        token = checked_secret(given or "", where="SMSCORE_AGENT_TOKEN", what="token")
        return lambda: token
    return lambda: read_secret(file, key="[agent] token_file", what="token")

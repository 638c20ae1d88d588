"""
What can be configured for one modem.
"""

import re
from typing import Any

import attrs

from smscore.errors import ConfigurationError

__all__ = ["ModemOptions"]

_PIN = re.compile(r"[0-9]{4,8}")
_CENTRE = re.compile(r"\+?[0-9]{3,20}")


def _is_pin(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    # The value itself stays out of the message.
    if value is not None and not _PIN.fullmatch(value):
        raise ConfigurationError(f"{attribute.name} must be 4 to 8 digits, written as a string")


def _is_number(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value is not None and not _CENTRE.fullmatch(value):
        raise ConfigurationError(f"{attribute.name} must be a number like +491710760000")


def _is_positive(_: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if value <= 0:
        raise ConfigurationError(f"{attribute.name} must be more than 0, not {value}")


@attrs.frozen(kw_only=True)
class ModemOptions:
    """The table of one channel whose transport is ``modem``; times in seconds."""

    port: str  # a path that stays the same, such as one below /dev/serial/by-id
    baudrate: int = attrs.field(default=115_200, validator=_is_positive)
    pin: str | None = attrs.field(default=None, repr=False, validator=_is_pin)
    centre: str | None = attrs.field(default=None, validator=_is_number)  # if the SIM has none
    # The network's own timers alone can take 40 s; too early an end leaves a message in doubt.
    response_timeout: float = attrs.field(default=120.0, validator=_is_positive)
    ready_timeout: float = attrs.field(default=15.0, validator=_is_positive)  # that a send waits
    reconnect_delay: float = attrs.field(default=1.0, validator=_is_positive)  # doubles up to 60
    poll_interval: float = attrs.field(default=60.0, validator=_is_positive)  # when nothing happens

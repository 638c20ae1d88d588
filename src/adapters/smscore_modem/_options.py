"""
What can be configured for one modem.
"""

import re
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from smscore.errors import ConfigurationError
from smscore.options import is_positive
from smscore.structuring import nearest
from smscore_modem._profiles import PROFILES

__all__ = ["Hooks", "ModemOptions"]

_PIN = re.compile(r"[0-9]{4,8}")
_SCHEMES = ("socket", "rfc2217")
_IMEI = re.compile(r"[0-9]{15}")
_CENTRE = re.compile(r"\+?[0-9]{3,20}")


def _is_pin(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    # The value itself stays out of the message.
    if value is not None and not _PIN.fullmatch(value):
        raise ConfigurationError(f"{attribute.name} must be 4 to 8 digits, written as a string")


def _is_number(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value is not None and not _CENTRE.fullmatch(value):
        raise ConfigurationError(f"{attribute.name} must be a number like +491710760000")


def _is_port(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value == "" or ("://" in (value or "") and not _is_address(value or "")):
        raise ConfigurationError(
            f"{attribute.name} must be a path, or an address like "
            f"{' or '.join(f'{scheme}://HOST:PORT' for scheme in _SCHEMES)}, not {value!r}"
        )


def _is_address(text: str) -> bool:
    try:
        found = urlsplit(text)
        return found.scheme in _SCHEMES and bool(found.hostname and found.port)
    except ValueError:  # its host or its port is none
        return False


def _is_imei(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value is not None and not _IMEI.fullmatch(value):
        raise ConfigurationError(f"{attribute.name} must be 15 digits, written as a string")


def _is_profile(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    if value is not None and value not in PROFILES:
        raise ConfigurationError(
            f"{attribute.name}: no profile is called {value!r}{nearest(value, PROFILES)}"
        )


def _is_not_negative(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not value >= 0:  # nor nan
        raise ConfigurationError(f"{attribute.name} must be at least 0, not {value}")


def _is_ceiling(_: object, attribute: "attrs.Attribute[int | None]", value: int | None) -> None:
    if value is not None and value <= 0:
        raise ConfigurationError(
            f"{attribute.name} must be more than 0, not {value}; leave it out for no ceiling"
        )


def _is_share(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not 0 <= value < 1:
        raise ConfigurationError(
            f"{attribute.name} must be at least 0 and less than 1, such as 0.1 for a tenth, "
            f"not {value}"
        )


def _is_zone(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"{attribute.name} must be the name of a time zone like Europe/Berlin, not {value!r}"
        ) from error


@attrs.frozen(kw_only=True)
class Hooks:
    """
    Programs that help a modem which does not help itself any more: a word per argument.

    ``{channel}`` and ``{port}`` in them are replaced.
    """

    usb_reset: tuple[str, ...] = ()
    power_cycle: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class ModemOptions:
    """The table of one channel whose transport is ``modem``; times in seconds."""

    # A path that stays the same, such as one below /dev/serial/by-id, or an address as
    # socket://host:port or rfc2217://host:port. Without it all ports are searched for the IMEI.
    port: str | None = attrs.field(default=None, validator=_is_port)
    imei: str | None = attrs.field(default=None, validator=_is_imei)
    profile: str | None = attrs.field(default=None, validator=_is_profile)  # None: by identity
    baudrate: int = attrs.field(default=115_200, validator=is_positive)
    pin: str | None = attrs.field(default=None, repr=False, validator=_is_pin)
    centre: str | None = attrs.field(default=None, validator=_is_number)  # if the SIM has none
    # The network's own timers alone can take 40 s; too early an end leaves a message in doubt.
    # None: as long as the profile says.
    response_timeout: float | None = attrs.field(default=None, validator=is_positive)
    ready_timeout: float = attrs.field(default=15.0, validator=is_positive)  # that a send waits
    reconnect_delay: float = attrs.field(default=1.0, validator=is_positive)  # doubles up to 60
    # Between two looks when nothing happens; None: as the profile says.
    poll_interval: float | None = attrs.field(default=None, validator=is_positive)
    roaming: bool = False  # whether to send while roaming, which may cost more
    hooks: Hooks = attrs.Factory(Hooks)
    # What one SIM sends at most, in parts; networks block SIMs that send like a machine.
    gap: float = attrs.field(default=3.0, validator=_is_not_negative)  # of two messages' beginnings
    per_minute: int | None = attrs.field(default=None, validator=_is_ceiling)  # None: no ceiling
    per_hour: int | None = attrs.field(default=None, validator=_is_ceiling)
    per_day: int | None = attrs.field(default=None, validator=_is_ceiling)
    per_month: int | None = attrs.field(default=None, validator=_is_ceiling)
    # The share of each ceiling that only messages of high priority may use.
    reserve: float = attrs.field(default=0.0, validator=_is_share)
    time_zone: str = attrs.field(default="UTC", validator=_is_zone)  # of the days and months

    def __attrs_post_init__(self) -> None:
        if self.port is None and self.imei is None:
            raise ConfigurationError("a modem needs its port, or its imei to be searched for")

    @property
    def daily_parts(self) -> float | None:
        """How many parts a day the ceilings allow; None: there are none."""
        rates = (
            (self.per_minute, 24 * 60),
            (self.per_hour, 24),
            (self.per_day, 1),
            (self.per_month, 1 / 30),
        )
        return min((most * times for most, times in rates if most is not None), default=None)

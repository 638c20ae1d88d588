"""
Times of a rule: hours of a day by the clocks of a zone, on some days of the week.
"""

import enum
import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from smscore.errors import InvalidRequest

__all__ = ["Weekday", "Window"]

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_MIDNIGHT = "24:00"


class Weekday(enum.StrEnum):
    """In the order in which Python counts them."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@attrs.frozen(kw_only=True)
class Window:
    """
    When the clocks of ``zone`` show a time from ``begins`` on and before ``ends``.

    What counts is the clock on the wall. So a time that a zone skips when it puts its clocks
    forward is never in a window, and one that it repeats when it puts them back is in it twice. A
    window that ends before it begins lasts until the next day, and belongs to the day on which it
    began. No ``weekdays``: every day.
    """

    zone: str
    weekdays: tuple[Weekday, ...] = ()
    begins: str = "00:00"
    ends: str = _MIDNIGHT

    def __attrs_post_init__(self) -> None:
        for time, is_end in ((self.begins, False), (self.ends, True)):
            if not (_CLOCK.fullmatch(time) or (is_end and time == _MIDNIGHT)):
                raise InvalidRequest(f"{time!r} is no time of a day; write it like '08:00'")
        if self.begins == self.ends:
            raise InvalidRequest(f"a window cannot end at {self.ends} when it begins then")
        _zone(self.zone)

    def holds(self, at: datetime) -> bool:
        """Whether a moment is in the window."""
        local = at.astimezone(_zone(self.zone))
        clock = f"{local.hour:02}:{local.minute:02}"  # compares as the times do
        today = local.weekday()
        if self.begins < self.ends:
            return self.begins <= clock < self.ends and self._is_on(today)
        if clock >= self.begins:
            return self._is_on(today)
        return clock < self.ends and self._is_on(today - 1)

    def _is_on(self, day: int) -> bool:
        return not self.weekdays or _DAYS[day] in self.weekdays


_DAYS = tuple(Weekday)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise InvalidRequest(
            f"there is no time zone {name[:70]!r}; take one such as 'Europe/Berlin'"
        ) from cause

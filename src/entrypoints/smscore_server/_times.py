"""
Moments and spans as people type them: ``2026-12-24``, ``2026-12-24T18:00``, ``90d``, ``1h30m``.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import attrs
import click

__all__ = ["When", "parse_ago", "parse_ahead", "parse_span"]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPAN = re.compile(
    r"(?=[0-9])(?:([0-9]{1,9})w)?(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?"
    r"(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?"
)
_LONGEST = timedelta(days=36_500)
_YEARS = range(1970, 9000)


@attrs.frozen(kw_only=True)
class When:
    """A moment as it was typed: a day, a time of some day, or a span from now."""

    day: date | None = None
    moment: datetime | None = None  # its zone may be left open
    span: timedelta = timedelta()

    def begin(self, now: datetime, *, zone: tzinfo = UTC) -> datetime:
        """The moment; of a day, its first one. ``zone`` is that of what was typed without any."""
        if self.day is not None:
            return datetime.combine(self.day, time(), tzinfo=zone)
        if self.moment is not None:
            return self.moment if self.moment.tzinfo else self.moment.replace(tzinfo=zone)
        return now + self.span

    def end(self, now: datetime, *, zone: tzinfo = UTC) -> datetime:
        """The moment; of a day, the one at which it is over."""
        if self.day is not None:
            following = self.day + timedelta(days=1)
            return datetime.combine(following, time(), tzinfo=zone)
        return self.begin(now, zone=zone)


def parse_span(_ctx: click.Context, _param: click.Parameter, text: str | None) -> timedelta | None:
    """The callback of an option that takes a span of time, longer than none."""
    if text is None:
        return None
    span = _span(text)
    if span is None:
        raise click.BadParameter(f"{text!r} is not a duration such as 90d, 12h or 1h30m")
    return span


def parse_ahead(_ctx: click.Context, _param: click.Parameter, text: str | None) -> When | None:
    """The callback of an option that takes a moment, or a span from now on."""
    return None if text is None else _when(text, sign=1)


def parse_ago(_ctx: click.Context, _param: click.Parameter, text: str | None) -> When | None:
    """The callback of an option that takes a moment, or how long ago it was."""
    return None if text is None else _when(text, sign=-1)


def _when(text: str, *, sign: int) -> When:
    if span := _span(text):
        return When(span=sign * span)
    if (when := _moment(text)) is not None:
        return when
    raise click.BadParameter(
        f"{text!r} is neither a time such as 2026-12-24, 2026-12-24T18:00 or "
        "2026-12-24T18:00+01:00, nor a duration such as 2h"
    )


def _moment(text: str) -> When | None:
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return When(day=day) if day.year in _YEARS else None
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return When(moment=moment) if moment.year in _YEARS else None


def _span(text: str) -> timedelta | None:
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    weeks, days, hours, minutes, seconds = (int(digits or 0) for digits in found.groups())
    try:
        span = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
    return span if timedelta() < span <= _LONGEST else None

"""
How fast and how much one SIM sends: ceilings for a minute, an hour, a day and a month, in parts.

They belong to the SIM and outlive the process. Days and months are those of the operator's time
zone.
"""

import enum
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

import attrs

from smscore.domain.messages import Priority
from smscore.ports.transport import Journal

__all__ = ["Ceilings", "Exhausted", "Pace", "Period", "Tally"]


class Period(enum.StrEnum):
    """For how long a ceiling holds, from its beginning on the clock."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"

    def begin(self, moment: datetime, zone: tzinfo) -> datetime:
        """When the period began that the moment is in."""
        if self is Period.MINUTE:
            return moment.astimezone(UTC).replace(second=0, microsecond=0)
        if self is Period.HOUR:
            return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        day = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return (day.replace(day=1) if self is Period.MONTH else day).astimezone(UTC)

    def end(self, moment: datetime, zone: tzinfo) -> datetime:
        """When it will be over."""
        begin = self.begin(moment, zone)
        # So far from the beginning of a period, the next one is running, whatever clocks do.
        span = {
            Period.MINUTE: timedelta(minutes=1),
            Period.HOUR: timedelta(hours=1),
            Period.DAY: timedelta(hours=36),
            Period.MONTH: timedelta(days=33),
        }
        return self.begin(begin + span[self], zone)


@attrs.frozen(kw_only=True)
class Ceilings:
    """
    How many parts at most; None: as many as there are.

    ``reserve`` is the share of each that only urgent messages may use, in whole parts.
    """

    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    per_month: int | None = None
    reserve: float = 0.0

    def items(self) -> tuple[tuple[Period, int], ...]:
        """Those that are set, the longest period first."""
        found = (
            (Period.MONTH, self.per_month),
            (Period.DAY, self.per_day),
            (Period.HOUR, self.per_hour),
            (Period.MINUTE, self.per_minute),
        )
        return tuple((period, most) for period, most in found if most is not None)

    def kept_from(self, priority: Priority, *, most: int) -> int:
        """How many of so many parts a message of this priority may not use: never all of them."""
        if priority >= Priority.HIGH:
            return 0
        return int(round(most * self.reserve, 6))  # 0.29 of 100 is a little less than 29


@attrs.frozen(kw_only=True)
class Exhausted:
    """
    A ceiling that leaves no room, and when its period ends.

    Of the ceiling's parts, ``kept`` are not for the message that was asked about.
    """

    period: Period
    ceiling: int
    kept: int
    until: datetime

    def __str__(self) -> str:
        moment = self.until.isoformat(timespec="seconds")
        if not self.kept:
            return (
                f"the SIM has sent its {self.ceiling} parts of this {self.period}; until {moment}"
            )
        return (
            f"of the SIM's {self.ceiling} parts of this {self.period}, {self.kept} are kept for "
            f"urgent messages, and the others are sent; until {moment}"
        )


@attrs.frozen(kw_only=True)
class Tally:
    """The parts that were sent in the periods that are running."""

    counts: Mapping[Period, tuple[datetime, int]] = attrs.field(factory=dict)

    def used(self, period: Period, *, begin: datetime) -> int:
        """Parts in the period that began then."""
        began, count = self.counts.get(period, (begin, 0))
        return count if began == begin else 0

    def changed(self, by: int, *, now: datetime, zone: tzinfo) -> "Tally":
        """With so many parts more in each period, or fewer."""
        begins = {period: period.begin(now, zone) for period in Period}
        return Tally(
            counts={
                period: (begin, max(0, self.used(period, begin=begin) + by))
                for period, begin in begins.items()
            }
        )

    def exhausted(
        self, ceilings: Ceilings, *, parts: int, priority: Priority, now: datetime, zone: tzinfo
    ) -> Exhausted | None:
        """
        The longest ceiling that has no room for so many parts of a message of this priority.

        What is larger than a ceiling goes into a period that is still empty, or it never would.
        """
        for period, most in ceilings.items():
            used = self.used(period, begin=period.begin(now, zone))
            kept = ceilings.kept_from(priority, most=most)
            if used and used + parts > most - kept:
                until = period.end(now, zone)
                return Exhausted(period=period, ceiling=most, kept=kept, until=until)
        return None

    def dump(self) -> bytes:
        """For the journal."""
        written = {str(period): [at.isoformat(), n] for period, (at, n) in self.counts.items()}
        return json.dumps(written).encode()

    @classmethod
    def load(cls, data: bytes | None) -> "Tally":
        """As :meth:`dump` wrote it; an empty one from anything else."""
        try:
            written = json.loads(data or b"{}")
            counts = {
                Period(period): (datetime.fromisoformat(at).astimezone(UTC), int(n))
                for period, (at, n) in written.items()
            }
        except (ValueError, TypeError, AttributeError):
            return cls()
        return cls(counts=counts)


class Pace:
    """The ceilings of the SIM in one modem; counted by one thread, looked at by any."""

    def __init__(self, *, ceilings: Ceilings, zone: tzinfo, journal: Journal) -> None:
        self._ceilings = ceilings
        self._zone = zone
        self._journal = journal
        self._lock = threading.Lock()  # so that no count is overwritten by what was read before
        self._sim: str | None = None
        self._tally = Tally()

    def look_at(self, sim: str) -> None:
        """From now on this SIM is meant."""
        with self._lock:
            if sim != self._sim:
                self._tally = Tally.load(self._journal.get(_key(sim)) if self._has_any else None)
                self._sim = sim

    def exhausted(self, *, parts: int, priority: Priority, now: datetime) -> Exhausted | None:
        """What forbids to send so many parts of a message of this priority now."""
        return self._tally.exhausted(
            self._ceilings, parts=parts, priority=priority, now=now, zone=self._zone
        )

    def facts(self, *, now: datetime) -> dict[str, str]:
        """How far each ceiling has been used, for people."""
        tally, zone = self._tally, self._zone
        return {
            f"sent this {period}": f"{tally.used(period, begin=period.begin(now, zone))} of {most}"
            for period, most in self._ceilings.items()
        }

    def count(self, by: int, *, now: datetime) -> None:
        """One more part, or one that did not leave after all; returns when that is durable."""
        with self._lock:
            if self._has_any and self._sim is not None:
                self._tally = self._tally.changed(by, now=now, zone=self._zone)
                self._journal.put(_key(self._sim), self._tally.dump())

    @property
    def _has_any(self) -> bool:
        return bool(self._ceilings.items())


def _key(sim: str) -> str:
    return f"pace/{sim}"

"""
Time, as the services see it.
"""

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """The only source of datetimes; they are aware. How long something takes is another matter."""

    def now(self) -> datetime:
        """This moment, in UTC. Somebody may set the clock at any time, forwards or back."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, which go on evenly when somebody sets the clock."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    monotonic = staticmethod(time.monotonic)

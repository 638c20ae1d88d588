"""
Alarms for waiting requests, nearly all of which are called off before they ring.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

__all__ = ["Alarm", "Alarms"]

_STEP = 0.02  # seconds


class Alarm(Struct, eq=False):
    """What to call when the loop's clock has passed ``end``."""

    end: float
    ring: Callable[[], object]
    has_rung: bool = False


class Alarms:
    """
    One per event loop; used on its thread.

    One timer of the loop looks after all of them, because a timer each cost a request as much as
    its form. So they ring up to 20 ms late.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._pending: set[Alarm] = set()
        self._is_looking = False

    def at(self, end: float, ring: Callable[[], object]) -> Alarm:
        """Set one. Whoever does so also calls it off."""
        alarm = Alarm(end, ring)
        self._pending.add(alarm)
        if not self._is_looking:
            self._is_looking = True
            self.loop.call_later(_STEP, self._look)
        return alarm

    def call_off(self, alarm: Alarm) -> None:
        """Let it not ring any more, if it has not."""
        self._pending.discard(alarm)

    def _look(self) -> None:
        self._is_looking = bool(self._pending)
        if self._is_looking:
            self.loop.call_later(_STEP, self._look)
        now = self.loop.time()
        for alarm in [alarm for alarm in self._pending if alarm.end <= now]:
            self._pending.discard(alarm)
            alarm.has_rung = True
            alarm.ring()

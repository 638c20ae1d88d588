"""
How late it is for what must not be forgotten too early, when the clock leaps.
"""

from datetime import datetime, timedelta

from smscore.ports.clock import Clock

__all__ = ["CautiousClock"]

_CORRECTION = timedelta(seconds=30)
"""Clocks are corrected by less all the time."""


class CautiousClock:
    """
    A clock that is not believed at once when it shows more time than has passed here.

    It may have been set ahead by mistake, and be set back soon. So it is believed after it has been
    ahead for ``doubt``, and until then time goes on as it did before. Whoever makes one while the
    clock is ahead already does not notice. Any thread may call.
    """

    def __init__(self, clock: Clock, *, doubt: timedelta) -> None:
        self._clock = clock
        self._doubt = doubt
        passed = timedelta(seconds=clock.monotonic())
        # When nothing had passed yet, by what is believed; and since when another one is shown.
        self._state = clock.now() - passed, clock.now() - passed, passed

    def now(self) -> datetime:
        """This moment, or an earlier one while there is doubt."""
        shown, passed = self._clock.now(), timedelta(seconds=self._clock.monotonic())
        believed, leapt, since = self._state
        start = shown - passed
        if start - believed <= _CORRECTION:
            self._state = start, start, passed
            return shown
        if start - leapt > _CORRECTION:
            since = passed  # ahead, or further ahead
        if passed - since >= self._doubt:
            believed = start
        self._state = believed, start, since
        return believed + passed

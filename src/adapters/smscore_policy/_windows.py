"""
Moving windows over the `limits` library, with a bounded number of callers.
"""

import math
import threading
import time
from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING

from smscore.ports.policy import Rate, RateState

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import MemoryStorage
    from limits.strategies import MovingWindowRateLimiter

__all__ = ["MovingWindows"]

_MOST_CALLERS = 10_000
_CORRECTED = 1.0
"""Seconds by which a clock may be set back without a word; somebody may have to wait for longer."""


class MovingWindows:
    """
    Counts the calls of each caller; exact for one process. Any thread may call.

    ``most_callers`` bounds the memory: whoever has been silent the longest is forgotten first, and
    whoever has been silent for a whole window as soon as another caller comes. When the clock is
    set back, all begin anew: they would be refused until it is as late again.
    """

    def __init__(self, *, most_callers: int = _MOST_CALLERS) -> None:
        self._most_callers = most_callers
        self._lock = threading.Lock()  # a count and its state belong together
        self._items: dict[Rate, RateLimitItem] = {}
        self._empty_at: OrderedDict[str, float] = OrderedDict()  # windows by key, oldest call first
        self._latest = 0.0

    def hit(self, caller: str, *, rate: Rate) -> RateState:
        """Count one call of ``caller``; a refused one is not counted."""
        item = self._items.get(rate) or self._item(rate)
        with self._lock:
            now = self._now()
            is_allowed = self._limiter.hit(item, caller)
            stats = self._limiter.get_window_stats(item, caller)
            self._keep_in_bounds(item.key_for(caller), empty_at=now + rate.seconds, now=now)
        return RateState(
            is_allowed=is_allowed,
            limit=rate.amount,
            remaining=max(0, stats.remaining),
            reset=min(rate.seconds, max(1, math.ceil(stats.reset_time - now))),
        )

    def _now(self) -> float:
        now = time.time()  # the clock of the library
        if now < self._latest - _CORRECTED:
            self._storage.reset()
            self._empty_at.clear()
        self._latest = now
        return now

    def _keep_in_bounds(self, key: str, *, empty_at: float, now: float) -> None:
        is_new = key not in self._empty_at
        self._empty_at[key] = empty_at
        self._empty_at.move_to_end(key)
        while is_new and self._empty_at:
            oldest, its_end = next(iter(self._empty_at.items()))
            if now < its_end and len(self._empty_at) <= self._most_callers:
                return
            # The library never forgets a key by itself, and visits all of them to expire entries.
            self._storage.clear(oldest)
            del self._empty_at[oldest]

    def _item(self, rate: Rate) -> "RateLimitItem":
        from limits import RateLimitItemPerSecond

        return self._items.setdefault(rate, RateLimitItemPerSecond(rate.amount, rate.seconds))

    # Made when first needed: the library takes its time to import, and makes a thread.

    @cached_property
    def _storage(self) -> "MemoryStorage":
        from limits.storage import MemoryStorage

        return MemoryStorage()

    @cached_property
    def _limiter(self) -> "MovingWindowRateLimiter":
        from limits.strategies import MovingWindowRateLimiter

        return MovingWindowRateLimiter(self._storage)

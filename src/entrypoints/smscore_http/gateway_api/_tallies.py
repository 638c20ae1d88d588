"""
Counts of messages, kept for a while: whoever may ask without a login is not to keep the store busy.
"""

import threading
from datetime import timedelta

import attrs

from smscore import Gateway
from smscore.ports.storage import Tally

__all__ = ["Tallies"]

_LATELY = timedelta(hours=24)
_KEPT = 1.0  # seconds
_SPARED = 50  # times as long as counting took: it is busy for a fiftieth of the time at most


@attrs.frozen(kw_only=True)
class _Count:
    tally: Tally
    fresh_until: float  # on the monotonic clock


class Tallies:
    """All messages, those that wait, and those that have failed in the last 24 hours."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._counting = threading.Lock()
        self._last: _Count | None = None

    def latest(self) -> Tally:
        """
        The counts, at most a second old if counting is fast. Any thread may call; blocks.

        While somebody counts, everybody else gets what was counted before.
        """
        before = self._last
        if before is not None and self._is_fresh(before):
            return before.tally
        if not self._counting.acquire(blocking=before is None) and before is not None:
            return before.tally
        try:
            return self._count_after(before)
        finally:
            self._counting.release()

    def _is_fresh(self, count: _Count) -> bool:
        return self._gateway.clock.monotonic() < count.fresh_until

    def _count_after(self, before: _Count | None) -> Tally:
        last = self._last
        if last is None or last is before:  # else somebody has counted while we waited
            last = self._last = self._count()
        return last.tally

    def _count(self) -> _Count:
        clock = self._gateway.clock
        began = clock.monotonic()
        tally = self._gateway.inquiry.tally(since=clock.now() - _LATELY)
        ended = clock.monotonic()
        return _Count(tally=tally, fresh_until=ended + max(_KEPT, _SPARED * (ended - began)))

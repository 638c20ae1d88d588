"""
Counts of messages, kept for a while: whoever may ask without a login is not to keep the store busy.
"""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

from smscore import Gateway
from smscore.ports.storage import Tally
from smscore_http._kept import Kept

__all__ = ["tallies"]

_LATELY = timedelta(hours=24)


def tallies(
    gateway: Gateway, *, start: Callable[[Callable[[], Tally]], Future[Tally]]
) -> Kept[Tally]:
    """
    All messages, those that wait, and those that have failed in the last 24 hours.

    ``start`` calls on another thread.
    """

    def count() -> Tally:
        return gateway.inquiry.tally(since=gateway.clock.now() - _LATELY)

    return Kept(count, monotonic=gateway.clock.monotonic, start=start)

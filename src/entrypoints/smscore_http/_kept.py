"""
An answer that is kept for a while: whoever asks often is not to keep the store busy.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

import attrs

__all__ = ["Kept"]

T = TypeVar("T")

_KEPT = 1.0  # seconds
_WAITED_FOR = 0.2  # seconds; of what takes longer the answer before is told
_SPARED = 50  # times as long as asking took: it is busy for a fiftieth of the time at most


@attrs.frozen
class _Answer(Generic[T]):
    content: T
    took: float  # seconds
    fresh_until: float  # on the monotonic clock


class Kept(Generic[T]):
    """
    What ``ask`` says, which may take long; ``monotonic`` are seconds.

    ``start`` calls on another thread, and may leave it.
    """

    def __init__(
        self,
        ask: Callable[[], T],
        *,
        monotonic: Callable[[], float],
        start: Callable[[Callable[[], T]], Future[T]],
    ) -> None:
        self._ask = ask
        self._monotonic = monotonic
        self._start = start
        self._asking = threading.Lock()
        self._last: _Answer[T] | None = None

    def latest(self) -> T:
        """
        The answer, at most a second old if it comes fast. Any thread may call; blocks.

        While somebody asks, everybody else gets the answer before; if that took long, so does
        whoever asks.
        """
        before = self._last
        if before is not None and self._monotonic() < before.fresh_until:
            return before.content
        if not self._asking.acquire(blocking=before is None) and before is not None:
            return before.content
        if before is not None and before.took > _WAITED_FOR:
            future = self._start(lambda: self._asked_after(before))
            future.add_done_callback(self._has_asked)
            return before.content
        try:
            return self._asked_after(before)
        finally:
            self._asking.release()

    def _has_asked(self, future: Future[T]) -> None:
        if future.cancelled() or future.exception() is not None:
            self._last = None  # so that the next one is told
        self._asking.release()

    def _asked_after(self, before: _Answer[T] | None) -> T:
        last = self._last
        if last is None or last is before:  # else somebody has asked while we waited
            began = self._monotonic()
            content = self._ask()
            ended = self._monotonic()
            last = self._last = _Answer(
                content, ended - began, ended + max(_KEPT, _SPARED * (ended - began))
            )
        return last.content

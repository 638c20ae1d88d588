"""
From futures of other threads to an event loop: results cross in batches, not one by one.
"""

import asyncio
from collections import deque
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any, TypeVar

from smscore.errors import StoreUnavailable

__all__ = ["Bridge"]

T = TypeVar("T")


class Bridge:
    """
    One per event loop; :meth:`wait` is called on its thread.

    What resolves while a drain is pending joins it, so that a commit that resolves dozens of
    futures wakes the loop once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._arrived: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._is_drain_pending = False

    def wait(self, future: Future[T]) -> asyncio.Future[T]:
        """An awaitable with the future's outcome. Cancelling it leaves the future alone."""
        waiter: asyncio.Future[T] = self.loop.create_future()
        future.add_done_callback(partial(self._arrive, waiter))
        return waiter

    def _arrive(self, waiter: asyncio.Future[T], done: Future[T]) -> None:
        """Any thread. Appending first makes sure that a drain that has begun sees it."""
        self._arrived.append((waiter, done))
        if self._is_drain_pending:
            return
        self._is_drain_pending = True
        try:
            self.loop.call_soon_threadsafe(self._drain)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._arrived.clear()

    def _drain(self) -> None:
        self._is_drain_pending = False
        while self._arrived:
            waiter, done = self._arrived.popleft()
            if not waiter.done():
                _settle(waiter, done)


def _settle(waiter: asyncio.Future[T], done: Future[T]) -> None:
    try:
        result = done.result()
    except CancelledError:
        waiter.set_exception(StoreUnavailable("the work was given up"))
    except BaseException as error:  # noqa: BLE001  # it is the waiter's
        waiter.set_exception(error)
    else:
        waiter.set_result(result)

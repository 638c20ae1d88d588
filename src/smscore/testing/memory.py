"""
A store in memory: the contract without the durability, for tests and throw-away gateways.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import TypeVar
from weakref import WeakSet

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import AccountId
from smscore.errors import DeadlinePassed, StoreUnavailable
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.storage import Lane, UnitOfWork, View
from smscore.testing._memory import MemoryUnit

__all__ = ["MemoryStore", "MemoryWakeup"]

T = TypeVar("T")


class MemoryStore:
    """
    Keeps everything in dictionaries. Work is applied at once, on the caller's thread, one unit
    after another; a unit that raises is undone.
    """

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._unit = MemoryUnit()
        self._worker: int | None = None
        self._servers: set[ProcessId] = set()
        self._wakeups: dict[str, WeakSet[MemoryWakeup]] = {}
        self._is_closed = False

    def run(
        self,
        work: Callable[[UnitOfWork], T],
        *,
        accounts: Sequence[AccountId] = (),  # noqa: ARG002  # units never meet here
        lane: Lane = Lane.SUBMISSION,  # noqa: ARG002  # nor do they wait
        deadline: datetime | None = None,
    ) -> Future[T]:
        future: Future[T] = Future()
        if self._worker == threading.get_ident():
            raise RuntimeError(
                "a unit of work must not run another one: its result would never come"
            )
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable("the store is closed")
            self._worker = threading.get_ident()
            try:
                self._apply(work, future, deadline)
            finally:
                self._worker = None
        return future

    def read(self, work: Callable[[View], T]) -> T:
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable("the store is closed")
            return work(self._unit)

    def wakeup(self, topic: str) -> "MemoryWakeup":
        wakeup = MemoryWakeup()
        with self._lock:
            self._wakeups.setdefault(topic, WeakSet()).add(wakeup)
        return wakeup

    def become_server(self, process: ProcessId) -> bool:
        self._servers.add(process)
        return True

    def servers(self) -> Collection[ProcessId]:
        return frozenset(self._servers)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True

    def _apply(
        self, work: Callable[[UnitOfWork], T], future: Future[T], deadline: datetime | None
    ) -> None:
        future.set_running_or_notify_cancel()
        if deadline is not None and self._clock.now() > deadline:
            future.set_exception(DeadlinePassed("the unit of work was not begun in time"))
            return
        try:
            result = work(self._unit)
        except Exception as error:  # noqa: BLE001  # it is the future's
            self._unit.undo()
            future.set_exception(error)
            return
        topics = self._unit.keep()
        future.set_result(result)
        for topic in topics:
            for wakeup in list(self._wakeups.get(topic, ())):
                wakeup.set()


class MemoryWakeup:
    """A level among threads; see :class:`~smscore.ports.storage.Wakeup`."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def wait(self, timeout: float) -> bool:
        if not self._event.is_set() and (timeout <= 0 or not self._event.wait(timeout)):
            return False
        self._event.clear()
        return True

    def set(self) -> None:
        self._event.set()

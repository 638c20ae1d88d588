"""
One thread that waits for files, for moments and for what others ask of it.
"""

import heapq
import itertools
import logging
import os
import selectors
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from time import monotonic
from typing import Protocol, TypeVar

__all__ = ["HasFileno", "Loop"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_ANSWER_TIMEOUT = 10.0
_LONGEST_WAIT = 3600.0  # what is later is waited for in portions: selectors know no infinity


class HasFileno(Protocol):
    def fileno(self) -> int: ...


class Loop:
    """
    Everything that it is given is done on its thread, from :meth:`start` to :meth:`stop`.

    ``after_each`` is done whenever anything was done, and ``on_broken`` when any of it raised: the
    thread ends then.
    """

    def __init__(
        self,
        *,
        name: str,
        after_each: Callable[[], None],
        on_broken: Callable[[Exception], None],
    ) -> None:
        self._name = name
        self._on_broken = on_broken
        self._after_each = after_each
        self._actions: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._posted: deque[Callable[[], None]] = deque()
        self._selector: selectors.BaseSelector
        self._is_stopping = False
        self._thread: threading.Thread | None = None

    # For other threads.

    def start(self) -> None:
        """Begin."""
        self._is_stopping = False
        self._actions.clear()
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._drain)
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, last: Callable[[], None]) -> None:
        """Do a last thing, end, and wait for that."""

        def end() -> None:
            last()
            self._is_stopping = True

        if self._thread is None:
            return
        self._post(end)
        self._thread.join()
        self._thread = None
        if not self._is_stopping:  # it broke before
            last()
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def do(self, action: Callable[[], T]) -> T:
        """Do something on the thread and wait for it; what it raises is raised here."""
        if threading.current_thread() is self._thread:
            return action()
        done: Future[T] = Future()

        def act() -> None:
            try:
                done.set_result(action())
            except Exception as error:  # noqa: BLE001  # for whoever asked
                done.set_exception(error)

        if self._thread is None:
            raise RuntimeError("the simulator does not run: use it within its `with` block")
        self._post(act)
        try:
            return done.result(_ANSWER_TIMEOUT)
        except TimeoutError:
            raise TimeoutError("the simulator is not running any more") from None

    # On the thread, or before it begins.

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do something after so many seconds."""
        heapq.heappush(self._actions, (monotonic() + delay, next(self._order), action))

    def watch(
        self, file: HasFileno, action: Callable[[], None], *, is_writing: bool = False
    ) -> None:
        """Do something whenever a file can be read, or also when it can be written."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if is_writing else 0)
        known = self._selector.get_map().get(file)
        if known is None:
            self._selector.register(file, events, action)
        elif known.events != events:
            self._selector.modify(file, events, action)

    def forget(self, file: HasFileno) -> None:
        """Watch it no more; it must still be open."""
        self._selector.unregister(file)

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                for key, _ in self._selector.select(self._wait()):
                    # One that came before may have closed this one, and opened another.
                    known = self._selector.get_map().get(key.fd)
                    if known is not None and known.fileobj is key.fileobj:
                        key.data()
                self._run_due()
                self._after_each()
        except Exception as fault:
            log.exception("the thread of the simulator broke")
            self._on_broken(fault)

    def _wait(self) -> float | None:
        if not self._actions:
            return None
        return min(max(0.0, self._actions[0][0] - monotonic()), _LONGEST_WAIT)

    def _run_due(self) -> None:
        while self._posted:
            self._posted.popleft()()
        while self._actions and self._actions[0][0] <= monotonic():
            heapq.heappop(self._actions)[2]()

    def _post(self, action: Callable[[], None]) -> None:
        self._posted.append(action)
        with suppress(OSError):
            os.write(self._wake_write, b"!")

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake_read, 4096)

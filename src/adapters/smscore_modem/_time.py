"""
How the driver waits: on real time, or on one that only passes when everybody waits.

Nothing here waits in another way. So a test lets hours pass in milliseconds, always in the same
order; see :class:`smscore_modem.simulator.VirtualTime`.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

__all__ = ["SYSTEM", "Gate", "Mailbox", "Running", "Silence", "Time", "Turn"]

T = TypeVar("T")


class Silence(Exception):
    """Nothing came in time."""


class Gate(Protocol):
    """A lock at which threads wait for a change, as :class:`threading.Condition` is one."""

    def __enter__(self) -> bool: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        """Whether it holds within so many seconds; the gate is held before and afterwards."""
        ...

    def notify_all(self) -> None:
        """Let all that wait look again; the gate is held."""
        ...


class Running(Protocol):
    """A thread that was started."""

    @property
    def is_current(self) -> bool:
        """Whether this is the calling thread."""
        ...

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        ...


class Time(Protocol):
    """A source of moments, and of everything that waits for them."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    def gate(self) -> Gate: ...

    def start(self, run: Callable[[], None], *, name: str) -> Running:
        """Run something on a thread of its own, which ends with the process."""
        ...


class _Thread:
    def __init__(self, run: Callable[[], None], *, name: str) -> None:
        self._thread = threading.Thread(target=run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self._thread

    def join(self, timeout: float | None = None) -> None:
        self._thread.join(timeout)


class _SystemTime:
    monotonic = staticmethod(time.monotonic)

    def gate(self) -> Gate:
        return threading.Condition()

    def start(self, run: Callable[[], None], *, name: str) -> Running:
        return _Thread(run, name=name)


SYSTEM: Time = _SystemTime()
"""Real time."""


class Mailbox(Generic[T]):
    """
    What any thread puts in and one takes out, in order.

    ``most`` bounds what waits: when so many do, the newest is lost, unless it is vital. For the
    sake of one that is worth more than others some ``beyond`` may wait.
    """

    def __init__(self, time: Time, *, most: int | None = None) -> None:
        self._gate = time.gate()
        self._most = most
        self._letters: deque[T] = deque()

    def put(self, letter: T, *, is_vital: bool = False, beyond: int = 0) -> bool:
        """Whether there was room for it. Never blocks."""
        with self._gate:
            has_room = is_vital or self._most is None or len(self._letters) < self._most + beyond
            if has_room:
                self._letters.append(letter)
            self._gate.notify_all()
        return has_room

    def get(self, timeout: float) -> T:
        """
        The oldest letter.

        Raises:
            Silence: there was none within so many seconds.
        """
        with self._gate:
            if not self._gate.wait_for(lambda: bool(self._letters), timeout):
                raise Silence
            return self._letters.popleft()

    def clear(self) -> None:
        """Throw away what is there."""
        with self._gate:
            self._letters.clear()


class Turn:
    """One thread's turn, for which the others wait: a lock that knows about time, and is fair."""

    def __init__(self, time: Time) -> None:
        self._gate = time.gate()
        self._queue: deque[object] = deque()  # whose turn it is, then those that wait

    def __enter__(self) -> Self:
        mine = object()
        with self._gate:
            self._queue.append(mine)
            try:
                self._gate.wait_for(lambda: self._queue[0] is mine)
            except BaseException:
                self._queue.remove(mine)
                self._gate.notify_all()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._gate:
            self._queue.popleft()
            self._gate.notify_all()

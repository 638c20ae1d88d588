"""
A time that stands still while anybody works, and leaps to the next deadline when all wait.
"""

import heapq
import itertools
import math
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs

from smscore_modem._time import Gate, Running

__all__ = ["Standstill", "VirtualTime"]

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Standstill(RuntimeError):
    """Everybody waits, and nothing is going to happen."""


@attrs.define(eq=False)
class _Ticket:
    """One thread that waits: for its turn to look again, or to begin."""

    deadline: float
    seen: int | None = None  # of an observer: how much had happened when it last looked
    sleeps: bool = False  # it waits for nothing but its deadline
    has_turn: bool = False
    turned: threading.Condition | None = None  # where it waits for that
    is_lost: bool = False  # nothing will ever come


class VirtualTime:
    """
    Time for the driver and for simulated lines; also a clock.

    The thread that makes it and those that :meth:`start` starts take turns: one works, until it
    waits at a gate of this time. When all wait, the clock leaps to whatever comes first, a deadline
    or an action of :meth:`later`. So nothing depends on the machine's speed, and every run is the
    same. Whoever waits when nothing can happen any more gets a :class:`Standstill`.
    """

    def __init__(self, now: datetime = _NOON) -> None:
        self._began = now
        self._passed = 0.0
        self._lock = threading.RLock()
        self._waiting: list[_Ticket] = []
        self._ready: deque[_Ticket] = deque()
        self._actions: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._happened = 0

    # The clock.

    def monotonic(self) -> float:
        """Seconds that have passed."""
        return self._passed

    def now(self) -> datetime:
        """The beginning, and what has passed since."""
        return self._began + timedelta(seconds=self._passed)

    # For the driver.

    def gate(self) -> Gate:
        """A gate of this time."""
        return _Gate(self)

    def start(self, run: Callable[[], None], *, name: str) -> Running:
        """Run something on a thread that takes turns with the others."""
        return _Thread(self, run, name=name)

    # For simulations and tests.

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do something after so many seconds, on whichever thread lets time pass."""
        with self._lock:
            heapq.heappush(self._actions, (self._passed + delay, next(self._order), action))

    def wait_for(self, predicate: Callable[[], bool], timeout: float = math.inf) -> bool:
        """Let time pass until something holds; whether it did within so many seconds."""
        with self._lock:
            deadline = self._passed + timeout
            while not predicate():
                if self._passed >= deadline:
                    return False
                # Nobody notifies an observer: it looks again whenever others have worked.
                self.wait(_Ticket(deadline=deadline, seen=self._happened))
            return True

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        with self._lock:
            deadline = self._passed + seconds
            if self._passed < deadline:
                self.wait(_Ticket(deadline=deadline, sleeps=True))

    # For gates and threads; the lock is held.

    @property
    def lock(self) -> threading.RLock:
        return self._lock

    def wait(self, ticket: _Ticket) -> None:
        """Let others work until the ticket's turn comes."""
        self._happened += ticket.seen is None
        self._waiting.append(ticket)
        self.pass_on()
        self.await_turn(ticket)

    def queue(self, ticket: _Ticket) -> None:
        """Add one that may work as soon as it is its turn."""
        self._ready.append(ticket)

    def await_turn(self, ticket: _Ticket) -> None:
        # One condition for each: with 32 modems all others would wake up in vain at every turn.
        ticket.turned = threading.Condition(self._lock)
        while not ticket.has_turn:
            ticket.turned.wait()
        if ticket.is_lost:
            raise Standstill("everybody waits, and nothing is going to happen")

    def wake_all(self) -> None:
        """Those that wait may look again, each in its turn."""
        self._wake(lambda ticket: not ticket.sleeps)

    def pass_on(self) -> None:
        """Whoever had the turn waits or has ended: now it is another's."""
        while self._waiting and not self._ready:
            self._wake_observers()
            if not self._ready:
                self._leap()
        if self._ready:
            following = self._ready.popleft()
            following.has_turn = True
            if following.turned is not None:
                following.turned.notify()

    def _wake_observers(self) -> None:
        self._wake(lambda ticket: ticket.seen not in (None, self._happened))

    def _leap(self) -> None:
        moment = min(ticket.deadline for ticket in self._waiting)
        if self._actions:
            moment = min(moment, self._actions[0][0])
        if moment == math.inf:
            for ticket in self._waiting:
                ticket.is_lost = True
            self.wake_all()
            return
        self._passed = max(self._passed, moment)
        while self._actions and self._actions[0][0] <= self._passed:
            self._happened += 1
            heapq.heappop(self._actions)[2]()
        self._wake(lambda ticket: ticket.deadline <= self._passed)

    def _wake(self, is_due: Callable[[_Ticket], bool]) -> None:
        due = [ticket for ticket in self._waiting if is_due(ticket)]
        if due:
            self._ready.extend(due)
            self._waiting = [ticket for ticket in self._waiting if ticket not in due]


class _Gate:
    def __init__(self, time: VirtualTime) -> None:
        self._time = time

    def __enter__(self) -> bool:
        return self._time.lock.__enter__()

    def __exit__(self, *_: object) -> None:
        self._time.lock.release()

    def wait_for(self, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        time = self._time
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not predicate():
            if time.monotonic() >= deadline:
                return False
            time.wait(_Ticket(deadline=deadline))
        return True

    def notify_all(self) -> None:
        self._time.wake_all()


class _Thread:
    def __init__(self, time: VirtualTime, run: Callable[[], None], *, name: str) -> None:
        self._time = time
        self._run = run
        self._has_ended = False
        self._ticket = _Ticket(deadline=math.inf)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        with time.lock:
            time.queue(self._ticket)
        self._thread.start()

    @property
    def is_current(self) -> bool:
        return threading.current_thread() is self._thread

    def join(self, timeout: float | None = None) -> None:
        gate = self._time.gate()
        with gate:
            gate.wait_for(lambda: self._has_ended, timeout)

    def _work(self) -> None:
        with self._time.lock:
            self._time.await_turn(self._ticket)
        try:
            self._run()
        finally:
            with self._time.lock:
                self._has_ended = True
                self._time.wake_all()
                self._time.pass_on()

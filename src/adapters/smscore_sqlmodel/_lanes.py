"""
The two lanes in which units of work wait for the writer.
"""

import threading
from collections import deque
from typing import Any

from smscore.errors import Overloaded, StoreUnavailable
from smscore.ports.storage import Lane
from smscore_sqlmodel._futures import Job

__all__ = ["Lanes"]

_LONGEST = 10_000
_LONGEST_WAIT = 2.0  # seconds


class Lanes:
    """
    First in, first out, but custody before submissions.

    Any thread puts; only the writer waits and takes.
    """

    def __init__(self) -> None:
        self._custody: deque[Job[Any]] = deque()
        self._submissions: deque[Job[Any]] = deque()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._is_awaited = False
        self._is_closed = False

    def put(self, job: Job[Any], *, lane: Lane) -> None:
        """
        Let a unit wait its turn.

        Raises:
            Overloaded: there are too many submissions, or the first of them waits for too long.
            StoreUnavailable: the lanes are closed.
        """
        with self._lock:
            if self._is_closed:
                raise StoreUnavailable("the store is closed")
            if lane is Lane.CUSTODY:
                self._custody.append(job)
            elif lane is Lane.RECALL:
                self._custody.appendleft(job)
            else:
                self._check_room(job)
                self._submissions.append(job)
            if self._is_awaited:  # else the writer works, and looks before it waits
                self._is_awaited = False
                self._changed.notify()

    def take(self) -> Job[Any] | None:
        """The next unit; None if there is none."""
        # Deques may be emptied without the lock, and only the writer does it.
        if self._custody:
            return self._custody.popleft()
        if self._submissions:
            return self._submissions.popleft()
        return None

    @property
    def count(self) -> int:
        """How many units wait."""
        return len(self._custody) + len(self._submissions)

    def wait(self, timeout: float) -> bool:
        """Whether a unit comes, or the lanes are closed, within so many seconds."""
        with self._changed:
            self._is_awaited = True
            is_due = self._changed.wait_for(self._is_due, timeout)
            self._is_awaited = False
            return is_due

    def pause(self, timeout: float) -> bool:
        """Whether the lanes are closed within so many seconds, whatever waits in them."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_closed, timeout)

    def close(self) -> None:
        """Let nothing more in."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _is_due(self) -> bool:
        return bool(self._custody or self._submissions or self._is_closed)

    def _check_room(self, job: Job[Any]) -> None:
        waiting = self._submissions
        if not waiting:
            return
        if len(waiting) >= _LONGEST:
            raise Overloaded(f"{_LONGEST} submissions wait for the database; try again later")
        try:
            oldest = waiting[0]
        except IndexError:  # the writer was faster
            return
        if job.queued_at - oldest.queued_at > _LONGEST_WAIT:
            raise Overloaded("submissions wait for the database for over 2 s; try again later")

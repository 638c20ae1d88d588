"""
The two lanes in which units of work wait for the writer.
"""

import threading
from collections import deque
from typing import Any

from smscore.domain.messages import AccountId
from smscore.errors import Overloaded, StoreUnavailable
from smscore.ports.storage import Lane
from smscore_sqlmodel._futures import Job

__all__ = ["Lanes"]

_LONGEST = 10_000
_LONGEST_WAIT = 2.0  # seconds


class Lanes:
    """
    First in, first out, but custody before submissions, of which accounts have one in turn. What is
    recalled goes before all of custody.

    So whoever submits more than the writer can take waits for himself, and is refused alone. Any
    thread puts; only the writer waits and takes.
    """

    def __init__(self) -> None:
        self._custody: deque[Job[Any]] = deque()
        self._submissions: dict[AccountId | None, deque[Job[Any]]] = {}  # none of them is empty
        self._turns: deque[AccountId | None] = deque()  # whose they are, each once
        self._submission_count = 0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._is_awaited = False
        self._is_closed = False

    def put(self, job: Job[Any], *, lane: Lane, account: AccountId | None = None) -> None:
        """
        Let a unit wait its turn.

        Raises:
            Overloaded: there are too many submissions, or the account's first waits for too long.
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
                self._submit(job, account)
            if self._is_awaited:  # else the writer works, and looks before it waits
                self._is_awaited = False
                self._changed.notify()

    def take(self) -> Job[Any] | None:
        """The next unit; None if there is none."""
        # Custody may be taken without the lock, and only the writer does it.
        if self._custody:
            return self._custody.popleft()
        return self._take_turn() if self._turns else None

    @property
    def count(self) -> int:
        """How many units wait."""
        return len(self._custody) + self._submission_count

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
        return bool(self._custody or self._turns or self._is_closed)

    def _submit(self, job: Job[Any], account: AccountId | None) -> None:
        if self._submission_count >= _LONGEST:
            raise Overloaded(f"{_LONGEST} submissions wait for the database; try again later")
        waiting = self._submissions.get(account)
        if waiting is None:
            self._submissions[account] = deque((job,))
            self._turns.append(account)
        elif job.queued_at - waiting[0].queued_at > _LONGEST_WAIT:
            raise Overloaded("submissions wait for the database for over 2 s; try again later")
        else:
            waiting.append(job)
        self._submission_count += 1

    def _take_turn(self) -> Job[Any]:
        with self._lock:
            account = self._turns.popleft()
            waiting = self._submissions[account]
            job = waiting.popleft()
            if waiting:
                self._turns.append(account)
            else:
                del self._submissions[account]
            self._submission_count -= 1
        return job

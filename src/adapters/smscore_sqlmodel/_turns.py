"""
Taking turns: processes that write to one file of SQLite let each other in.

SQLite has no queue. Whoever finds the file locked looks again now and then, less often each time,
and beside a busy server it is nearly always locked just then.
"""

import fcntl
import os
import threading
from contextlib import suppress
from pathlib import Path

__all__ = ["Turns"]

_LONGEST = 0.5  # seconds; whoever has the turn may have been halted by its user
_STEP = 0.001


class Turns:
    """
    The right to begin next: ``flock`` on ``<file>.turn``, until one has begun.

    Who commits and wants to write again finds it taken by whoever waits meanwhile. It is a
    courtesy: without it, and after half a second, one begins as SQLite lets one.
    """

    def __init__(self, database: Path) -> None:
        file = database.resolve()  # one, by whatever link it is reached
        self._descriptor: int | None = None
        with suppress(OSError):
            self._descriptor = os.open(
                file.with_name(f"{file.name}.turn"), os.O_RDWR | os.O_CREAT, 0o600
            )

    def take(self) -> None:
        """Have it, or have waited for long enough."""
        steps, pause = round(_LONGEST / _STEP), threading.Event()
        while not self._is_taken() and steps:
            pause.wait(_STEP)
            steps -= 1

    def give(self) -> None:
        """Let somebody else have it; nothing if one does not have it."""
        if self._descriptor is not None:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_taken(self) -> bool:
        if self._descriptor is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

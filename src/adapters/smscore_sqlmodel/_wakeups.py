"""
Wake-ups: levels that commits raise and that waiting threads lower.
"""

import threading
from collections.abc import Iterable
from weakref import WeakSet

__all__ = ["Level", "Wakeups"]


class Level:
    """A :class:`smscore.ports.storage.Wakeup` among threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._is_set = False

    def wait(self, timeout: float) -> bool:
        # Looked at without the lock first: that is how hot paths ask, and a level set just now
        # would be seen by the next question.
        if timeout <= 0 and not self._is_set:
            return False
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_set, timeout):
                return False
            self._is_set = False
            return True

    def set(self) -> None:
        with self._changed:
            self._is_set = True
            self._changed.notify_all()


class Wakeups:
    """All levels that somebody still holds, by topic."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[str, WeakSet[Level]] = {}

    def add(self, topic: str) -> Level:
        """A new level, which lasts for as long as its holder."""
        level = Level()
        with self._lock:
            self._levels.setdefault(topic, WeakSet()).add(level)
        return level

    def set(self, topics: Iterable[str]) -> None:
        """Something was committed on these topics."""
        with self._lock:
            levels = [level for topic in topics for level in self._levels.get(topic, ())]
        for level in levels:
            level.set()

    def set_all(self) -> None:
        """Something was committed, and nobody knows on what."""
        with self._lock:
            topics = list(self._levels)
        self.set(topics)

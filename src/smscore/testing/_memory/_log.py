"""
How a unit of work in memory is taken back.
"""

from collections.abc import Callable
from typing import TypeVar

__all__ = ["K", "Log", "V"]

K = TypeVar("K")
V = TypeVar("V")


class Log:
    """What the unit in progress has changed: how to undo it, and whom it concerns."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []
        self.topics: set[str] = set()

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a key, so that it can be undone."""
        if key in table:
            before = table[key]
            self._undo.append(lambda: table.__setitem__(key, before))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Take a key out, so that it can be undone."""
        before = table.pop(key)
        self._undo.append(lambda: table.__setitem__(key, before))

    def append(self, rows: list[V], value: V) -> None:
        """Add a row, so that it can be undone."""
        rows.append(value)
        self._undo.append(rows.pop)

    def undo(self) -> None:
        """Take everything back, newest first."""
        while self._undo:
            self._undo.pop()()
        self.topics = set()

    def keep(self) -> set[str]:
        """Forget how to undo; the topics that were touched."""
        self._undo.clear()
        topics, self.topics = self.topics, set()
        return topics

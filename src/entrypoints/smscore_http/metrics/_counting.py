"""
Numbers that grow while a process runs: counted by any thread, read by any other.
"""

import threading
from bisect import bisect_left
from collections.abc import Mapping, Sequence

import attrs

__all__ = ["Counts", "Distribution", "Spread"]


class Counts:
    """How often something was, by what tells it apart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, *labels: str, by: int = 1) -> None:
        """Count; ``by=0`` only makes sure that it is told, for nobody sees the first of a row."""
        with self._lock:
            self._counts[labels] = self._counts.get(labels, 0) + by

    def read(self) -> Mapping[tuple[str, ...], int]:
        """All of it, as it is now."""
        with self._lock:
            return dict(self._counts)


@attrs.frozen
class Spread:
    """How many values were at most as large as each bound, how many there were, and their sum."""

    up_to: Sequence[int]
    count: int
    total: float


class Distribution:
    """How large something was."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._lock = threading.Lock()
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        place = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[place] += 1
            self._total += value

    def read(self) -> Spread:
        """All of it, as it is now."""
        with self._lock:
            counts, total = list(self._counts), self._total
        up_to = [sum(counts[: place + 1]) for place in range(len(self._bounds))]
        return Spread(up_to, sum(counts), total)

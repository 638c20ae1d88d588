"""
How often a file was downloaded, by the pieces of it that were sent.
"""

from collections import Counter

__all__ = ["Coverage"]

_MOST_EDGES = 1000
_FORGOTTEN_AFTER = 86_400.0  # seconds without any piece


class Coverage:
    """
    Lays pieces of a file beside and over one another, whoever asked for them.

    A download is complete when every byte has left once more: a manager's ranges are one download
    together, and so are the two halves of one that was cut off and resumed, from wherever. What
    was begun and never ended counts nothing, nor does looking at the end of the file only.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._edges = Counter[int]()  # where pieces begin, less those that end there
        self._changed_at = 0.0

    def add(self, first: int, end: int, *, at: float) -> int:
        """
        The bytes from ``first`` to before ``end`` have left; the downloads that this completes.

        ``at`` is in seconds of a clock that never goes back.
        """
        if at - self._changed_at > _FORGOTTEN_AFTER or len(self._edges) > _MOST_EDGES:
            self._edges.clear()
        self._changed_at = at
        self._lay(first, end, 1)
        complete = self._least()
        self._lay(0, self._size, -complete)
        return complete

    def _lay(self, first: int, end: int, count: int) -> None:
        self._edges[first] += count
        self._edges[end] -= count
        for edge in (first, end):
            if not self._edges[edge]:
                del self._edges[edge]

    def _least(self) -> int:
        """How often the byte has left that has left least often."""
        if self._edges[0] <= 0:
            return 0
        depth = least = self._edges[0]
        for edge in sorted(self._edges):
            if 0 < edge < self._size:
                depth += self._edges[edge]
                least = min(least, depth)
        return least

"""
Answers that a modem still owes: nobody waits for them any more, and they may come all the same.
"""

import attrs

__all__ = ["Owed"]

_MARGIN = 1.5
_SHORTEST_WAIT, _LONGEST_WAIT = 2.0, 10.0
_SLOWEST = 20.0


@attrs.define
class Owed:
    """
    How many commands were given up, and since when; all times in seconds.

    A modem that is slower than it is waited for answers everything one command too late, for ever,
    unless the line comes to rest in between.
    """

    count: int = 0
    since: float = 0.0  # when the first of them was asked, or a message was given up
    slowest: float = 0.0  # that an answer took which came after all

    def add(self, *, since: float) -> None:
        """A command was given up that was asked at that moment."""
        if not self.count:
            self.since = since
        self.count += 1

    def paid(self, *, now: float) -> None:
        """A final result came for which nobody waited."""
        if self.count:
            self.count -= 1
            self.slowest = max(self.slowest, min(now - self.since, _SLOWEST))

    def lost(self) -> None:
        """They will not come any more: the line swallowed them."""
        self.count = 0

    def patience(self, *, now: float) -> float:
        """
        How long to wait for the next one.

        Some command has been answered by now, so none takes longer than from the first until here.
        """
        return min(max(_MARGIN * (now - self.since), _SHORTEST_WAIT), _LONGEST_WAIT)

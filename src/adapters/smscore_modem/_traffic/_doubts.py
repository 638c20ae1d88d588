"""
Which parts of one channel may have left: durable, for whoever sends them again after a restart.
"""

import msgspec

from smscore.ports.transport import Journal

__all__ = ["Doubts"]

_KEY = "doubts"
_MOST = 100

_Part = tuple[int, int]  # a message, and a number of its parts


class Doubts:
    """
    The parts that were begun last and came to no end; used by one thread, the one that sends.

    Others whose policy says so send a part in doubt again, and tell nobody that it was.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._parts: list[_Part] | None = None  # until it was read; the newest last
        self._current: _Part = (0, 0)
        self.is_repeated = False  # the part begun last was in doubt before

    def begin(self, message: int, part: int) -> None:
        """
        The part is about to leave; returns when that is durable.

        Raises:
            GatewayError: it cannot be stored.
        """
        known, self._current = self._known(), (message, part)
        self.is_repeated = self._current in known
        others = [one for one in known if one != self._current]
        self._keep([*others, self._current][-_MOST:])

    def lift(self) -> None:
        """
        The part begun last certainly did not leave this time; what was in doubt before still is.

        Raises:
            GatewayError: it cannot be stored.
        """
        if not self.is_repeated:
            self._keep(self._others())

    def settle(self) -> None:
        """The network has the part begun last. Nobody sends it again, so the next one tells it."""
        self._parts = self._others()

    def _others(self) -> list[_Part]:
        return [one for one in self._known() if one != self._current]

    def _known(self) -> list[_Part]:
        if self._parts is None:
            kept = self._journal.get(_KEY)
            self._parts = msgspec.json.decode(kept, type=list[_Part]) if kept else []
        return self._parts

    def _keep(self, parts: list[_Part]) -> None:
        self._journal.put(_KEY, msgspec.json.encode(parts))
        self._parts = parts

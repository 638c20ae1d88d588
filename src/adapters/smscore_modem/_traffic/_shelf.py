"""
What was set aside for study: the newest of each kind, in the journal, so that it never fills.
"""

from smscore.ports.transport import Journal

__all__ = ["Shelf"]

_ROOM = 500


class Shelf:
    """Used by one thread. The oldest makes room for the newest."""

    def __init__(self, journal: Journal, kind: str) -> None:
        self._journal = journal
        self._kind = kind
        self._counter = f"shelf/{kind}"

    def put(self, content: bytes) -> str:
        """
        Keep something, and say under which key of the journal.

        Raises:
            Exception: the journal could not store it.
        """
        count = int(self._journal.get(self._counter) or b"0")
        key = f"{self._kind}/{count % _ROOM}"
        self._journal.put(key, content)
        self._journal.put(self._counter, b"%d" % (count + 1))
        return key

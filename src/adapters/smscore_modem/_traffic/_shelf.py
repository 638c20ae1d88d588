"""
What was set aside for study: the newest of each kind, in the journal, so that it never fills.
"""

import threading
from collections.abc import Iterator

import msgspec

from smscore.ports.clock import Clock
from smscore.ports.transport import Journal

__all__ = ["Shelf", "Shelved"]

_ROOM = 500


class Shelved(msgspec.Struct, frozen=True, kw_only=True):
    """One PDU; ``length`` is what the modem said of it, without the centre."""

    entry: str
    at: str
    why: str
    pdu: str
    length: int | None = None


class Shelf:
    """Of one kind, and for any thread. The oldest makes room for the newest."""

    def __init__(self, journal: Journal, kind: str, *, clock: Clock) -> None:
        self._journal = journal
        self._kind = kind
        self._clock = clock
        self._counter = f"shelf/{kind}"
        self._lock = threading.Lock()  # between counting and writing, between looking and dropping

    def put(self, pdu: bytes | str, *, why: str, length: int | None = None) -> str:
        """
        Keep something, and say under which name; digits that are damaged stay as they came.

        Raises:
            Exception: the journal could not store it.
        """
        with self._lock:
            number = self._count()
            shelved = Shelved(
                entry=f"{self._kind}/{number}",
                at=self._clock.now().isoformat(timespec="seconds"),
                why=why,
                pdu=pdu if isinstance(pdu, str) else pdu.hex().upper(),
                length=length,
            )
            self._journal.put(self._place(number), msgspec.json.encode(shelved))
            self._journal.put(self._counter, b"%d" % (number + 1))
        return shelved.entry

    def __iter__(self) -> Iterator[Shelved]:
        """What is there, the oldest first."""
        count = self._count()
        for number in range(max(0, count - _ROOM), count):
            found = self._at(number)
            if found is not None:
                yield found

    def drop(self, shelved: Shelved) -> None:
        """Keep it no longer; what took its place in the meantime stays."""
        number = int(shelved.entry.rpartition("/")[2])
        with self._lock:
            if self._at(number) == shelved:
                self._journal.put(self._place(number), b"")

    def _at(self, number: int) -> Shelved | None:
        kept = self._journal.get(self._place(number))
        return msgspec.json.decode(kept, type=Shelved) if kept else None

    def _place(self, number: int) -> str:
        return f"{self._kind}/{number % _ROOM}"

    def _count(self) -> int:
        return int(self._journal.get(self._counter) or b"0")

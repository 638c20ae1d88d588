"""
A virtual modem's memories: SIM, own and status reports, each with its own places.
"""

from collections.abc import Mapping

import attrs

__all__ = ["CAPACITIES", "Entry", "Stores"]

CAPACITIES = {"SM": 30, "ME": 255, "SR": 50}


@attrs.define
class Entry:
    """One stored message; ``status`` as in 27.005, 3.1."""

    pdu: bytes  # the centre in front
    status: int = 0

    @property
    def is_own(self) -> bool:
        """Whether it was written here, not received."""
        return self.status in (2, 3)

    @property
    def length(self) -> int:
        """Octets without the centre."""
        return len(self.pdu) - 1 - self.pdu[0]


class Stores:
    """
    The memories, and which of them is used for reading, for writing and for receiving.

    ``capacities`` may be changed at any time.
    """

    def __init__(self, *, capacities: Mapping[str, int] = CAPACITIES, first_index: int = 1) -> None:
        self.capacities = dict(capacities)
        self.first_index = first_index
        self._entries: dict[str, dict[int, Entry]] = {name: {} for name in self.capacities}
        self.selected: list[str] = []
        self.reset()

    def reset(self) -> None:
        """Use the memories that are used after switching on."""
        self.selected = ["SM", "SM", "SM"] if "SM" in self.capacities else ["ME", "ME", "ME"]

    def select(self, names: tuple[str, ...]) -> None:
        """
        Use other memories for the first one, two or three purposes (27.005, 3.2.2).

        Raises:
            ValueError: a memory does not exist, or cannot do that.
        """
        if not 1 <= len(names) <= 3 or any(name not in self.capacities for name in names):
            raise ValueError(f"no such memories: {names}")
        if "SR" in names[1:]:
            raise ValueError("reports are neither written nor received like messages")
        self.selected[: len(names)] = names

    def put(self, name: str, entry: Entry) -> int | None:
        """The index of the new entry; None when the memory is full."""
        entries = self._entries[name]
        places = range(self.first_index, self.first_index + self.capacities[name])
        free = next((place for place in places if place not in entries), None)
        if free is not None:
            entries[free] = entry
        return free

    def entries(self, name: str) -> dict[int, Entry]:
        """The entries of one memory, by index."""
        return self._entries[name]

    def is_full(self, name: str) -> bool:
        """Whether a memory has no place left."""
        return len(self._entries[name]) >= self.capacities[name]

    @property
    def readable(self) -> dict[int, Entry]:
        """The entries of the memory that is used for reading, by index."""
        return self._entries[self.selected[0]]

    def usage(self, name: str) -> str:
        """Used and total, as modems write it."""
        return f"{len(self._entries[name])},{self.capacities[name]}"

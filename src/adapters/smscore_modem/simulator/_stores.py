"""
A virtual modem's memories: SIM, own and status reports, each with its own places.
"""

import attrs

__all__ = ["CAPACITIES", "Entry", "Stores"]

CAPACITIES = {"SM": 30, "ME": 255, "SR": 50}


@attrs.define
class Entry:
    """One stored message; ``status`` as in 27.005, 3.1."""

    pdu: bytes  # the centre in front
    status: int = 0

    @property
    def length(self) -> int:
        """Octets without the centre."""
        return len(self.pdu) - 1 - self.pdu[0]


class Stores:
    """The memories, and which of them is used for reading, for writing and for receiving."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[int, Entry]] = {name: {} for name in CAPACITIES}
        self.selected = ["SM", "SM", "SM"]

    def select(self, names: tuple[str, ...]) -> None:
        """
        Use other memories for the first one, two or three purposes (27.005, 3.2.2).

        Raises:
            ValueError: a memory does not exist, or cannot do that.
        """
        if not 1 <= len(names) <= 3 or any(name not in CAPACITIES for name in names):
            raise ValueError(f"no such memories: {names}")
        if "SR" in names[1:]:
            raise ValueError("reports are neither written nor received like messages")
        self.selected[: len(names)] = names

    def put(self, name: str, entry: Entry) -> int | None:
        """The index of the new entry; None when the memory is full."""
        entries = self._entries[name]
        free = next((n for n in range(1, CAPACITIES[name] + 1) if n not in entries), None)
        if free is not None:
            entries[free] = entry
        return free

    @property
    def readable(self) -> dict[int, Entry]:
        """The entries of the memory that is used for reading, by index."""
        return self._entries[self.selected[0]]

    def usage(self, name: str) -> str:
        """Used and total, as modems write it."""
        return f"{len(self._entries[name])},{CAPACITIES[name]}"

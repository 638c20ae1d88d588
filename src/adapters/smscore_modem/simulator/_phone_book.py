"""
A virtual modem's phone book: the SIM's names, its own numbers, and what was dialled (27.007, 8.11).
"""

from collections.abc import Iterator

import attrs

__all__ = ["Contact", "PhoneBook"]

_CAPACITIES = {"SM": 250, "ME": 100, "ON": 5, "LD": 10, "MC": 10, "RC": 10}


@attrs.frozen(kw_only=True)
class Contact:
    """One entry."""

    number: str
    kind: int = 145
    name: str = ""


class PhoneBook:
    """Its memories, of which one is selected."""

    def __init__(self, *, own_number: str) -> None:
        self.selected = "SM"
        self._entries: dict[str, dict[int, Contact]] = {name: {} for name in _CAPACITIES}
        self._entries["ON"][1] = Contact(number=own_number)

    @property
    def names(self) -> tuple[str, ...]:
        """The memories."""
        return tuple(_CAPACITIES)

    @property
    def capacity(self) -> int:
        """Places in the selected memory."""
        return _CAPACITIES[self.selected]

    @property
    def used(self) -> int:
        """Entries in the selected memory."""
        return len(self._entries[self.selected])

    def between(self, first: int, last: int) -> Iterator[tuple[int, Contact]]:
        """
        The entries of some places.

        Raises:
            ValueError: there are no such places.
        """
        if not 1 <= first <= last <= self.capacity:
            raise ValueError(f"no places: {first} to {last}")
        entries = self._entries[self.selected]
        return ((place, entries[place]) for place in range(first, last + 1) if place in entries)

    def put(self, place: int, contact: Contact | None) -> None:
        """
        Write or delete an entry.

        Raises:
            ValueError: there is no such place.
        """
        if not 1 <= place <= self.capacity:
            raise ValueError(f"no place: {place}")
        entries = self._entries[self.selected]
        entries.pop(place, None)
        if contact is not None:
            entries[place] = contact

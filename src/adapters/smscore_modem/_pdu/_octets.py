"""
A cursor over the octets of a PDU, and what it raises where they cannot be read.
"""

from typing import Final

__all__ = ["SWAPPED", "MalformedPdu", "Octets"]

SWAPPED: Final = bytes(octet >> 4 | (octet & 0xF) << 4 for octet in range(256))
"""For ``bytes.translate``: the first of two semi-octets is the lower one (23.040, 9.1.2.3)."""


class MalformedPdu(ValueError):
    """The octets are not the PDU that they should be; ``at`` is the first that cannot be read."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason, at)
        self.reason = reason
        self.at = at

    def __str__(self) -> str:
        return f"octet {self.at}: {self.reason}"


class Octets:
    """Octets that are read one after another, and never beyond their end."""

    __slots__ = ("_octets", "at")

    def __init__(self, octets: bytes, at: int = 0) -> None:
        self._octets = octets
        self.at = at  # how many were read: where the next one is

    @property
    def left(self) -> int:
        """How many are still to be read."""
        return len(self._octets) - self.at

    def octet(self, name: str) -> int:
        """
        The next octet; ``name`` says what it should be.

        Raises:
            MalformedPdu: there is none.
        """
        at = self.at
        try:
            octet = self._octets[at]
        except IndexError:
            raise MalformedPdu(f"{name} is missing", at) from None
        self.at = at + 1
        return octet

    def take(self, count: int, name: str) -> bytes:
        """
        The next ``count`` octets; ``name`` says what they should be.

        Raises:
            MalformedPdu: there are fewer.
        """
        at = self.at
        end = at + count
        taken = self._octets[at:end]
        if len(taken) < count:
            raise MalformedPdu(f"{name} needs {count} octets, and {len(taken)} are left", at)
        self.at = end
        return taken

    def take_up_to(self, count: int) -> bytes:
        """The next ``count`` octets, or those that are left, maybe none."""
        at = self.at
        taken = self._octets[at : at + count]
        self.at = at + len(taken)
        return taken

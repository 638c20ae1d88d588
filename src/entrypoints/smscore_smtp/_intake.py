"""
The octets of a mail as they come in behind DATA: where they end, and what may not be among them.
"""

import enum

__all__ = ["LARGEST", "Fault", "Intake", "Room"]

LARGEST = 10_000_000
"""Octets of a mail."""

_MOST_UNREAD = 4 * LARGEST
"""Octets after which nobody waits any longer for the end of a mail that is too large."""


class Fault(enum.Enum):
    """Why a mail is not taken, whatever it says."""

    BARE = enum.auto()  # a CR or LF alone, which others may take for the end of a line
    TOO_LARGE = enum.auto()
    NO_ROOM = enum.auto()  # for others are being taken at the same time


class Room:
    """What all mails that come in at a time may take together, in octets."""

    def __init__(self, size: int = 10 * LARGEST) -> None:
        self._left = size

    def take(self, size: int) -> bool:
        """Whether there was so much left; now it is taken."""
        if size > self._left:
            return False
        self._left -= size
        return True

    def give_back(self, size: int) -> None:
        """It is free again."""
        self._left += size


class Intake:
    """
    Takes pieces that end with a line end, or within a line if that is long.

    It never holds more than a mail may have and than there is room for, until :meth:`close`, and
    takes away the dots that RFC 5321, 4.5.2 added.
    """

    def __init__(self, *, room: Room, limit: int = LARGEST) -> None:
        self._room = room
        self._limit = limit
        self._content = bytearray()
        self._size = 0
        self._is_at_start = True
        self.fault: Fault | None = None
        self.is_over = False

    def add(self, piece: bytes) -> None:
        """One more piece. After a fault only the end is of interest; a bare line end is one."""
        if self._is_at_start and piece == b".\r\n":
            self.is_over = True
            return
        within = piece.removesuffix(b"\r\n")
        if b"\r" in within or b"\n" in within:
            # RFC 5321, 2.3.8. Who understands them otherwise than the one before us would find
            # another mail, or other commands, in what was sent (smuggling).
            self.fault, self.is_over = Fault.BARE, True
            return
        if self._is_at_start and piece.startswith(b"."):
            piece = piece[1:]
        self._is_at_start = piece.endswith(b"\r\n")
        self._size += len(piece)
        if self._size > self._limit:
            self._give_up(Fault.TOO_LARGE)
        elif self.fault is None and not self._room.take(len(piece)):
            self._give_up(Fault.NO_ROOM)
        elif self.fault is None:
            self._content += piece

    def content(self) -> bytes:
        """The mail, as it was before it was sent."""
        return bytes(self._content)

    def close(self) -> None:
        """Hold nothing any more."""
        self._room.give_back(len(self._content))
        self._content.clear()

    def _give_up(self, fault: Fault) -> None:
        self.fault = fault
        self.close()
        self.is_over = self._size > _MOST_UNREAD

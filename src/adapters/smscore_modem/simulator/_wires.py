"""
Wires between a modem and its client: what becomes of bytes on the way.
"""

import random
import re

import attrs

__all__ = ["LOSSY", "ONE_BYTE", "PERFECT", "SLOW", "WIRES", "Strand", "Wire", "wire_of"]

_BITS_PER_BYTE = 10  # 8N1: a start bit, eight of data, a stop bit


def _check_chance(_: object, field: "attrs.Attribute[float]", value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{field.name} is a chance from 0 to below 1, not {value}")


@attrs.frozen(kw_only=True)
class Wire:
    """
    How bytes travel, in both directions; without arguments at once, together and unharmed.

    A garbled byte arrives with its highest bit flipped, so it never looks like another digit.
    """

    gap: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    """Seconds that each byte takes; 0: those that are written together arrive together."""
    drops: float = attrs.field(default=0.0, validator=_check_chance)
    """The chance of a byte to get lost."""
    garbles: float = attrs.field(default=0.0, validator=_check_chance)
    """The chance of a byte to arrive wrong."""
    seed: int = 1
    """Where the dice begin: with the same seed the same bytes are harmed."""

    @classmethod
    def slow(cls, bits_per_second: int = 1200) -> "Wire":
        """A serial line of that speed."""
        return cls(gap=_BITS_PER_BYTE / bits_per_second)

    @classmethod
    def lossy(cls, one_in: int = 2000, *, seed: int = 1) -> "Wire":
        """A bad cable: one byte in so many is harmed, half of them lost."""
        return cls(drops=0.5 / one_in, garbles=0.5 / one_in, seed=seed)


PERFECT = Wire()
ONE_BYTE = Wire(gap=0.001)
SLOW = Wire.slow()
LOSSY = Wire.lossy()

WIRES = {"perfect": PERFECT, "one-byte": ONE_BYTE, "slow": SLOW, "lossy": LOSSY}
_MEASURED = re.compile(r"(slow|lossy):([1-9][0-9]{0,8})")


def wire_of(text: str) -> Wire:
    """
    The wire of that name: ``perfect``, ``one-byte``, ``slow``, ``lossy``; or with a number.

    ``slow:300`` carries 300 bits a second, ``lossy:50`` harms one byte in 50.

    Raises:
        ValueError: there is none.
    """
    if measured := _MEASURED.fullmatch(text):
        kind, number = measured[1], int(measured[2])
        return Wire.slow(number) if kind == "slow" else Wire.lossy(number)
    if text not in WIRES:
        raise ValueError(
            f"{text!r} is no wire; there are {', '.join(WIRES)}, slow:BITS_PER_SECOND"
            " and lossy:ONE_IN"
        )
    return WIRES[text]


class Strand:
    """One direction of a wire; pure, but for what is still on the way."""

    def __init__(self, wire: Wire, *, towards: str) -> None:
        self._wire = wire
        self._dice = random.Random(f"{wire.seed} {towards}")
        self._free_at = 0.0

    def carry(self, data: bytes, *, now: float) -> tuple[tuple[float, bytes], ...]:
        """
        What arrives of bytes that are written now, each piece with its delay in seconds.

        The pieces of one call, and those of the next, arrive in their order.
        """
        pieces = (data,) if not self._wire.gap else (data[n : n + 1] for n in range(len(data)))
        arriving = []
        for piece in pieces:
            self._free_at = max(self._free_at, now) + self._wire.gap
            if harmed := self._harm(piece):
                arriving.append((self._free_at - now, harmed))
        return tuple(arriving)

    def _harm(self, data: bytes) -> bytes:
        if not (self._wire.drops or self._wire.garbles):
            return data
        return bytes(
            octet ^ 0x80 if self._dice.random() < self._wire.garbles else octet
            for octet in data
            if self._dice.random() >= self._wire.drops
        )

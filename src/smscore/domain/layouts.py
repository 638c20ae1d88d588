"""
The room that one part gives to a text, and the places where a text is cut to fit into it.
"""

import enum
from collections.abc import Sequence
from functools import cache

from smscore.domain.alphabets import ESCAPE, Alphabet, alphabet, encode_ucs2
from smscore.domain.graphemes import last_boundary
from smscore.domain.languages import Language

__all__ = ["Encoding", "Layout", "layout"]

_OCTETS = 140  # of user data in one short message (23.040, 9.2.3.24)
# Of information elements, with their identifier and length (23.040, 9.2.3.24.1, .8, .15, .16).
_CONCATENATION, _WIDE_CONCATENATION, _LANGUAGE = 5, 6, 3


class Encoding(enum.StrEnum):
    """The alphabet in which a text travels."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


class Layout:
    """
    How parts of one kind are laid out. Made by :func:`layout`.

    ``room`` and ``room_of_many`` are the units, septets or UTF-16 units, that fit into a text's
    only part, and into each of several.
    """

    def __init__(self, alphabet: Alphabet | None, *, is_wide: bool) -> None:
        self.alphabet = alphabet  # None: UCS-2
        self.encoding = Encoding.UCS2 if alphabet is None else Encoding.GSM7
        languages = (alphabet.locking, alphabet.single) if alphabet else ()
        indicators = _LANGUAGE * sum(language is not None for language in languages)
        place = _WIDE_CONCATENATION if is_wide else _CONCATENATION
        self.room = self._room_beside(indicators)
        self.room_of_many = self._room_beside(indicators + place)

    def units(self, text: str) -> int:
        """How many units a text takes."""
        if self.alphabet is not None:
            return len(self.alphabet.encode(text))
        return len(encode_ucs2(text)) // 2

    def fewest_parts(self, text: str) -> int:
        """How many parts there are at least, without looking for where they end."""
        if len(text) <= self.room:
            return 1
        return -(-len(text) // self.room_of_many)

    def ends(self, text: str) -> Sequence[int]:
        """Where the parts end if each is as long as can be: the fewest that are possible."""
        # A character is at most two units: most texts need not be counted.
        if len(text) * 2 <= self.room or (len(text) <= self.room and self.units(text) <= self.room):
            return (len(text),)
        return self._ends_from(0, text)

    def ends_between_clusters(self, text: str, ends: Sequence[int]) -> Sequence[int]:
        """As many parts, which end where a reader sees no character cut, as far as that goes."""
        start = 0
        for index in range(len(ends) - 1):
            end = ends[index]  # as the cuts before it have moved it
            boundary = last_boundary(text, start=start, end=end)
            if start < boundary < end:
                others = self._ends_from(boundary, text)
                if index + 1 + len(others) <= len(ends):
                    ends = (*ends[:index], boundary, *others)
            start = ends[index]
        return ends

    def _ends_from(self, start: int, text: str) -> list[int]:
        ends = []
        while start < len(text):
            ahead = text[start : start + self.room_of_many]
            start += self._cut(ahead)
            ends.append(start)
        return ends

    def _cut(self, text: str) -> int:
        """How many characters of the text fit into one of several parts."""
        if self.alphabet is None:
            return self._cut_utf16(text)
        return self._cut_septets(self.alphabet, text)

    def _cut_septets(self, alphabet: Alphabet, text: str) -> int:
        septets = alphabet.encode(text)
        room = self.room_of_many
        if len(septets) <= room:
            return len(text)
        # Each escape before the border belongs to a character; that of one at the border as well.
        return room - septets.count(ESCAPE, 0, room)

    def _cut_utf16(self, text: str) -> int:
        octets = encode_ucs2(text)
        border = 2 * self.room_of_many
        if len(octets) <= border:
            return len(text)
        if octets[border - 2] & 0xFC == 0xD8 and octets[border] & 0xFC == 0xDC:
            border -= 2  # the pair that lies across it goes into the next part
        return len(octets[:border].decode("utf-16-be", "surrogatepass"))

    def _room_beside(self, elements: int) -> int:
        octets = _OCTETS - (1 + elements if elements else 0)
        return octets // 2 if self.alphabet is None else octets * 8 // 7


@cache
def layout(
    encoding: Encoding,
    *,
    locking: Language | None = None,
    single: Language | None = None,
    is_wide: bool = False,
) -> Layout:
    """The layout of parts in an encoding, maybe with national tables and wide references."""
    chosen = alphabet(locking=locking, single=single) if encoding is Encoding.GSM7 else None
    return Layout(chosen, is_wide=is_wide)

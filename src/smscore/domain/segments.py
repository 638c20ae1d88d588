"""
Cutting a text into the parts that a network carries: which alphabet, how many, and where.
"""

import enum

import attrs

from smscore.domain.alphabets import ESCAPE, encode_gsm7, is_gsm7
from smscore.errors import MessageTooLong

__all__ = ["Encoding", "Segments", "split"]

# 140 octets of user data; the header of a concatenated part takes 6 of them (23.040, 9.2.3.24.1).
_GSM7_SINGLE, _GSM7_PART = 160, 153  # septets
_UCS2_SINGLE, _UCS2_PART = 70, 67  # UTF-16 units
_MOST_PARTS = 255  # the header counts in one octet


class Encoding(enum.StrEnum):
    """The alphabet in which a text travels."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@attrs.frozen(kw_only=True)
class Segments:
    """A text cut into parts, none of which cuts an escape pair or a surrogate pair."""

    encoding: Encoding
    parts: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many parts the text needs, which is also what it costs in segments."""
        return len(self.parts)


def split(text: str, *, max_parts: int = 50) -> Segments:
    """
    Cut a text into as few parts as possible, in GSM 7-bit if every character allows it.

    An empty text is one empty part.

    Raises:
        MessageTooLong: it needs more than ``max_parts``, or more than the 255 of the standard.
    """
    if is_gsm7(text):
        segments = Segments(encoding=Encoding.GSM7, parts=_gsm7_parts(text))
    else:
        segments = Segments(encoding=Encoding.UCS2, parts=_ucs2_parts(text))
    allowed = min(max_parts, _MOST_PARTS)
    if segments.count > allowed:
        raise MessageTooLong(
            f"the text needs {segments.count} parts in {segments.encoding}, "
            f"but at most {allowed} are allowed"
        )
    return segments


def _gsm7_parts(text: str) -> tuple[str, ...]:
    # A character is at most two septets: most texts need not be counted.
    if len(text) * 2 <= _GSM7_SINGLE or len(encode_gsm7(text)) <= _GSM7_SINGLE:
        return (text,)
    parts = []
    start = 0
    while start < len(text):
        end = start + _gsm7_cut(text[start : start + _GSM7_PART])
        parts.append(text[start:end])
        start = end
    return tuple(parts)


def _gsm7_cut(text: str) -> int:
    """How many characters of the text fit into one part."""
    septets = encode_gsm7(text)
    if len(septets) <= _GSM7_PART:
        return len(text)
    # No character has the escape as its second septet: one at the border begins a pair.
    end = _GSM7_PART - (septets[_GSM7_PART - 1] == ESCAPE)
    return end - septets.count(ESCAPE, 0, end)


def _ucs2_parts(text: str) -> tuple[str, ...]:
    if _units(text) <= _UCS2_SINGLE:
        return (text,)
    parts = []
    start = 0
    while start < len(text):
        end = start + _ucs2_cut(text[start : start + _UCS2_PART])
        parts.append(text[start:end])
        start = end
    return tuple(parts)


def _ucs2_cut(text: str) -> int:
    """How many characters of the text fit into one part."""
    if _units(text) <= _UCS2_PART:
        return len(text)
    units = 0
    for index, char in enumerate(text):
        units += 2 if char > "\uffff" else 1
        if units > _UCS2_PART:
            return index
    return len(text)


def _units(text: str) -> int:
    # Half a surrogate pair is no character, but JSON can carry one: it counts as the unit it is.
    return len(text.encode("utf-16-be", "surrogatepass")) // 2

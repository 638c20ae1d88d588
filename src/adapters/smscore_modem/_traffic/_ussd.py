"""
USSD codes and answers as modems write them (27.007, 7.15), without I/O.

The standard leaves the writing to the character set that is selected, and modems do as they like:
plain text, packed septets in hexadecimal, or UTF-16 in hexadecimal.
"""

import enum
import re
import unicodedata

import attrs

from smscore.domain.alphabets import alphabet, decode_ucs2
from smscore_modem._pdu._septets import pack_septets, unpack_septets

__all__ = ["UssdAnswer", "UssdState", "is_code", "read_answer", "write_code"]

_CODE = re.compile(r"[0-9*#+]{1,160}")
_ANSWER = re.compile(r'(\d)\s*(?:,\s*(?:"(.*)"|([^",]*))\s*(?:,\s*(\d+))?)?\s*', re.DOTALL)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_UCS2 = 0x48  # 23.038, 5: the general group; its other bits are compression and class
_WITH_LANGUAGE = 0x11  # 23.038, 5: UCS2, with two octets of language in front
_GSM = alphabet()
_FILLER = "\r"  # 23.038, 6.1.2.3.1: pads seven septets, which would look like eight


class UssdState(enum.IntEnum):
    """What the network does next; the number is that of ``+CUSD``."""

    DONE = 0
    WANTS_REPLY = 1
    ENDED = 2
    TAKEN_OVER = 3  # another program on the phone answered
    UNSUPPORTED = 4
    TIMED_OUT = 5


@attrs.frozen(kw_only=True)
class UssdAnswer:
    """What the network said, and whether it waits for more."""

    state: UssdState
    text: str


def is_code(text: str) -> bool:
    """Whether it may be put into a command: digits, ``*``, ``#`` and ``+`` alone."""
    return _CODE.fullmatch(text) is not None


def write_code(code: str, *, coding: str) -> str:
    """A code or a reply in the writing ``text``, ``packed``, ``ucs2`` or ``guess``."""
    match coding:
        case "packed":
            septets = _GSM.encode(code)
            padded = septets + b"\r" if len(septets) % 8 == 7 else septets
            return pack_septets(padded).hex().upper()
        case "ucs2":
            return code.encode("utf-16-be").hex().upper()
    return code


def read_answer(text: str, *, coding: str) -> UssdAnswer | None:
    """What stands behind ``+CUSD:``; None when that is nothing of the kind."""
    found = _ANSWER.fullmatch(text)
    if found is None or int(found[1]) not in list(UssdState):
        return None
    scheme = int(found[4][:3]) if found[4] else None
    written = found[2] if found[2] is not None else found[3] or ""
    state = UssdState(int(found[1]))
    return UssdAnswer(state=state, text=_read(written, coding=coding, scheme=scheme))


def _read(text: str, *, coding: str, scheme: int | None) -> str:
    if not _HEX.fullmatch(text):
        return text
    octets = bytes.fromhex(text)
    # What the alphabet cannot say comes in UTF-16, however texts are written otherwise.
    if scheme == _WITH_LANGUAGE:
        return decode_ucs2(octets[2:])
    if coding == "ucs2" or (scheme is not None and scheme & 0xCC == _UCS2):
        return decode_ucs2(octets)
    match coding:
        case "text":
            return text
        case "packed":
            return _unpacked(octets)
    return _guessed(text, octets)


def _guessed(text: str, octets: bytes) -> str:
    """The reading that looks most like something to read; a number is one as it stands."""
    wide = decode_ucs2(octets) if len(octets) % 2 == 0 else ""
    if text.isdecimal():
        return wide if wide.isascii() and wide.isprintable() and wide else text
    packed = _unpacked(octets)
    for reading in (packed if packed.isascii() else "", wide, packed):
        if _is_readable(reading):
            return reading
    return text


def _is_readable(text: str) -> bool:
    """Whether it is nearly all letters, digits and what stands between them, in few scripts."""
    if not text or "\ufffd" in text:
        return False
    blocks = {ord(char) >> 8 for char in text if ord(char) > 0xFF}
    if any(char < " " and char not in "\r\n" for char in text):
        return False
    is_one_script = len(blocks) <= 2 or (min(blocks) >= 0x4E and max(blocks) <= 0x9F)
    odd = [char for char in text if not _is_ordinary(char)]
    return is_one_script and len(odd) * 8 <= len(text)


def _is_ordinary(char: str) -> bool:
    category = unicodedata.category(char)
    return char != "@" and (category[0] in _ORDINARY_KINDS or category in _ORDINARY)


# Letters, marks, numbers, punctuation; spaces, line ends, mathematical and currency signs.
_ORDINARY_KINDS = "LMNP"
_ORDINARY = frozenset({"Zs", "Cc", "Sm", "Sc"})


def _unpacked(octets: bytes) -> str:
    text = _GSM.decode(unpack_septets(octets[:224], len(octets[:224]) * 8 // 7))
    # Seven octets hold eight septets; the last is filler, or padding that reads as "@".
    return text[:-1] if len(octets) % 7 == 0 and text.endswith((_FILLER, "@")) else text

"""
The alphabets of short messages: GSM 7-bit, default and national, and UCS-2 (23.038, 6.2).

Septets are kept one per octet here; packing them belongs to whoever speaks to a network. A
character behind the escape ``0x1B`` is two septets. A national language may take the place of
the default table (locking shift), of the extension table (single shift), or of both.
"""

import codecs
import re
from collections.abc import Mapping
from functools import cache

from smscore.domain._single_shift import EXTENSION
from smscore.domain.languages import LOCKING_SHIFT, SINGLE_SHIFT, Language

__all__ = ["ESCAPE", "GSM7", "Alphabet", "alphabet", "decode_ucs2", "encode_ucs2"]

ESCAPE = 0x1B

_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_NOT_ONE_SEPTET = 0xFF
_UNDEFINED = "\ufffd"  # in a table: no character is there
_NO_SEPTETS = "\ufffe" * 128  # what a charmap calls undefined

_ESCAPED = re.compile(b"\x1b(.?)", re.DOTALL)


class _Septets(dict[int, str]):
    """A table for ``str.translate`` that refuses what it does not have, instead of keeping it."""

    def __missing__(self, code: int) -> str:
        raise ValueError(f"{chr(code)!r} (U+{code:04X}) is not in the GSM 7-bit alphabet")


class Alphabet:
    """
    One table of 128 characters, and a second one behind the escape. Made by :func:`alphabet`.
    """

    def __init__(self, locking: Language | None, single: Language | None) -> None:
        self.locking = locking
        self.single = single
        main = _DEFAULT if locking is None else LOCKING_SHIFT[locking]
        behind = EXTENSION if single is None else SINGLE_SHIFT[single]
        self._septets = _septets(main, behind)
        # Most texts are ASCII, and without escapes: for those there is a faster way.
        self._of_ascii = bytes(map(self._septet_of_ascii, range(256)))
        self._characters = main.replace(_UNDEFINED, "\ufffe") + _NO_SEPTETS
        # An escape that leads nowhere shows the character of the main table, two of them or one
        # at the end a space (23.038, 6.2.1 note 1 and 6.2.1.1 note 1).
        self._escaped = {bytes((septet,)): char for septet, char in behind.items()}
        self._escaped |= {b"": " ", b"\x1b": " "}
        self._all = re.compile("[" + "".join(re.escape(chr(code)) for code in self._septets) + "]*")

    def has(self, text: str) -> bool:
        """Whether the whole text can be written."""
        return self.encode_plain(text) is not None or self._all.fullmatch(text) is not None

    def encode(self, text: str) -> bytes:
        """
        The septets of a text, one per octet.

        Raises:
            ValueError: a character is not in the alphabet; ask :meth:`has` first.
        """
        return self.encode_plain(text) or text.translate(self._septets).encode("ascii")

    def encode_plain(self, text: str) -> bytes | None:
        """The septets of a text in ASCII that takes one for each character, as most do."""
        if not text.isascii():
            return None
        septets = text.encode("ascii").translate(self._of_ascii)
        return None if _NOT_ONE_SEPTET in septets else septets

    def decode(self, septets: bytes) -> str:
        """
        The text of some septets, one per octet. Never raises.

        An octet above 0x7F, or one for which the table has nothing, is U+FFFD.
        """
        if ESCAPE not in septets:
            return self._plain(septets)
        text = []
        start = 0
        for escape in _ESCAPED.finditer(septets):
            text.append(self._plain(septets[start : escape.start()]))
            text.append(self._escaped.get(escape[1]) or self._plain(escape[1]))
            start = escape.end()
        return "".join(text) + self._plain(septets[start:])

    def __repr__(self) -> str:
        return f"alphabet(locking={self.locking!r}, single={self.single!r})"

    def _septet_of_ascii(self, code: int) -> int:
        septets = self._septets.get(code, "")
        return ord(septets) if len(septets) == 1 else _NOT_ONE_SEPTET

    def _plain(self, septets: bytes) -> str:
        return codecs.charmap_decode(septets, "replace", self._characters)[0]


def _septets(main: str, behind: Mapping[int, str]) -> _Septets:
    escaped = {ord(char): f"\x1b{chr(septet)}" for septet, char in behind.items()}
    # What both tables have is cheaper without the escape.
    plain = {
        ord(char): chr(septet)
        for septet, char in enumerate(main)
        if septet != ESCAPE and char != _UNDEFINED
    }
    return _Septets(escaped | plain)


def alphabet(*, locking: Language | None = None, single: Language | None = None) -> Alphabet:
    """
    The alphabet with the given national tables; without any, the default one.

    There is one object for each. A language without a locking shift table (Spanish) has the
    default one.
    """
    # A language equals its code, and what is remembered under one is found under the other.
    return _made(
        Language(locking) if locking and locking in LOCKING_SHIFT else None,
        Language(single) if single else None,
    )


@cache
def _made(locking: Language | None, single: Language | None) -> Alphabet:
    return Alphabet(locking, single)


GSM7 = alphabet()
"""The default alphabet with its extension table, which every telephone has."""


def encode_ucs2(text: str) -> bytes:
    """
    The octets of a text in UCS-2, which is UTF-16 in truth, the higher octet first.

    Half a surrogate pair is no character, but Python's strings can hold one: it stays what it is.
    """
    # Not by `str.encode`, which looks for the codec at every call.
    return codecs.utf_16_be_encode(text, "surrogatepass")[0]


def decode_ucs2(octets: bytes) -> str:
    """The text of some octets in UCS-2. Never raises: what is no character is U+FFFD."""
    return codecs.utf_16_be_decode(octets, "replace", True)[0]  # noqa: FBT003  # is the last piece

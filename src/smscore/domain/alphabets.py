"""
The GSM 7-bit alphabet: which characters it has, and their septets (23.038, 6.2.1).

Septets are kept one per octet here; packing them belongs to whoever speaks to a network. A
character of the extension table is two septets, the first of which is the escape ``0x1B``.
"""

import re

__all__ = ["ESCAPE", "decode_gsm7", "encode_gsm7", "is_gsm7", "septets_of"]

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
_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


class _Septets(dict[int, str]):
    """A table for ``str.translate`` that refuses what it does not have, instead of keeping it."""

    def __missing__(self, code: int) -> str:
        raise ValueError(f"{chr(code)!r} is not in the GSM 7-bit alphabet")


_TO_SEPTETS = _Septets(
    {ord(char): chr(septet) for septet, char in enumerate(_DEFAULT) if septet != ESCAPE}
    | {ord(char): f"\x1b{chr(septet)}" for septet, char in _EXTENSION.items()}
)
_FROM_SEPTETS = {**dict(enumerate(_DEFAULT)), **dict.fromkeys(range(0x80, 0x100), "\ufffd")}
_FROM_ESCAPED = {chr(septet): char for septet, char in _EXTENSION.items()}
# Receiving entities show a space for an escape that leads nowhere (23.038, 6.2.1 note 1 and
# 6.2.1.1 note 3).
_FROM_ESCAPED |= {"": " ", "\x1b": " "}

_ALL = re.compile("[" + "".join(re.escape(chr(code)) for code in _TO_SEPTETS) + "]*")
_RUN = re.compile("\x1b(.?)|[^\x1b]+", re.DOTALL)


def is_gsm7(text: str) -> bool:
    """Whether the whole text can be written in the default alphabet and its extension."""
    return _ALL.fullmatch(text) is not None


def septets_of(char: str) -> int:
    """How many septets one character takes: 1 or 2, and 0 if the alphabet does not have it."""
    return len(_TO_SEPTETS.get(ord(char), ""))


def encode_gsm7(text: str) -> bytes:
    """
    The septets of a text, one per octet.

    Raises:
        ValueError: a character is not in the alphabet; ask :func:`is_gsm7` first.
    """
    return text.translate(_TO_SEPTETS).encode("ascii")


def decode_gsm7(septets: bytes) -> str:
    """
    The text of some septets, one per octet. Never raises.

    An escape followed by a septet that the extension table does not have stands for the
    character of the default table (23.038, 6.2.1.1); an octet above 0x7F is U+FFFD.
    """
    text = septets.decode("latin-1")
    if "\x1b" not in text:
        return text.translate(_FROM_SEPTETS)
    return "".join(
        run[0].translate(_FROM_SEPTETS) if run[1] is None else _escaped(run[1])
        for run in _RUN.finditer(text)
    )


def _escaped(septet: str) -> str:
    return _FROM_ESCAPED.get(septet) or septet.translate(_FROM_SEPTETS)

"""
What reading a file gives: its cards, and what is wrong with it line by line.
"""

import codecs

import attrs

from smscore.domain.cards import Card, Fault
from smscore.errors import InvalidRequest

__all__ = ["Reading", "decoded"]

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@attrs.frozen(kw_only=True)
class Reading:
    """
    The cards of a file, the faults of what could not be read, and columns that mean nothing here.
    """

    cards: tuple[Card, ...] = ()
    faults: tuple[Fault, ...] = ()
    ignored: tuple[str, ...] = ()


def decoded(content: bytes) -> str:
    """
    The text of a file in UTF-8, with or without a byte order mark.

    Raises:
        InvalidRequest: it is in another encoding; the first such line is named.
    """
    if content.startswith(_WIDE):
        raise InvalidRequest("the file is in UTF-16; save it in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = content.count(b"\n", 0, cause.start) + 1
        raise InvalidRequest(f"line {line} is not valid UTF-8; save the file in UTF-8") from cause

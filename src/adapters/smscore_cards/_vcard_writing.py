"""
Writing vCards: 3.0 for nearly everybody, 4.0, and 2.1 for old telephones.
"""

import enum
from collections.abc import Iterable, Iterator
from typing import Any

from smscore.domain.cards import Card, CardKind
from smscore_cards._vcard_lines import library

__all__ = ["VcardVersion", "write_vcards"]

_GROUP = "X-ADDRESSBOOKSERVER-KIND"  # up to 3.0 there is no word for it; many understand this one
_SIGNS = 25  # of three characters each at most: lines have 76


class VcardVersion(enum.StrEnum):
    """Which standard a card keeps to."""

    OLD = "2.1"
    COMMON = "3.0"  # RFC 2426
    NEW = "4.0"  # RFC 6350


def write_vcards(
    cards: Iterable[Card], *, version: VcardVersion = VcardVersion.COMMON
) -> Iterator[str]:
    """
    The text of each card.

    Raises:
        ConfigurationError: the library for vCards is not installed.
    """
    maker = library()
    for card in cards:
        if version is VcardVersion.OLD:
            yield _written_old(card)
        else:
            yield _written(maker, card, version)


def _written(maker: Any, card: Card, version: VcardVersion) -> str:
    made = maker.vCard()
    made.add("version").value = version.value
    made.add("n").value = maker.vcard.Name(family=card.name)
    made.add("fn").value = card.name
    if card.kind is CardKind.GROUP:
        made.add("kind" if version is VcardVersion.NEW else _GROUP).value = "group"
    if isinstance(card.number, str):
        number = made.add("tel")
        number.value, number.type_param = card.number, "CELL"
    if isinstance(card.email, str) and card.email:
        made.add("email").value = card.email
    if isinstance(card.notes, str) and card.notes:
        made.add("note").value = card.notes
    if card.groups:
        made.add("categories").value = list(card.groups)
    text: str = made.serialize()
    return text


def _written_old(card: Card) -> str:
    """The library reads 2.1, but does not write it."""
    lines = ["BEGIN:VCARD", "VERSION:2.1", f"N:{card.name}", f"FN:{card.name}"]
    if card.kind is CardKind.GROUP:
        lines.append(f"{_GROUP}:group")
    if isinstance(card.number, str):
        lines.append(f"TEL;CELL:{card.number}")
    if isinstance(card.email, str) and card.email:
        lines.append(f"EMAIL;INTERNET;{_quoted(card.email)}")
    if isinstance(card.notes, str) and card.notes:
        lines.append(f"NOTE;{_quoted(card.notes)}")
    if card.groups:
        lines.append(f"CATEGORIES:{','.join(card.groups)}")
    return "".join(f"{line}\r\n" for line in (*lines, "END:VCARD"))


def _quoted(text: str) -> str:
    """The parameters and value of a property in quoted-printable, with its soft line breaks."""
    signs = [_sign(octet) for octet in text.replace("\n", "\r\n").encode()]
    rows = ("".join(signs[start : start + _SIGNS]) for start in range(0, len(signs), _SIGNS))
    return "CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:" + "=\r\n".join(("", *rows))


def _sign(octet: int) -> str:
    char = chr(octet)
    return char if char.isascii() and char.isalnum() else f"={octet:02X}"

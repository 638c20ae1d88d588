"""
Data coding schemes: how the content of a message is coded, and what is to be done with it.
"""

import enum

import attrs

from smscore.domain.user_data import Coding

__all__ = ["Scheme", "Waiting", "WaitingKind"]

# Groups by their high bits (23.038, 4).
_WAITING_DISCARDED, _WAITING_UCS2, _CLASS = 0xC, 0xE, 0xF  # 1101: waiting, stored
_COMPRESSED, _HAS_CLASS = 0x20, 0x10
_ACTIVE = 0x08
_GENERAL = (Coding.GSM7, Coding.BINARY, Coding.UCS2, Coding.GSM7)  # the last one is reserved


class WaitingKind(enum.IntEnum):
    """What waits for the recipient elsewhere."""

    VOICEMAIL = 0
    FAX = 1
    EMAIL = 2
    OTHER = 3


@attrs.frozen(kw_only=True)
class Waiting:
    """
    Turns the indicator of waiting messages on or off.

    ``is_kept``: the text is to be stored, not only shown.
    """

    kind: WaitingKind
    is_active: bool
    is_kept: bool


@attrs.frozen(kw_only=True)
class Scheme:
    """
    The octet TP-DCS, and what it means; usually made by :meth:`of`.

    Raises:
        ValueError: the octet is not 0 to 255.
    """

    octet: int

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.octet <= 255:
            raise ValueError(f"a coding scheme is an octet of 0 to 255, not {self.octet}")

    @staticmethod
    def of(coding: Coding, message_class: int | None = None) -> "Scheme":
        """
        The scheme of the general group: class 0 is shown at once, 1 belongs to the telephone, 2 to
        the SIM, 3 to what is connected.

        Raises:
            ValueError: the class is not 0 to 3.
        """
        try:
            return _USUAL[coding, message_class]
        except KeyError:
            raise ValueError(f"a message class is 0 to 3 or None, not {message_class}") from None

    @staticmethod
    def at(octet: int) -> "Scheme":
        """The scheme of an octet of 0 to 255."""
        return _ALL[octet]

    @property
    def coding(self) -> Coding:
        """How the content is to be read; compressed text is left as octets."""
        return _CODINGS[self.octet]

    @property
    def message_class(self) -> int | None:
        """0 to 3, if the message has a class."""
        is_general = self.octet < 0x80 and self.octet & _HAS_CLASS
        return self.octet & 0x3 if is_general or self.octet >> 4 == _CLASS else None

    @property
    def waiting(self) -> Waiting | None:
        """The indication of waiting messages, if that is what this is."""
        group = self.octet >> 4
        if not _WAITING_DISCARDED <= group <= _WAITING_UCS2:
            return None
        return Waiting(
            kind=WaitingKind(self.octet & 0x3),
            is_active=bool(self.octet & _ACTIVE),
            is_kept=group != _WAITING_DISCARDED,
        )


def _coding_of(octet: int) -> Coding:
    group = octet >> 4
    if octet < 0x80:
        return Coding.BINARY if octet & _COMPRESSED else _GENERAL[octet >> 2 & 0x3]
    if group == _WAITING_UCS2:
        return Coding.UCS2
    if group == _CLASS and octet & 0x04:
        return Coding.BINARY
    return Coding.GSM7  # reserved groups as well (23.038, 4)


_CODINGS = tuple(map(_coding_of, range(256)))
_ALL = tuple(Scheme(octet=octet) for octet in range(256))
_USUAL = {
    (coding, message_class): _ALL[
        _GENERAL.index(coding) << 2 | (0 if message_class is None else _HAS_CLASS | message_class)
    ]
    for coding in Coding
    for message_class in (None, 0, 1, 2, 3)
}

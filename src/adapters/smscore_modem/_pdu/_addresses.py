"""
Addresses: numbers and names, of senders, of recipients and of the service centre.
"""

import enum
import re
from functools import lru_cache

import attrs

from smscore.domain.alphabets import GSM7
from smscore_modem._pdu._octets import SWAPPED, MalformedPdu, Octets
from smscore_modem._pdu._septets import pack_septets, unpack_septets

__all__ = [
    "TELEPHONE_PLAN",
    "Address",
    "NumberType",
    "address_of",
    "centre_of",
    "read_address",
    "read_centre",
    "write_centre",
    "write_number",
]

TELEPHONE_PLAN = 1
"""The numbering plan of telephones (E.164); the other fifteen are kept as they come."""

_MOST_SEMI_OCTETS = 20  # 23.040, 9.1.2.5: twelve octets with length and type
_MOST_SEPTETS = 11
_AMBIGUOUS = 14  # semi-octets: 7 septets whose sender counted whole octets, or 8 septets

_TEXT = re.compile(r"\+?[0-9*#]{1,20}")  # in a text the letters are left to names
_NUMBER = re.compile(r"[0-9*#abc]{0,20}")
# 24.008, table 10.5.118, as hexadecimal digits; the sixteenth is filler.
_TO_HEX = str.maketrans("*#abc", "abcde")
_FROM_HEX = str.maketrans("abcde", "*#abc", "f")


class NumberType(enum.IntEnum):
    """How the value of an address is meant (23.040, 9.1.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6
    RESERVED = 7


_TYPES = tuple(NumberType)
_DIALLED, _INTERNATIONAL_NUMBER = 0x81, 0x91  # the type, in the telephone plan
_INTERNATIONAL, _ALPHANUMERIC = NumberType.INTERNATIONAL, NumberType.ALPHANUMERIC


def _usual_plan(address: "Address") -> int:
    return 0 if address.kind is _ALPHANUMERIC else TELEPHONE_PLAN


@attrs.frozen(kw_only=True)
class Address:
    """
    A number, or the name of an alphanumeric sender.

    ``value`` has up to 20 of the characters ``0-9*#abc``, without a ``+``; or, when ``kind`` is
    ``ALPHANUMERIC``, a text of up to 11 septets of the GSM 7-bit default alphabet.

    Raises:
        ValueError: the value is neither, or the plan is not 0 to 15.
    """

    value: str
    kind: NumberType = NumberType.UNKNOWN
    plan: int = attrs.field(default=attrs.Factory(_usual_plan, takes_self=True))

    def __attrs_post_init__(self) -> None:
        value = self.value
        if not 0 <= self.plan <= 15:
            raise ValueError(f"the numbering plan of an address is 0 to 15, not {self.plan}")
        if self.kind is _ALPHANUMERIC:
            _check_name(value)
        elif not _is_plain(value) and _NUMBER.fullmatch(value) is None:
            raise ValueError(
                f"{value!r} is not the value of a number: that has up to {_MOST_SEMI_OCTETS} "
                "of the characters 0-9*#abc, and its kind in place of a '+'"
            )

    @staticmethod
    def of(text: str) -> "Address":
        """
        What people write: ``+491701234567``, a short code like ``12345``, or a name.

        Raises:
            ValueError: it is too long, or has a character that names cannot have.
        """
        if not text:
            raise ValueError("an address is empty; give it a number or a name")
        if _TEXT.fullmatch(text) is None:
            return Address(value=text, kind=_ALPHANUMERIC)
        if text.startswith("+"):
            return Address(value=text[1:], kind=_INTERNATIONAL)
        return Address(value=text)

    @property
    def octets(self) -> bytes:
        """The address field of a TPDU: length, type, value."""
        write = _write_name if self.kind is _ALPHANUMERIC else _write_digits
        length, value = write(self.value)
        return bytes((length, 0x80 | self.kind << 4 | self.plan)) + value

    def __str__(self) -> str:
        """The value, with ``+`` if it is an international number."""
        if self.kind is _INTERNATIONAL and self.value:
            return "+" + self.value
        return self.value


def _is_plain(digits: str) -> bool:
    """Whether they are what nearly all numbers are: decimal digits, not too many."""
    return digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_SEMI_OCTETS


def write_number(text: str) -> bytes:
    """
    The octets of a number as people write it; those of its :class:`Address`, and faster.

    Raises:
        ValueError: it is no number. A name is only ever that of a sender.
    """
    digits = text.removeprefix("+")
    if not _is_plain(digits):
        if _TEXT.fullmatch(text) is None:
            raise ValueError(
                f"a message goes to a number, up to {_MOST_SEMI_OCTETS} of the characters 0-9*# "
                f"behind a '+' or without, not to {text!r}"
            )
        return Address.of(text).octets
    kind = _DIALLED if digits is text else _INTERNATIONAL_NUMBER
    padded = digits + "f" if len(digits) % 2 else digits
    return bytes((len(digits), kind)) + bytes.fromhex(padded).translate(SWAPPED)


def address_of(value: str | Address) -> Address:
    """For fields that take what people write as well as an address."""
    return Address.of(value) if isinstance(value, str) else value


def centre_of(value: str | Address | None) -> Address | None:
    """
    The same for a service centre, without which a PDU can be.

    Raises:
        ValueError: it is a name; the octets of a centre do not tell how long that would be.
    """
    if value is None:
        return None
    centre = Address.of(value) if isinstance(value, str) else value
    if centre.kind is _ALPHANUMERIC:
        raise ValueError(f"a service centre has a number, not a name like {centre.value!r}")
    return centre


def _check_name(name: str) -> None:
    try:
        septets = GSM7.encode(name)
    except ValueError as error:
        raise ValueError(
            f"{name!r} cannot be the name of a sender: {error}; use other characters, or a number"
        ) from None
    if len(septets) > _MOST_SEPTETS:
        raise ValueError(
            f"{name!r} takes {len(septets)} septets, but the name of a sender has at most "
            f"{_MOST_SEPTETS}, and a number {_MOST_SEMI_OCTETS} digits; shorten it"
        )


def _write_name(name: str) -> tuple[int, bytes]:
    septets = GSM7.encode(name)
    packed = pack_septets(septets)
    if len(septets) == 8 and name.endswith("@"):
        # One semi-octet more than needed says that the eighth septet is no padding.
        return _AMBIGUOUS + 1, packed + b"\0"
    # The length counts useful semi-octets, also for names (23.040, 9.1.2.5).
    return -(-len(septets) * 7 // 4), packed


def _write_digits(digits: str) -> tuple[int, bytes]:
    codes = digits if digits.isdecimal() else digits.translate(_TO_HEX)
    if len(digits) % 2:
        codes += "f"
    return len(digits), bytes.fromhex(codes).translate(SWAPPED)


def read_address(octets: Octets) -> Address:
    """
    The address of a sender or of a recipient.

    A name of 14 semi-octets may be eight septets, or seven of which somebody counted the whole
    octets. When the eighth is 0, it is taken for padding and not for an ``@``: names that end in
    one are hardly ever seen, wrong counts are.

    Raises:
        MalformedPdu: it is longer than addresses are, or than the PDU.
    """
    length = octets.octet("the length of an address")
    if length > _MOST_SEMI_OCTETS:
        raise MalformedPdu(
            f"an address has at most {_MOST_SEMI_OCTETS} semi-octets, not {length}", octets.at - 1
        )
    kind = octets.octet("the type of an address")
    return _read(kind, length, octets.take((length + 1) // 2, "the value of an address"))


def _read(kind: int, length: int, value: bytes) -> Address:
    number_type = _TYPES[kind >> 4 & 0x7]
    if number_type is _ALPHANUMERIC:
        text = _read_name(length, value)
    else:
        text = value.translate(SWAPPED).hex()[:length]
        if not text.isdecimal():
            text = text.translate(_FROM_HEX)
    return Address(value=text, kind=number_type, plan=kind & 0xF)


def _read_name(length: int, value: bytes) -> str:
    septets = unpack_septets(value, length * 4 // 7)
    if length == _AMBIGUOUS and septets.endswith(b"\0"):
        septets = septets[:-1]
    return GSM7.decode(septets)


# The service centre in front of a PDU. Unlike other addresses it counts octets, the type among
# them (27.005, 3.1 <pdu>; 24.011, 8.2.5).


def write_centre(centre: Address | None) -> bytes:
    """The octets in front of a TPDU; None leaves the choice to the modem."""
    if centre is None:
        return b"\0"
    return bytes((len(centre.octets) - 1,)) + centre.octets[1:]


def read_centre(octets: Octets) -> Address | None:
    """
    The service centre in front of a TPDU, if one is named.

    Raises:
        MalformedPdu: it is longer than addresses are, or than the PDU.
    """
    length = octets.octet("the length of the service centre")
    if length == 0:
        return None
    if length > _MOST_SEMI_OCTETS // 2 + 1:
        raise MalformedPdu(
            f"a service centre has at most {_MOST_SEMI_OCTETS // 2 + 1} octets, not {length}",
            octets.at - 1,
        )
    return _centre(octets.take(length, "the service centre"))


@lru_cache(maxsize=256)  # there are few, and each comes with many messages
def _centre(value: bytes) -> Address:
    kind = value[0]
    if kind & 0x70 == _ALPHANUMERIC << 4:
        kind &= 0x0F  # centres have numbers, whatever is said of them
    return _read(kind, 2 * len(value) - 2, value[1:])

"""
The fields that all PDUs are made of: addresses, time stamps, coding schemes, packed septets.

Writing them is total for values that the domain can hold; reading raises :class:`MalformedPdu`
for whatever cannot be read, and nothing else.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

import attrs

from smscore.domain.alphabets import decode_gsm7, encode_gsm7
from smscore.domain.inbound import Coding, Concatenation
from smscore_modem._septets import pack_septets, unpack_septets

__all__ = [
    "MalformedPdu",
    "Octets",
    "Scheme",
    "concatenation_header",
    "concatenation_of",
    "read_address",
    "read_centre",
    "read_scheme",
    "read_timestamp",
    "read_validity",
    "write_address",
    "write_centre",
    "write_scheme",
    "write_timestamp",
    "write_validity",
]

_INTERNATIONAL = 0x91
_UNKNOWN = 0x81
_ALPHANUMERIC = 0xD0
_SEMI_OCTETS = "0123456789*#abc"  # 24.008, table 10.5.118; the sixteenth is filler
_NUMBER = re.compile(r"\+?[0-9*#]{1,20}")  # the letters are left to names


class MalformedPdu(ValueError):
    """The octets are not the PDU that they should be."""


class Octets:
    """A cursor over octets that never reads past their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """
        The next ``count`` octets.

        Raises:
            MalformedPdu: there are fewer.
        """
        if self._at + count > len(self._data):
            raise MalformedPdu(
                f"{count} octets were expected at {self._at}, of {len(self._data)} in all"
            )
        self._at += count
        return self._data[self._at - count : self._at]

    def octet(self) -> int:
        """The next octet."""
        return self.take(1)[0]

    def rest(self) -> bytes:
        """All that is left, maybe nothing."""
        return self.take(len(self._data) - self._at)


# Addresses (23.040, 9.1.2.5 and 9.1.2.2).


def write_address(address: str) -> bytes:
    """A number with or without ``+``, or else a name of up to 11 characters."""
    if _NUMBER.fullmatch(address):
        digits = address.removeprefix("+")
        kind = _INTERNATIONAL if address.startswith("+") else _UNKNOWN
        return bytes((len(digits), kind)) + _write_digits(digits)
    septets = encode_gsm7(address)
    if not 0 < len(septets) <= 11:
        raise ValueError(f"an address has 1 to 20 digits or 1 to 11 characters, not {address!r}")
    # The length counts useful semi-octets, also for names.
    return bytes((-(-len(septets) * 7 // 4), _ALPHANUMERIC)) + pack_septets(septets)


def read_address(octets: Octets) -> str:
    """A number, with ``+`` if it is international, or the name of an alphanumeric sender."""
    length = octets.octet()
    kind = octets.octet()
    if length > 20:
        raise MalformedPdu(f"an address has at most 20 semi-octets, not {length}")
    value = octets.take((length + 1) // 2)
    if kind & 0x70 == _ALPHANUMERIC & 0x70:
        return _read_name(value, length)
    return _with_plus(_read_digits(value)[:length], kind)


def _read_name(value: bytes, length: int) -> str:
    septets = unpack_septets(value, length * 4 // 7)
    # Seven characters fill 49 of 56 bits, and whoever counts whole octets announces room for an
    # eighth: it is padding, not an "@".
    if length == 14 and septets.endswith(b"\0"):
        septets = septets[:-1]
    return decode_gsm7(septets)


def write_centre(centre: str | None) -> bytes:
    """The service centre in front of a PDU; None leaves the choice to the modem."""
    if centre is None:
        return b"\0"
    address = write_address(centre)
    # Unlike other addresses it counts octets, the type among them (27.005, 3.1 <pdu>).
    return bytes((len(address) - 1,)) + address[1:]


def read_centre(octets: Octets) -> str | None:
    """The service centre in front of a PDU."""
    length = octets.octet()
    if length == 0:
        return None
    kind, *digits = octets.take(length)
    return _with_plus(_read_digits(bytes(digits)), kind)


def _write_digits(digits: str) -> bytes:
    codes = [_SEMI_OCTETS.index(digit) for digit in digits]
    if len(codes) % 2:
        codes.append(0xF)
    return bytes(low | high << 4 for low, high in zip(codes[::2], codes[1::2], strict=True))


def _read_digits(value: bytes) -> str:
    codes = (code for octet in value for code in (octet & 0xF, octet >> 4))
    return "".join(_SEMI_OCTETS[code] for code in codes if code != 0xF)


def _with_plus(digits: str, kind: int) -> str:
    return "+" + digits if digits and kind & 0x70 == _INTERNATIONAL & 0x70 else digits


# Time stamps (23.040, 9.2.3.11).


def write_timestamp(moment: datetime) -> bytes:
    """An aware moment in its own zone, which is rounded to a quarter of an hour."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a time stamp needs a time zone")
    quarters = round(offset / timedelta(minutes=15))
    local = moment.astimezone(timezone(timedelta(minutes=15 * quarters)))
    fields = (local.year % 100, local.month, local.day, local.hour, local.minute, local.second)
    zone = _swapped(abs(quarters)) | (0x08 if quarters < 0 else 0)
    return bytes(_swapped(field) for field in fields) + bytes((zone,))


def read_timestamp(octets: Octets) -> datetime | None:
    """A moment in the zone it was written in; None when it names none."""
    *fields, zone = octets.take(7)
    sign = -1 if zone & 0x08 else 1
    quarters = sign * _unswapped(zone & ~0x08)
    year, month, day, hour, minute, second = (_unswapped(field) for field in fields)
    try:
        return datetime(
            2000 + year,
            month,
            day,
            hour,
            minute,
            second,
            tzinfo=timezone(timedelta(minutes=15 * quarters)) if quarters else UTC,
        )
    except ValueError:
        return None


def _swapped(number: int) -> int:
    return number // 10 | number % 10 << 4


def _unswapped(octet: int) -> int:
    return (octet & 0xF) * 10 + (octet >> 4)


# Validity, in its relative form (23.040, 9.2.3.12.1).


def write_validity(validity: timedelta) -> int:
    """The octet for at least so much time, at most 63 weeks."""
    minutes = max(1, -(-validity // timedelta(minutes=1)))
    if minutes <= 12 * 60:
        return -(-minutes // 5) - 1
    if minutes <= 24 * 60:
        return 143 + -(-(minutes - 12 * 60) // 30)
    if minutes <= 30 * 24 * 60:
        return 166 + -(-minutes // (24 * 60))
    return min(255, 192 + max(5, -(-minutes // (7 * 24 * 60))))


def read_validity(octet: int) -> timedelta:
    """How long a message may wait."""
    if octet <= 143:
        return timedelta(minutes=5 * (octet + 1))
    if octet <= 167:
        return timedelta(hours=12, minutes=30 * (octet - 143))
    if octet <= 196:
        return timedelta(days=octet - 166)
    return timedelta(weeks=octet - 192)


# Coding schemes (23.038, 4).


@attrs.frozen(kw_only=True)
class Scheme:
    """How the user data of a message is coded, and its class: 0 is shown at once, not stored."""

    coding: Coding
    message_class: int | None = None


_GENERAL = {0: Coding.GSM7, 1: Coding.BINARY, 2: Coding.UCS2, 3: Coding.GSM7}


def write_scheme(scheme: Scheme) -> int:
    """The octet for a scheme, from the general data coding group."""
    code = {Coding.GSM7: 0x00, Coding.BINARY: 0x04, Coding.UCS2: 0x08}[scheme.coding]
    return code if scheme.message_class is None else code | 0x10 | scheme.message_class


def read_scheme(octet: int) -> Scheme:
    """What an octet means; reserved values are GSM 7-bit, compressed text is kept as octets."""
    group = octet >> 4
    if group < 0x8:
        coding = Coding.BINARY if octet & 0x20 else _GENERAL[octet >> 2 & 0x3]
        return Scheme(coding=coding, message_class=octet & 0x3 if octet & 0x10 else None)
    if group == 0xE:
        return Scheme(coding=Coding.UCS2)
    if group == 0xF:
        coding = Coding.BINARY if octet & 0x04 else Coding.GSM7
        return Scheme(coding=coding, message_class=octet & 0x3)
    return Scheme(coding=Coding.GSM7)


# Headers (23.040, 9.2.3.24).


def concatenation_header(part: Concatenation) -> bytes:
    """The header element that gives a part its place, without the header's length."""
    if part.is_wide:
        return bytes((0x08, 4, part.reference >> 8, part.reference & 0xFF, part.total, part.number))
    return bytes((0x00, 3, part.reference, part.total, part.number))


def concatenation_of(header: bytes) -> Concatenation | None:
    """The place that a header gives its part; elements that make no sense are skipped."""
    found = None
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if (kind, len(value)) in ((0x00, 3), (0x08, 4)):
            place = Concatenation(
                reference=int.from_bytes(value[:-2], "big"),
                total=value[-2],
                number=value[-1],
                is_wide=kind == 0x08,
            )
            # Of repeated elements the last one counts (23.040, 9.2.3.24).
            found = place if place.has_sense() else found
        at += 2 + length
    return found

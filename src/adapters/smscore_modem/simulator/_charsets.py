"""
How texts are written on the line: in the character set that ``AT+CSCS`` chose (27.007, 5.5).
"""

from smscore.domain.alphabets import GSM7, decode_ucs2, encode_ucs2
from smscore_modem._pdu import Coding, UserData
from smscore_modem._pdu._septets import pack_septets, unpack_septets

__all__ = [
    "data_of",
    "packed",
    "shown_data",
    "text_of",
    "unpacked",
    "written",
]

_FILLER = 0x0D


def written(text: str, charset: str) -> str:
    """A text as the modem writes it; a character of the line is one octet of it."""
    if charset == "UCS2":
        return encode_ucs2(text).hex().upper()
    septets = _septets(text)
    match charset:
        case "HEX":  # 27.007, 5.5: one septet, two digits
            return septets.hex().upper()
        case "IRA":
            return text.encode("ascii", "replace").decode("ascii")
        case _:
            return septets.decode("latin-1")


def text_of(typed: str, charset: str) -> str:
    """
    What a client means by what it typed.

    Raises:
        ValueError: it cannot be read in that character set.
    """
    match charset:
        case "UCS2":
            return decode_ucs2(_octets(typed, of=2))
        case "HEX":
            return GSM7.decode(_octets(typed))
        case "IRA":
            return typed.encode("latin-1").decode("ascii")
        case _:
            return GSM7.decode(typed.encode("latin-1"))


def packed(text: str) -> str:
    """A text as packed septets (23.038, 6.1.2.3.1), in hexadecimal digits."""
    septets = _septets(text)
    if len(septets) % 8 == 7:  # or seven zero bits would be read as an "@"
        septets += bytes((_FILLER,))
    return pack_septets(septets).hex().upper()


def unpacked(digits: str) -> str:
    """
    The reverse of :func:`packed`.

    Raises:
        ValueError: these are no hexadecimal digits.
    """
    octets = _octets(digits)
    septets = unpack_septets(octets, len(octets) * 8 // 7)
    if len(septets) % 8 == 0 and septets.endswith(bytes((_FILLER,))):
        septets = septets[:-1]
    return GSM7.decode(septets)


def shown_data(data: UserData, charset: str) -> str:
    """User data in text mode (27.005, 3.1 <data>): hexadecimal where it is no plain text."""
    if data.coding is Coding.GSM7:
        return written(GSM7.decode(data.content), charset)
    length = bytes((len(data.header),)) if data.header else b""
    return (length + data.header + data.content).hex().upper()


def data_of(typed: str, charset: str, coding: Coding) -> UserData:
    """
    The user data that a client typed in text mode.

    Raises:
        ValueError: it cannot be read in that character set, or not be coded so.
    """
    if coding is Coding.GSM7:
        return UserData(coding=coding, content=GSM7.encode(text_of(typed, charset)))
    return UserData(coding=coding, content=_octets(typed))


def _septets(text: str) -> bytes:
    return b"".join(GSM7.encode(char if GSM7.has(char) else "?") for char in text)


def _octets(digits: str, *, of: int = 1) -> bytes:
    octets = bytes.fromhex(digits)
    if len(octets) % of:
        raise ValueError(f"half a character: {digits}")
    return octets

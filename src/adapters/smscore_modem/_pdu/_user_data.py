"""
User data in a PDU: its length, its header, fill bits, and the content packed.
"""

from smscore.domain.user_data import Coding, UserData
from smscore_modem._pdu._octets import MalformedPdu, Octets
from smscore_modem._pdu._schemes import Scheme
from smscore_modem._pdu._septets import pack_septets, unpack_septets

__all__ = [
    "MOST_OCTETS",
    "check_user_data",
    "read_user_data",
    "write_octets",
    "write_user_data",
]

MOST_OCTETS = 140
"""In messages; other TPDUs have less room or more (23.040, 9.2.2)."""

_GSM7 = Coding.GSM7  # looking up a member of an enumeration costs more than all else here


def _septets_behind(octets: int) -> int:
    """How many septets begin within so many octets: the text starts at a border of septets."""
    return -(-octets * 8 // 7)


def check_user_data(data: UserData, scheme: Scheme, *, most: int = MOST_OCTETS) -> None:
    """
    Refuse what cannot be written.

    Raises:
        ValueError: the scheme is of another coding, a septet has eight bits, or all is too long.
    """
    if data.coding is not scheme.coding:
        raise ValueError(
            f"the user data is {data.coding}, but the coding scheme 0x{scheme.octet:02X} says "
            f"{scheme.coding}; leave the scheme out to have the one that fits"
        )
    header, content = data.header, data.content
    behind = len(header) + 1 if header else 0
    length = behind + len(content)
    if data.coding is _GSM7:
        if not content.isascii():
            raise ValueError(
                "a septet of the user data is above 0x7F; give one septet per octet, not packed"
            )
        occupied = _septets_behind(behind) if header else 0
        length = -(-(occupied + len(content)) * 7 // 8)
    if length > most:
        raise ValueError(
            f"{length} octets of user data do not fit into {most}; cut the text into parts"
        )


def write_user_data(data: UserData) -> bytes:
    """TP-UDL and TP-UD (23.040, 9.2.3.16 and 9.2.3.24)."""
    return write_octets(data.coding, data.content, header=data.header)


def write_octets(coding: Coding, content: bytes, *, header: bytes = b"") -> bytes:
    """The same of content and header that are not one value; nothing is checked."""
    is_gsm7 = coding is _GSM7
    if not header:
        return bytes((len(content),)) + (pack_septets(content) if is_gsm7 else content)
    header = bytes((len(header),)) + header
    if not is_gsm7:
        return bytes((len(header) + len(content),)) + header + content
    # The text is packed as if septets took the header's place: that leaves the fill bits.
    occupied = _septets_behind(len(header))
    packed = pack_septets(bytes(occupied) + content)
    return bytes((occupied + len(content),)) + header + packed[len(header) :]


def read_user_data(
    octets: Octets, *, coding: Coding, has_header: bool, most: int = MOST_OCTETS
) -> tuple[UserData, bool]:
    """
    The user data, and whether it came shorter than it was announced.

    What follows it is left unread. A header that is longer than what came cannot be told from
    the text: neither can be read then.

    Raises:
        MalformedPdu: there is no length, or the header is missing or longer than all.
    """
    announced = octets.octet("the length of the user data")
    is_gsm7 = coding is _GSM7
    expected = -(-announced * 7 // 8) if is_gsm7 else announced
    start = octets.at
    came = octets.take_up_to(min(most, expected))
    content = unpack_septets(came, announced) if is_gsm7 else came
    header = b""
    if has_header and expected:
        header = _read_header(came, start)
        behind = len(header) + 1
        if is_gsm7 and _septets_behind(behind) * 7 > most * 8:  # where the room is not of septets
            raise MalformedPdu(f"a header of {behind} octets leaves no room for fill bits", start)
        content = content[_septets_behind(behind) if is_gsm7 else behind :]
    data = UserData(coding=coding, content=content, header=header)
    return data, len(came) < expected


def _read_header(came: bytes, start: int) -> bytes:
    if not came:
        raise MalformedPdu("the header is missing", start)
    length, left = came[0], len(came) - 1
    if length > left:
        raise MalformedPdu(
            f"the header has {length} octets, but {left} of the user data follow", start
        )
    return came[1 : 1 + length]

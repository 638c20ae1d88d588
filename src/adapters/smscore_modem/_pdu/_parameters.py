"""
What reports may carry beside their own fields, and the octet that says which of it is there.
"""

import attrs

from smscore.domain.user_data import Coding, UserData
from smscore_modem._pdu._octets import MalformedPdu, Octets
from smscore_modem._pdu._schemes import Scheme
from smscore_modem._pdu._user_data import check_user_data, read_user_data, write_user_data

__all__ = [
    "NO_PARAMETERS",
    "Parameters",
    "check_parameters",
    "has_header",
    "read_indicator",
    "read_parameters",
    "write_parameters",
]

_PROTOCOL, _SCHEME, _USER_DATA, _EXTENDED = 0x01, 0x02, 0x04, 0x80
_DEFAULT = Scheme.of(Coding.GSM7)  # without a scheme the text is in the default alphabet


@attrs.frozen(kw_only=True)
class Parameters:
    """
    The fields that TP-PI announces (23.040, 9.2.3.27); None where one is absent.

    Raises:
        ValueError: a field does not fit into a PDU.
    """

    protocol: int | None = None
    scheme: Scheme | None = None  # absent: the default alphabet
    user_data: UserData | None = None
    is_cut: bool = attrs.field(default=False, eq=False)  # more was announced than came

    def __attrs_post_init__(self) -> None:
        if self.protocol is not None and not 0 <= self.protocol <= 255:
            raise ValueError(f"a protocol identifier is 0 to 255, not {self.protocol}")


NO_PARAMETERS = Parameters()


def check_parameters(parameters: Parameters, *, most: int) -> None:
    """
    Refuse user data that cannot be written into ``most`` octets.

    Raises:
        ValueError: it is too long, or the scheme is of another coding.
    """
    if parameters.user_data is not None:
        check_user_data(parameters.user_data, parameters.scheme or _DEFAULT, most=most)


def has_header(parameters: Parameters) -> bool:
    """Whether the first octet of the message shall announce a user data header."""
    return parameters.user_data is not None and bool(parameters.user_data.header)


def write_parameters(parameters: Parameters) -> tuple[int, bytes]:
    """The octet TP-PI, and the fields."""
    indicator = 0
    fields = []
    if parameters.protocol is not None:
        indicator |= _PROTOCOL
        fields.append(bytes((parameters.protocol,)))
    if parameters.scheme is not None:
        indicator |= _SCHEME
        fields.append(bytes((parameters.scheme.octet,)))
    if parameters.user_data is not None:
        indicator |= _USER_DATA
        fields.append(write_user_data(parameters.user_data))
    return indicator, b"".join(fields)


def read_indicator(octets: Octets) -> int:
    """
    The octet TP-PI. What its extensions announce would follow the user data, and is not read.

    Raises:
        MalformedPdu: it is missing, or an extension of it.
    """
    indicator = extension = octets.octet("the parameter indicator")
    while extension & _EXTENDED:
        extension = octets.octet("an extension of the parameter indicator")
    return indicator


def read_parameters(octets: Octets, indicator: int, *, has_header: bool, most: int) -> Parameters:
    """
    The fields that an indicator announces, as far as they came. Never raises.

    None of them is worth losing a report: what cannot be read is left out, and the rest marked.
    """
    protocol = scheme = user_data = None
    is_cut = False
    try:
        if indicator & _PROTOCOL:
            protocol = octets.octet("the protocol identifier")
        if indicator & _SCHEME:
            scheme = Scheme.at(octets.octet("the coding scheme"))
        if indicator & _USER_DATA:
            coding = (scheme or _DEFAULT).coding
            user_data, is_cut = read_user_data(
                octets, coding=coding, has_header=has_header, most=most
            )
    except MalformedPdu:
        is_cut = True
    return Parameters(protocol=protocol, scheme=scheme, user_data=user_data, is_cut=is_cut)

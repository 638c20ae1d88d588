"""
SMS-SUBMIT: a message on its way to the centre (23.040, 9.2.2.2).
"""

import attrs

from smscore.domain.segments import Segments
from smscore.domain.user_data import UserData
from smscore_modem._pdu._addresses import (
    Address,
    address_of,
    centre_of,
    read_address,
    read_centre,
    write_centre,
    write_number,
)
from smscore_modem._pdu._first_octet import (
    HAS_HEADER,
    HAS_REPLY_PATH,
    REPORT_WANTED,
    SUBMIT,
    TYPE,
    check_protocol,
    usual_scheme,
)
from smscore_modem._pdu._octets import MalformedPdu, Octets
from smscore_modem._pdu._schemes import Scheme
from smscore_modem._pdu._user_data import (
    MOST_OCTETS,
    check_user_data,
    read_user_data,
    write_octets,
    write_user_data,
)
from smscore_modem._pdu._validity import (
    RelativeValidity,
    Validity,
    read_validity,
    validity_of,
    write_validity,
)

__all__ = ["Submit", "decode_submit", "encode_parts", "encode_submit"]

_REJECTS_DUPLICATES = 0x04


@attrs.frozen(kw_only=True)
class Submit:
    """
    What a computer asks a modem to send.

    ``recipient`` and ``centre`` may be given as text, ``validity`` as a duration or a moment. A
    recipient that is a name can be read and written, but no centre knows where to deliver it.

    Raises:
        ValueError: a field does not fit into a PDU.
        TypeError: the validity is a mere number or the like.
    """

    recipient: Address = attrs.field(converter=address_of)
    user_data: UserData
    scheme: Scheme = attrs.field(default=attrs.Factory(usual_scheme, takes_self=True))
    reference: int = 0  # the modem puts its own in place of it
    protocol: int = 0
    validity: Validity | None = attrs.field(default=None, converter=validity_of)  # the centre's own
    wants_report: bool = False
    rejects_duplicates: bool = False  # of the same recipient and reference
    has_reply_path: bool = False
    centre: Address | None = attrs.field(default=None, converter=centre_of)  # the modem's own
    is_cut: bool = attrs.field(default=False, eq=False)  # it was announced longer than it came

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.reference <= 255:
            raise ValueError(f"a message reference is 0 to 255, not {self.reference}")
        check_protocol(self.protocol)
        check_user_data(self.user_data, self.scheme)


def encode_submit(submit: Submit) -> bytes:
    """The PDU for ``AT+CMGS``, the centre in front; the length there does not count the centre."""
    validity_format, validity = write_validity(submit.validity)
    first = SUBMIT | validity_format
    if submit.user_data.header:
        first |= HAS_HEADER
    if submit.wants_report:
        first |= REPORT_WANTED
    if submit.rejects_duplicates:
        first |= _REJECTS_DUPLICATES
    if submit.has_reply_path:
        first |= HAS_REPLY_PATH
    return b"".join(
        (
            write_centre(submit.centre),
            bytes((first, submit.reference)),
            submit.recipient.octets,
            bytes((submit.protocol, submit.scheme.octet)),
            validity,
            write_user_data(submit.user_data),
        )
    )


def encode_parts(
    segments: Segments,
    *,
    recipient: str,
    concat_reference: int,
    message_class: int | None = None,
    validity: RelativeValidity | None = None,
    wants_report: bool = False,
) -> tuple[bytes, ...]:
    """
    A whole message, each part as :func:`encode_submit` writes it; what all have in common is
    written once.

    Raises:
        ValueError: something does not fit into a PDU, or the recipient is not a number.
    """
    coding = segments.coding
    validity_format, validity_octets = write_validity(validity)
    first = SUBMIT | validity_format
    has_headers = segments.has_headers
    if has_headers:
        first |= HAS_HEADER
    if wants_report:
        first |= REPORT_WANTED
    # The centre and the reference are the modem's own; the protocol identifier says nothing.
    start = b"".join(
        (
            bytes((0, first, 0)),
            write_number(recipient),
            bytes((0, Scheme.of(coding, message_class).octet)),
            validity_octets,
        )
    )
    pdus = []
    for number in range(1, len(segments.parts) + 1):
        header = segments.header(number, reference=concat_reference) if has_headers else b""
        user_data = write_octets(coding, segments.content(number), header=header)
        if len(user_data) > 1 + MOST_OCTETS:
            raise ValueError(
                f"part {number} takes {len(user_data) - 1} octets, and a message has {MOST_OCTETS}"
            )
        pdus.append(start + user_data)
    return tuple(pdus)


def decode_submit(pdu: bytes, *, tpdu_length: int | None = None) -> Submit:
    """
    What a computer asks a modem to send.

    ``tpdu_length`` is what it says beside the PDU: when it covers all octets, there is no centre
    in front of them.

    Raises:
        MalformedPdu: it is not an SMS-SUBMIT, or ends too early.
    """
    octets = Octets(pdu)
    centre = None if tpdu_length == len(pdu) else read_centre(octets)
    first = octets.octet("the first octet of the message")
    if first & TYPE != SUBMIT:
        raise MalformedPdu(f"message type {first & TYPE} is not an SMS-SUBMIT", octets.at - 1)
    return _read_submit(octets, first, centre=centre)


def _read_submit(octets: Octets, first: int, *, centre: Address | None) -> Submit:
    reference = octets.octet("the reference")
    recipient = read_address(octets)
    protocol = octets.octet("the protocol identifier")
    scheme = Scheme.at(octets.octet("the coding scheme"))
    validity = read_validity(first, octets)
    user_data, is_cut = read_user_data(
        octets, coding=scheme.coding, has_header=bool(first & HAS_HEADER)
    )
    return Submit(
        centre=centre,
        reference=reference,
        recipient=recipient,
        protocol=protocol,
        scheme=scheme,
        validity=validity,
        user_data=user_data,
        wants_report=bool(first & REPORT_WANTED),
        rejects_duplicates=bool(first & _REJECTS_DUPLICATES),
        has_reply_path=bool(first & HAS_REPLY_PATH),
        is_cut=is_cut,
    )

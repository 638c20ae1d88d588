"""
The three messages of the short message service that a modem carries, written and read.

SMS-SUBMIT goes out, SMS-DELIVER and SMS-STATUS-REPORT come in (23.040, 9.2.2). Both directions
exist for each, since the simulator stands on the other side of the line. Reading raises
:class:`MalformedPdu` and nothing else, whatever the octets.
"""

from datetime import datetime, timedelta

import attrs

from smscore.domain.inbound import Coding, Concatenation
from smscore_modem._fields import (
    MalformedPdu,
    Octets,
    Scheme,
    concatenation_header,
    concatenation_of,
    read_address,
    read_centre,
    read_scheme,
    read_timestamp,
    read_validity,
    write_address,
    write_centre,
    write_scheme,
    write_timestamp,
    write_validity,
)
from smscore_modem._septets import pack_septets, unpack_septets

__all__ = [
    "Deliver",
    "MalformedPdu",
    "StatusReport",
    "Submit",
    "UserData",
    "concatenated",
    "decode_incoming",
    "decode_submit",
    "encode_deliver",
    "encode_status_report",
    "encode_submit",
]

_MOST_OCTETS = 140

# First octet (23.040, 9.2.3).
_DELIVER, _SUBMIT, _STATUS_REPORT = 0b00, 0b01, 0b10
_NO_MORE_MESSAGES = 0x04
_REPORT_REQUESTED = 0x20
_HAS_HEADER = 0x40
_VALIDITY_FORMAT, _RELATIVE = 0x18, 0x10


@attrs.frozen(kw_only=True)
class UserData:
    """
    What a message carries: ``content`` as one septet per octet for ``GSM7``, else as octets.

    ``header`` holds the elements of the user data header, without their common length.
    """

    coding: Coding
    content: bytes
    header: bytes = b""
    message_class: int | None = None
    is_cut: bool = False  # it was announced longer than it came

    @property
    def concatenation(self) -> Concatenation | None:
        """The place of this part in its message, if it is one of several."""
        return concatenation_of(self.header)


@attrs.frozen(kw_only=True)
class Submit:
    """A message on its way to the centre."""

    recipient: str
    user_data: UserData
    reference: int = 0  # the modem puts its own in place of it
    validity: timedelta | None = None  # None: the centre's own
    wants_report: bool = False


@attrs.frozen(kw_only=True)
class Deliver:
    """A message that the centre delivers."""

    sender: str
    user_data: UserData
    sent_at: datetime | None  # None: the centre's time stamp was no time
    protocol: int = 0


@attrs.frozen(kw_only=True)
class StatusReport:
    """The centre's word on a message that it took earlier; ``status`` is TP-ST."""

    reference: int
    recipient: str
    status: int
    sent_at: datetime | None
    finished_at: datetime | None


def concatenated(user_data: UserData, place: Concatenation) -> UserData:
    """The same content as one part of several."""
    return attrs.evolve(user_data, header=concatenation_header(place))


# Writing. Every result begins with the centre and ends with the TPDU.


def encode_submit(submit: Submit, *, centre: str | None = None) -> bytes:
    """The PDU for ``AT+CMGS``; its length there does not count the centre's octets."""
    first = _SUBMIT | (_HAS_HEADER if submit.user_data.header else 0)
    first |= _REPORT_REQUESTED if submit.wants_report else 0
    validity = b""
    if submit.validity is not None:
        first |= _RELATIVE
        validity = bytes((write_validity(submit.validity),))
    return b"".join(
        (
            write_centre(centre),
            bytes((first, submit.reference)),
            write_address(submit.recipient),
            bytes((0, _scheme_octet(submit.user_data))),
            validity,
            _write_user_data(submit.user_data),
        )
    )


def encode_deliver(deliver: Deliver, *, centre: str | None = None) -> bytes:
    """The PDU as a modem would show it."""
    if deliver.sent_at is None:
        raise ValueError("a centre stamps what it delivers")
    first = _DELIVER | _NO_MORE_MESSAGES | (_HAS_HEADER if deliver.user_data.header else 0)
    return b"".join(
        (
            write_centre(centre),
            bytes((first,)),
            write_address(deliver.sender),
            bytes((deliver.protocol, _scheme_octet(deliver.user_data))),
            write_timestamp(deliver.sent_at),
            _write_user_data(deliver.user_data),
        )
    )


def encode_status_report(report: StatusReport, *, centre: str | None = None) -> bytes:
    """The PDU as a modem would show it."""
    if report.sent_at is None or report.finished_at is None:
        raise ValueError("a centre stamps what it reports")
    return b"".join(
        (
            write_centre(centre),
            bytes((_STATUS_REPORT | _NO_MORE_MESSAGES, report.reference)),
            write_address(report.recipient),
            write_timestamp(report.sent_at),
            write_timestamp(report.finished_at),
            bytes((report.status,)),
        )
    )


def _scheme_octet(data: UserData) -> int:
    return write_scheme(Scheme(coding=data.coding, message_class=data.message_class))


def _write_user_data(data: UserData) -> bytes:
    header = bytes((len(data.header),)) + data.header if data.header else b""
    if data.coding is Coding.GSM7:
        # The text begins at a septet border behind the header (23.040, 9.2.3.24).
        occupied = -(-len(header) * 8 // 7)
        packed = pack_septets(bytes(occupied) + data.content)
        octets = header + packed[len(header) :]
        length = occupied + len(data.content)
    else:
        octets = header + data.content
        length = len(octets)
    if len(octets) > _MOST_OCTETS:
        raise ValueError(f"{len(octets)} octets do not fit into {_MOST_OCTETS}")
    return bytes((length,)) + octets


# Reading.


def decode_incoming(pdu: bytes, *, tpdu_length: int | None = None) -> Deliver | StatusReport:
    """
    What a modem received.

    ``tpdu_length`` is what the modem says beside the PDU: when it covers all octets, there is no
    centre in front of them.

    Raises:
        MalformedPdu: it is neither a delivery nor a report, or ends too early.
    """
    octets = Octets(pdu)
    if tpdu_length != len(pdu):
        read_centre(octets)
    first = octets.octet()
    match first & 0b11:
        case 0b00:
            return _read_deliver(first, octets)
        case 0b10:
            return _read_status_report(octets)
        case kind:
            raise MalformedPdu(f"message type {kind} does not come from a centre")


def decode_submit(pdu: bytes, *, tpdu_length: int | None = None) -> Submit:
    """
    What a computer asks a modem to send.

    Raises:
        MalformedPdu: it is not an SMS-SUBMIT, or ends too early.
    """
    octets = Octets(pdu)
    if tpdu_length != len(pdu):
        read_centre(octets)
    first = octets.octet()
    if first & 0b11 != _SUBMIT:
        raise MalformedPdu(f"message type {first & 0b11} does not go to a centre")
    reference = octets.octet()
    recipient = read_address(octets)
    octets.octet()  # TP-PID
    scheme = read_scheme(octets.octet())
    return Submit(
        recipient=recipient,
        reference=reference,
        validity=_read_any_validity(first & _VALIDITY_FORMAT, octets),
        wants_report=bool(first & _REPORT_REQUESTED),
        user_data=_read_user_data(scheme, octets, has_header=bool(first & _HAS_HEADER)),
    )


def _read_any_validity(form: int, octets: Octets) -> timedelta | None:
    if form == _RELATIVE:
        return read_validity(octets.octet())
    octets.take(0 if form == 0 else 7)  # absolute or enhanced: nobody here needs them
    return None


def _read_deliver(first: int, octets: Octets) -> Deliver:
    sender = read_address(octets)
    protocol = octets.octet()
    scheme = read_scheme(octets.octet())
    return Deliver(
        sender=sender,
        protocol=protocol,
        sent_at=read_timestamp(octets),
        user_data=_read_user_data(scheme, octets, has_header=bool(first & _HAS_HEADER)),
    )


def _read_status_report(octets: Octets) -> StatusReport:
    reference = octets.octet()
    return StatusReport(
        reference=reference,
        recipient=read_address(octets),
        sent_at=read_timestamp(octets),
        finished_at=read_timestamp(octets),
        status=octets.octet(),
    )


def _read_user_data(scheme: Scheme, octets: Octets, *, has_header: bool) -> UserData:
    announced = octets.octet()
    content = octets.rest()
    header = b""
    if has_header:
        inner = Octets(content)
        header = inner.take(inner.octet())
    occupied = len(header) + 1 if has_header else 0
    if scheme.coding is Coding.GSM7:
        expected = -(-announced * 7 // 8)
        septets = unpack_septets(content[:expected], announced)
        body = septets[-(-occupied * 8 // 7) :]
    else:
        expected = announced
        body = content[occupied:announced]
    return UserData(
        coding=scheme.coding,
        content=body,
        header=header,
        message_class=scheme.message_class,
        is_cut=len(content) < expected,
    )

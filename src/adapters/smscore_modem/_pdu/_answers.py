"""
SMS-DELIVER-REPORT and SMS-SUBMIT-REPORT: how the other side took a message (23.040, 9.2.2.1a,
9.2.2.2a).

Each has two forms, one when the message was taken (RP-ACK) and one when it was not (RP-ERROR).
Nothing in them says which it is: ``AT+CNMA`` and the layer below know. There is no centre in
front of either (27.005, 3.1 <ackpdu>).
"""

import attrs

from smscore_modem._pdu._first_octet import DELIVER, HAS_HEADER, SUBMIT, TYPE
from smscore_modem._pdu._octets import MalformedPdu, Octets
from smscore_modem._pdu._parameters import (
    NO_PARAMETERS,
    Parameters,
    check_parameters,
    has_header,
    read_indicator,
    read_parameters,
    write_parameters,
)
from smscore_modem._pdu._times import TimeStamp, read_time_stamp, time_stamp_of

__all__ = [
    "DeliverReport",
    "SubmitReport",
    "decode_deliver_report",
    "decode_submit_report",
    "encode_deliver_report",
    "encode_submit_report",
]

# Octets of user data; the failure cause takes one of them.
_MOST_DELIVERED, _MOST_SUBMITTED = 159, 152


def _check_cause(_: object, __: object, cause: int | None) -> None:
    if cause is not None and not 0 <= cause <= 255:
        raise ValueError(f"a failure cause is 0 to 255, not {cause}")


@attrs.frozen(kw_only=True)
class DeliverReport:
    """
    What a telephone answers to an SMS-DELIVER.

    Raises:
        ValueError: a field does not fit into a PDU.
    """

    # TP-FCS (23.040, 9.2.3.22); None: the message was taken.
    failure_cause: int | None = attrs.field(default=None, validator=_check_cause)
    parameters: Parameters = NO_PARAMETERS

    def __attrs_post_init__(self) -> None:
        is_failure = self.failure_cause is not None
        check_parameters(self.parameters, most=_MOST_DELIVERED - is_failure)


@attrs.frozen(kw_only=True)
class SubmitReport:
    """
    What the centre answers to an SMS-SUBMIT. ``taken_at`` may be given as a moment.

    Raises:
        ValueError: a field does not fit into a PDU.
    """

    taken_at: TimeStamp = attrs.field(converter=time_stamp_of)
    # TP-FCS (23.040, 9.2.3.22); None: the message was taken.
    failure_cause: int | None = attrs.field(default=None, validator=_check_cause)
    parameters: Parameters = NO_PARAMETERS

    def __attrs_post_init__(self) -> None:
        is_failure = self.failure_cause is not None
        check_parameters(self.parameters, most=_MOST_SUBMITTED - is_failure)


def encode_deliver_report(report: DeliverReport) -> bytes:
    """The PDU for ``AT+CNMA``, in the form that the failure cause asks for."""
    indicator, fields = write_parameters(report.parameters)
    return _start(DELIVER, report.failure_cause, report.parameters) + bytes((indicator,)) + fields


def encode_submit_report(report: SubmitReport) -> bytes:
    """The PDU behind ``+CMGS``, in the form that the failure cause asks for."""
    indicator, fields = write_parameters(report.parameters)
    start = _start(SUBMIT, report.failure_cause, report.parameters)
    return start + bytes((indicator,)) + report.taken_at.octets + fields


def decode_deliver_report(pdu: bytes, *, is_failure: bool) -> DeliverReport:
    """
    Read what a telephone answered; ``is_failure`` says which of the two forms it is.

    Raises:
        MalformedPdu: it is not an SMS-DELIVER-REPORT, or ends before TP-PI.
    """
    octets = Octets(pdu)
    first, cause = _read_start(octets, DELIVER, is_failure=is_failure)
    indicator = read_indicator(octets)
    parameters = read_parameters(
        octets,
        indicator,
        has_header=bool(first & HAS_HEADER),
        most=_MOST_DELIVERED - is_failure,
    )
    return DeliverReport(failure_cause=cause, parameters=parameters)


def decode_submit_report(pdu: bytes, *, is_failure: bool) -> SubmitReport:
    """
    Read what the centre answered; ``is_failure`` says which of the two forms it is.

    Raises:
        MalformedPdu: it is not an SMS-SUBMIT-REPORT, or ends before the time stamp does.
    """
    octets = Octets(pdu)
    first, cause = _read_start(octets, SUBMIT, is_failure=is_failure)
    indicator = read_indicator(octets)
    taken_at = read_time_stamp(octets, "the time stamp")
    parameters = read_parameters(
        octets,
        indicator,
        has_header=bool(first & HAS_HEADER),
        most=_MOST_SUBMITTED - is_failure,
    )
    return SubmitReport(taken_at=taken_at, failure_cause=cause, parameters=parameters)


def _start(kind: int, cause: int | None, parameters: Parameters) -> bytes:
    first = kind | (HAS_HEADER if has_header(parameters) else 0)
    return bytes((first,)) if cause is None else bytes((first, cause))


def _read_start(octets: Octets, kind: int, *, is_failure: bool) -> tuple[int, int | None]:
    first = octets.octet("the first octet of the report")
    if first & TYPE != kind:
        raise MalformedPdu(f"message type {first & TYPE} is not the {kind} of the report", 0)
    return first, octets.octet("the failure cause") if is_failure else None

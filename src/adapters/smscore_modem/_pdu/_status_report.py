"""
SMS-STATUS-REPORT: the centre's word on a message that it took earlier (23.040, 9.2.2.3).
"""

import attrs

from smscore_modem._pdu._addresses import (
    Address,
    address_of,
    centre_of,
    read_address,
    write_centre,
)
from smscore_modem._pdu._first_octet import (
    HAS_HEADER,
    LOOP_PREVENTED,
    NO_MORE,
    REPORT_WANTED,
    STATUS_REPORT,
)
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

__all__ = ["StatusReport", "encode_status_report", "read_status_report"]

_MOST_OCTETS = 131


@attrs.frozen(kw_only=True)
class StatusReport:
    """
    ``status`` is TP-ST (23.040, 9.2.3.15). ``recipient`` and ``centre`` may be given as text, the
    times as moments.

    Raises:
        ValueError: a field does not fit into a PDU.
    """

    reference: int
    recipient: Address = attrs.field(converter=address_of)
    sent_at: TimeStamp = attrs.field(converter=time_stamp_of)  # when the centre took the message
    finished_at: TimeStamp = attrs.field(converter=time_stamp_of)  # or when it tried last
    status: int
    parameters: Parameters = NO_PARAMETERS
    has_more: bool = False  # the centre has more messages waiting
    is_loop_prevented: bool = False
    answers_command: bool = False  # an SMS-COMMAND, not an SMS-SUBMIT
    centre: Address | None = attrs.field(default=None, converter=centre_of)

    def __attrs_post_init__(self) -> None:
        for name, value in (("reference", self.reference), ("status", self.status)):
            if not 0 <= value <= 255:
                raise ValueError(f"the {name} of a report is 0 to 255, not {value}")
        check_parameters(self.parameters, most=_MOST_OCTETS)


def encode_status_report(report: StatusReport) -> bytes:
    """The PDU as a modem shows it, the centre in front."""
    first = STATUS_REPORT if report.has_more else STATUS_REPORT | NO_MORE
    if report.is_loop_prevented:
        first |= LOOP_PREVENTED
    if report.answers_command:
        first |= REPORT_WANTED
    if has_header(report.parameters):
        first |= HAS_HEADER
    indicator, fields = write_parameters(report.parameters)
    return b"".join(
        (
            write_centre(report.centre),
            bytes((first, report.reference)),
            report.recipient.octets,
            report.sent_at.octets,
            report.finished_at.octets,
            bytes((report.status, indicator) if indicator else (report.status,)),
            fields,
        )
    )


def read_status_report(octets: Octets, first: int, *, centre: Address | None) -> StatusReport:
    """
    What follows the first octet.

    Raises:
        MalformedPdu: it ends before TP-ST.
    """
    return StatusReport(
        centre=centre,
        reference=octets.octet("the reference"),
        recipient=read_address(octets),
        sent_at=read_time_stamp(octets, "the time stamp"),
        finished_at=read_time_stamp(octets, "the discharge time"),
        status=octets.octet("the status"),
        parameters=_read_parameters(octets, has_header=bool(first & HAS_HEADER)),
        has_more=not first & NO_MORE,
        is_loop_prevented=bool(first & LOOP_PREVENTED),
        answers_command=bool(first & REPORT_WANTED),
    )


def _read_parameters(octets: Octets, *, has_header: bool) -> Parameters:
    if not octets.left:  # the indicator is optional here, and mostly absent
        return NO_PARAMETERS
    try:
        indicator = read_indicator(octets)
    except MalformedPdu:
        return Parameters(is_cut=True)
    return read_parameters(octets, indicator, has_header=has_header, most=_MOST_OCTETS)

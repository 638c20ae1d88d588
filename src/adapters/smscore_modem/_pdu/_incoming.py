"""
What a modem received, of whichever type.
"""

from smscore_modem._pdu._addresses import read_centre
from smscore_modem._pdu._deliver import Deliver, read_deliver
from smscore_modem._pdu._first_octet import STATUS_REPORT, SUBMIT, TYPE
from smscore_modem._pdu._octets import MalformedPdu, Octets
from smscore_modem._pdu._status_report import StatusReport, read_status_report

__all__ = ["decode_incoming"]


def decode_incoming(pdu: bytes, *, tpdu_length: int | None = None) -> Deliver | StatusReport:
    """
    What a modem received.

    ``tpdu_length`` is what the modem says beside the PDU: when it covers all octets, there is no
    centre in front of them.

    Raises:
        MalformedPdu: it is neither a delivery nor a report, or ends too early.
    """
    octets = Octets(pdu)
    centre = None if tpdu_length == len(pdu) else read_centre(octets)
    first = octets.octet("the first octet of the message")
    kind = first & TYPE
    if kind == STATUS_REPORT:
        return read_status_report(octets, first, centre=centre)
    if kind == SUBMIT:
        raise MalformedPdu(f"message type {kind} does not come from a centre", octets.at - 1)
    # The reserved type is read like SMS-DELIVER (23.040, 9.2.3.1).
    return read_deliver(octets, first, centre=centre)

"""
The codec: the messages of the short message service as values, and as octets, in both directions.

SMS-SUBMIT goes out, SMS-DELIVER and SMS-STATUS-REPORT come in, and SMS-DELIVER-REPORT and
SMS-SUBMIT-REPORT answer (23.040, 9.2.2). The values refuse on construction what they could not
be written as. Reading raises :class:`MalformedPdu` and nothing else, whatever the octets.
"""

from smscore.domain.user_data import Coding, UserData
from smscore_modem._pdu._addresses import TELEPHONE_PLAN, Address, NumberType
from smscore_modem._pdu._answers import (
    DeliverReport,
    SubmitReport,
    decode_deliver_report,
    decode_submit_report,
    encode_deliver_report,
    encode_submit_report,
)
from smscore_modem._pdu._deliver import Deliver, encode_deliver
from smscore_modem._pdu._incoming import decode_incoming
from smscore_modem._pdu._octets import MalformedPdu
from smscore_modem._pdu._parameters import Parameters
from smscore_modem._pdu._schemes import Scheme, Waiting, WaitingKind
from smscore_modem._pdu._status_report import StatusReport, encode_status_report
from smscore_modem._pdu._submit import Submit, decode_submit, encode_parts, encode_submit
from smscore_modem._pdu._times import TimeStamp
from smscore_modem._pdu._validity import (
    EnhancedForm,
    EnhancedValidity,
    RelativeValidity,
    Validity,
)

__all__ = [
    "TELEPHONE_PLAN",
    "Address",
    "Coding",
    "Deliver",
    "DeliverReport",
    "EnhancedForm",
    "EnhancedValidity",
    "MalformedPdu",
    "NumberType",
    "Parameters",
    "RelativeValidity",
    "Scheme",
    "StatusReport",
    "Submit",
    "SubmitReport",
    "TimeStamp",
    "UserData",
    "Validity",
    "Waiting",
    "WaitingKind",
    "decode_deliver_report",
    "decode_incoming",
    "decode_submit",
    "decode_submit_report",
    "encode_deliver",
    "encode_deliver_report",
    "encode_parts",
    "encode_status_report",
    "encode_submit",
    "encode_submit_report",
]

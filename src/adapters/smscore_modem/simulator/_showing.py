"""
How a virtual modem shows messages: as PDUs, or in text mode (27.005, 3.4 and 4.1).
"""

from smscore_modem._pdu import (
    Address,
    Deliver,
    StatusReport,
    Submit,
    TimeStamp,
    decode_incoming,
    decode_submit,
)
from smscore_modem.simulator import _charsets
from smscore_modem.simulator._settings import Settings
from smscore_modem.simulator._stores import Entry

__all__ = ["STATUSES", "announced", "listed", "read"]

STATUSES = ("REC UNREAD", "REC READ", "STO UNSENT", "STO SENT", "ALL")


def announced(name: str, entry: Entry, settings: Settings) -> str:
    """``+CMT`` and ``+CDS``."""
    if not settings.is_text:
        # 27.005, 3.4.1: the name of the sender, which is in no phone book, is left out.
        alpha = "," if name == "+CMT" else ""
        return f"{name}: {alpha}{entry.length}\r\n{_digits(entry)}"
    message = _decoded(entry)
    if isinstance(message, StatusReport):
        return f"{name}: {_report(entry, message)}"
    details = _details(entry, message, settings)
    return f"{name}: {_head(message, settings)}{details}\r\n{_data(message, settings)}"


def listed(index: int, entry: Entry, settings: Settings) -> str:
    """One entry of ``+CMGL``."""
    if not settings.is_text:
        return f"+CMGL: {index},{entry.status},,{entry.length}\r\n{_digits(entry)}"
    message = _decoded(entry)
    start = f'+CMGL: {index},"{STATUSES[entry.status]}"'
    if isinstance(message, StatusReport):
        return f"{start},{_report(entry, message)}"
    details = f",{_kind(_address(message))},{_length(message)}" if settings.shows_details else ""
    return f"{start},{_head(message, settings)}{details}\r\n{_data(message, settings)}"


def read(entry: Entry, settings: Settings) -> str:
    """The answer to ``+CMGR``."""
    if not settings.is_text:
        return f"+CMGR: {entry.status},,{entry.length}\r\n{_digits(entry)}"
    message = _decoded(entry)
    start = f'+CMGR: "{STATUSES[entry.status]}"'
    if isinstance(message, StatusReport):
        return f"{start},{_report(entry, message)}"
    details = _details(entry, message, settings)
    return f"{start},{_head(message, settings)}{details}\r\n{_data(message, settings)}"


def _digits(entry: Entry) -> str:
    return entry.pdu.hex().upper()


def _decoded(entry: Entry) -> Deliver | Submit | StatusReport:
    return decode_submit(entry.pdu) if entry.is_own else decode_incoming(entry.pdu)


def _address(message: Deliver | Submit) -> Address:
    return message.sender if isinstance(message, Deliver) else message.recipient


def _head(message: Deliver | Submit, settings: Settings) -> str:
    """The other party, its name, and when."""
    number = _charsets.written(str(_address(message)), settings.charset)
    when = f'"{_moment(message.sent_at)}"' if isinstance(message, Deliver) else ""
    return f'"{number}",,{when}'


def _details(entry: Entry, message: Deliver | Submit, settings: Settings) -> str:
    """What ``AT+CSDH=1`` adds (27.005, 3.3.3)."""
    if not settings.shows_details:
        return ""
    centre = message.centre or Address.of("0")
    validity = "," if isinstance(message, Submit) else ""
    return (
        f",{_kind(_address(message))},{_first_octet(entry)},{message.protocol}"
        f",{message.scheme.octet}{validity}"
        f',"{centre}",{_kind(centre)},{_length(message)}'
    )


def _report(entry: Entry, report: StatusReport) -> str:
    recipient = report.recipient
    return (
        f'{_first_octet(entry)},{report.reference},"{recipient}",{_kind(recipient)}'
        f',"{_moment(report.sent_at)}","{_moment(report.finished_at)}",{report.status}'
    )


def _data(message: Deliver | Submit, settings: Settings) -> str:
    return _charsets.shown_data(message.user_data, settings.charset)


def _length(message: Deliver | Submit) -> int:
    return len(message.user_data.content)


def _kind(address: Address) -> int:
    return address.octets[1]


def _first_octet(entry: Entry) -> int:
    return entry.pdu[1 + entry.pdu[0]]


def _moment(stamp: TimeStamp) -> str:
    moment = stamp.moment
    if moment is None:
        return ""
    offset = moment.utcoffset()
    quarters = round(offset.total_seconds() / 900) if offset else 0
    return f"{moment:%y/%m/%d,%H:%M:%S}{quarters:+03}"

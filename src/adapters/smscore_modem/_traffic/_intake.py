"""
What becomes of one PDU that a modem received: read, and handed to the sink or set aside.
"""

import hashlib
import logging
from collections.abc import Callable

from smscore.domain.deliveries import DeliveryReport, ReportOutcome
from smscore.domain.headers import concatenation_of
from smscore.domain.inbound import InboundPart
from smscore.domain.numbers import PhoneNumber
from smscore.errors import InvalidNumber
from smscore.ports.clock import Clock
from smscore.ports.transport import TransportSink
from smscore_modem._pdu import Deliver, MalformedPdu, StatusReport, decode_incoming
from smscore_modem._sparing import SparingLog
from smscore_modem._traffic._circuit import is_suspicious_report
from smscore_modem._traffic._kinds import kind_of
from smscore_modem._traffic._shelf import Shelf, Shelved

__all__ = ["Intake", "outcome_of"]

log = logging.getLogger(__name__)


def outcome_of(status: int) -> ReportOutcome:
    """
    What TP-ST says of a message (23.040, 9.2.3.15).

    Only 0x00 is receipt by the recipient. 0x01 was forwarded without confirmation and 0x02
    replaced: neither proves anything, nor do reserved values.
    """
    if status == 0x00:
        return ReportOutcome.DELIVERED
    if 0x40 <= status <= 0x7F:
        return ReportOutcome.FAILED
    return ReportOutcome.PENDING


class Intake:
    """
    The way from octets to the sink of one channel.

    ``suspect`` hears of recipients of whom the network says what it says of all when a SIM is
    blocked.
    """

    def __init__(
        self,
        *,
        channel: str,
        sink: TransportSink,
        unreadable: Shelf,
        clock: Clock,
        suspect: Callable[[str], None],
        sparing: SparingLog,
    ) -> None:
        self._channel = channel
        self._sink = sink
        self._unreadable = unreadable
        self._clock = clock
        self._suspect = suspect
        self._sparing = sparing

    def take(self, pdu: str, *, length: int | None, place: str = "") -> None:
        """
        Hand a PDU over; returns when it is stored.

        ``length`` is what the modem said of it, ``place`` where in a store it lies.

        Raises:
            Exception: the sink or the journal could not store it.
        """
        try:
            octets = bytes.fromhex(pdu)
        except ValueError:
            self._set_aside(pdu, why="its digits were damaged", length=length)
        else:
            self._hand_over(octets, length, place)

    def take_again(self, shelved: Shelved) -> bool:
        """
        Hand over what was set aside, if it can be read by now; says whether it could.

        Raises:
            Exception: the sink could not store it.
        """
        try:
            value = self._read(bytes.fromhex(shelved.pdu), shelved.length, shelved.entry)
        except (ValueError, InvalidNumber):  # its digits may be damaged, or what they say
            return False
        self._deliver(value)
        return True

    def _hand_over(self, pdu: bytes, length: int | None, place: str) -> None:
        try:
            value = self._read(pdu, length, place)
        except (MalformedPdu, InvalidNumber) as error:
            # A number is not logged.
            reason = error if isinstance(error, MalformedPdu) else type(error).__name__
            self._set_aside(pdu, why=str(error), reason=str(reason), length=length)
        else:
            self._deliver(value)

    def _set_aside(
        self, pdu: bytes | str, *, why: str, length: int | None, reason: str | None = None
    ) -> None:
        """Keep it for study; left in the modem it would fill the store."""
        if self._sparing.admits("unreadable PDUs"):
            log.warning(
                "channel %s: a PDU was set aside as unreadable: %s", self._channel, reason or why
            )
        self._unreadable.put(pdu, why=why, length=length)

    def _deliver(self, value: InboundPart | DeliveryReport) -> None:
        if isinstance(value, InboundPart):
            self._sink.received(value)
        else:
            self._sink.reported(value)

    def _read(self, pdu: bytes, length: int | None, place: str) -> InboundPart | DeliveryReport:
        message = decode_incoming(pdu, tpdu_length=length)
        if isinstance(message, StatusReport):
            return self._report(message)
        if concatenation_of(message.user_data.header) is not None:
            # A centre that repeats a part repeats its octets, wherever the modem puts them.
            place = ""
        return self._part(message, _fingerprint(pdu, place))

    def _part(self, message: Deliver, fingerprint: str) -> InboundPart:
        if message.is_cut and self._sparing.admits("messages that are cut"):
            log.warning("channel %s: a message came shorter than announced", self._channel)
        return InboundPart(
            channel=self._channel,
            sender=str(message.sender),
            coding=message.user_data.coding,
            user_data=message.user_data.content,
            received_at=self._clock.now(),
            sent_at=message.sent_at.moment,
            header=message.user_data.header,
            fingerprint=fingerprint,
            kind=kind_of(message),
        )

    def _report(self, report: StatusReport) -> DeliveryReport:
        recipient = PhoneNumber.parse(str(report.recipient))
        if is_suspicious_report(report.status):
            self._suspect(recipient.value)
        return DeliveryReport(
            channel=self._channel,
            reference=str(report.reference),
            recipient=recipient,
            outcome=outcome_of(report.status),
            received_at=self._clock.now(),
            detail=f"0x{report.status:02X}",
            submitted_at=report.sent_at.moment,
        )


def _fingerprint(pdu: bytes, place: str) -> str:
    # A text that was sent twice in one second has one PDU, but lies in two places.
    return hashlib.sha256(pdu + place.encode()).hexdigest()[:32]

"""
What a modem received: handed to the sink first, deleted from the modem only then.
"""

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from smscore.domain.deliveries import DeliveryReport, ReportOutcome
from smscore.domain.headers import concatenation_of
from smscore.domain.inbound import InboundPart
from smscore.domain.numbers import PhoneNumber
from smscore.errors import InvalidNumber
from smscore.ports.clock import Clock
from smscore.ports.transport import Journal, TransportSink
from smscore_modem._commands import Listed, listed_messages, read_message
from smscore_modem._dialogue import Dialogue
from smscore_modem._events import Notification
from smscore_modem._pdu import Deliver, MalformedPdu, StatusReport, decode_incoming
from smscore_modem._time import Time

__all__ = ["Inbox", "outcome_of"]

log = logging.getLogger(__name__)

_TIMEOUT = 5.0
_FIRST_OFFER, _LAST_OFFER = 0.2, 30.0  # seconds until the sink is offered again what it refused
_ANNOUNCED = re.compile(r'"(\w+)"\s*,\s*(\d+)')


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


class Inbox:
    """
    The way from the modem's stores and direct notifications to the sink of one channel.

    Used by one thread. What the sink does not store is offered again from ``again_at`` on.
    """

    def __init__(
        self,
        *,
        channel: str,
        sink: TransportSink,
        journal: Journal,
        clock: Clock,
        list_timeout: float,
        time: Time,
    ) -> None:
        self._channel = channel
        self._sink = sink
        self._journal = journal
        self._clock = clock
        self._list_timeout = list_timeout
        self._monotonic = time.monotonic
        self._unstored: list[Notification] = []
        self._delay = _FIRST_OFFER
        self.again_at: float | None = None  # on the monotonic clock; None: nothing waits

    def accept(self, notification: Notification) -> None:
        """Store what ``+CMT`` or ``+CDS`` brought along; blocks until it is durable."""
        _, _, length = notification.text.rpartition(",")
        if not self._stored(notification.pdu or "", length=int(length)):
            # The modem keeps no copy of it: this is the only one.
            self._unstored.append(notification)
            self._offer_later()

    def fetch(self, notification: Notification, dialogue: Dialogue, *, home: str | None) -> None:
        """
        Take out of its store what ``+CMTI`` or ``+CDSI`` announced.

        ``home`` is the store that is to be selected afterwards.
        """
        place = _ANNOUNCED.search(notification.text)
        if place is None:
            return
        with _selected(dialogue, place[1], home) as is_there:
            index = int(place[2])
            answer = dialogue.ask(f"AT+CMGR={index}", timeout=_TIMEOUT)
            found = read_message(index, answer.lines) if answer.is_ok and is_there else None
            # An empty OK or an error means that nothing is there, not that something is empty.
            if found is not None:
                self._take(dialogue, found)

    def sweep(self, dialogue: Dialogue, *, home: str | None) -> None:
        """Look into all stores: announcements get lost while the line is busy or closed."""
        self.offer_again()
        for store in dict.fromkeys((home or "SM", "SM", "SR")):
            with _selected(dialogue, store, home) as is_there:
                if is_there:
                    self._sweep_selected(dialogue)

    def offer_again(self) -> None:
        """Offer to the sink what it did not store, if the modem has no copy of it."""
        self.again_at = None
        waiting, self._unstored = self._unstored, []
        for notification in waiting:
            self.accept(notification)

    def _sweep_selected(self, dialogue: Dialogue) -> None:
        answer = dialogue.ask("AT+CMGL=4", timeout=self._list_timeout)
        for found in listed_messages(answer.lines):
            if found.is_received:
                self._take(dialogue, found)

    def _take(self, dialogue: Dialogue, found: Listed) -> None:
        if not self._stored(found.pdu, length=found.length, place=str(found.index)):
            self._offer_later()
            return
        # One index only: other forms of the command delete what came in the meantime.
        dialogue.ask(f"AT+CMGD={found.index}", timeout=_TIMEOUT)

    def _offer_later(self) -> None:
        self.again_at = self._monotonic() + self._delay

    def _stored(self, pdu: str, *, length: int | None, place: str = "") -> bool:
        try:
            self._hand_over(_octets(pdu), length, place)
        except Exception:
            # The sink is not ours; whatever it raises means that nothing was stored.
            log.exception("channel %s: a received message could not be stored", self._channel)
            self._delay = min(2 * self._delay, _LAST_OFFER)
            return False
        self._delay = _FIRST_OFFER
        return True

    def _hand_over(self, pdu: bytes, length: int | None, place: str) -> None:
        try:
            value = self._read(pdu, length, place)
        except (MalformedPdu, InvalidNumber) as error:
            # Kept for study; left in the modem it would fill the store. A number is not logged.
            reason = error if isinstance(error, MalformedPdu) else type(error).__name__
            log.warning("channel %s: a PDU was set aside as unreadable: %s", self._channel, reason)
            self._journal.put(f"unreadable/{_fingerprint(pdu, place)}", pdu)
            return
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
        if message.is_cut:
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
        )

    def _report(self, report: StatusReport) -> DeliveryReport:
        return DeliveryReport(
            channel=self._channel,
            reference=str(report.reference),
            recipient=PhoneNumber.parse(str(report.recipient)),
            outcome=outcome_of(report.status),
            received_at=self._clock.now(),
            detail=f"0x{report.status:02X}",
            submitted_at=report.sent_at.moment,
        )


@contextmanager
def _selected(dialogue: Dialogue, store: str, home: str | None) -> Iterator[bool]:
    """A store selected for reading, if the modem has it; afterwards ``home`` is selected again."""
    if store == home:
        yield True
        return
    is_there = dialogue.ask(f'AT+CPMS="{store}"', timeout=_TIMEOUT).is_ok
    yield is_there
    if is_there and home is not None:
        dialogue.ask(f'AT+CPMS="{home}"', timeout=_TIMEOUT)


def _fingerprint(pdu: bytes, place: str) -> str:
    # A text that was sent twice in one second has one PDU, but lies in two places.
    return hashlib.sha256(pdu + place.encode()).hexdigest()[:32]


def _octets(pdu: str) -> bytes:
    try:
        return bytes.fromhex(pdu)
    except ValueError:
        return pdu.encode("ascii", "replace")  # set aside with all else that cannot be read

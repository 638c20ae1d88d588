"""
Which report stands in for an answer that got lost: the network reports on what it has taken.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

from smscore.domain.numbers import PhoneNumber
from smscore.errors import InvalidNumber
from smscore.ports.clock import Clock
from smscore_modem._line._events import Notification
from smscore_modem._pdu import MalformedPdu, StatusReport, decode_incoming

__all__ = ["Witness"]

_MOST = 2_000
_REMEMBERED = 15 * 3600.0
"""Seconds; no centre's clock is farther off, so that older parts are known by their times."""
_WHOLE_SECOND = timedelta(seconds=1)  # all that a time stamp tells (23.040, 9.2.3.11)
_BELIEVABLE = timedelta(minutes=10)


class Witness:
    """
    What one channel knows of references: which parts have which, and who may get one without.

    Used by one thread, the one that sends. Not durable: the network's time stamps tell what left
    before.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._parts: OrderedDict[tuple[int | None, str], float] = OrderedDict()

    def left(self, recipient: PhoneNumber, reference: int | None) -> None:
        """A part left under this reference; None: it did or may have, and nobody knows its own."""
        key = reference, recipient.digits
        self._parts[key] = self._clock.monotonic()
        self._parts.move_to_end(key)
        if len(self._parts) > _MOST:
            self._parts.popitem(last=False)

    def reference(
        self, notification: Notification, *, recipient: PhoneNumber, since: datetime
    ) -> int | None:
        """
        The reference of a part that was handed over at that moment, and has no other answer.

        None: the report may be about something else.
        """
        report = _read(notification)
        if report is None or report.answers_command or not _is_to(recipient, report):
            return None
        if not self._was_taken(report, since=since):
            return None
        if self._knows(report.reference, recipient) or self._knows(None, recipient):
            return None
        return report.reference

    def _was_taken(self, report: StatusReport, *, since: datetime) -> bool:
        """Whether the network says that it took the message from that moment on."""
        taken_at = report.sent_at.moment
        if taken_at is None:
            return False
        return since - _WHOLE_SECOND < taken_at <= self._clock.now() + _BELIEVABLE

    def _knows(self, reference: int | None, recipient: PhoneNumber) -> bool:
        left_at = self._parts.get((reference, recipient.digits))
        return left_at is not None and self._clock.monotonic() - left_at < _REMEMBERED


def _read(notification: Notification) -> StatusReport | None:
    try:
        message = decode_incoming(bytes.fromhex(notification.pdu or ""))
    except (MalformedPdu, ValueError):
        return None
    return message if isinstance(message, StatusReport) else None


def _is_to(recipient: PhoneNumber, report: StatusReport) -> bool:
    """Whether both are the same number, and not just spellings of what may be one."""
    try:
        return PhoneNumber.parse(str(report.recipient)).digits == recipient.digits
    except InvalidNumber:
        return False

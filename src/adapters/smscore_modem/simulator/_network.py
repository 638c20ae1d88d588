"""
The network between virtual modems: takes messages, delivers them, and reports on them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from smscore.ports.clock import Clock
from smscore_modem._pdu import Deliver, StatusReport, TimeStamp, Validity
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._recipients import Behaviour, CallOutcome, behaviour_of
from smscore_modem.simulator._submissions import Submission, Verdict

__all__ = ["VirtualNetwork"]

_REDELIVERY = 1.0  # seconds, while a recipient has no room or is not there

_EXPIRED = Behaviour(reports=(0x46,))  # 23.040, 9.2.3.15: validity period expired

Later = Callable[[float, Callable[[], None]], None]


class Unplug(Protocol):
    """Takes a modem's port away, and gives it back after so many seconds."""

    def __call__(
        self, modem: VirtualModem, *, renamed: bool = False, seconds: float = 0.2
    ) -> None: ...


class VirtualNetwork:
    """
    All virtual modems that can reach one another.

    ``later`` does something after so many seconds; ``record`` is told of each message that is
    taken, before its sender knows. All of it happens on the thread of whoever runs the modems.

    Raises:
        ValueError: ``report_delay`` is no time that can pass.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        later: Later,
        report_delay: float,
        record: Callable[[Submission], None],
        unplug: Unplug,
    ) -> None:
        self._clock = clock
        self.later = later
        self.unplug = unplug
        if not report_delay >= 0:  # nor is NaN
            raise ValueError(f"report_delay must be 0 seconds or more, not {report_delay}")
        self._report_delay = report_delay
        self._record = record
        self._modems: dict[str, VirtualModem] = {}

    def add(self, modem: VirtualModem) -> None:
        """Make a modem reachable under its number, and let time pass for it."""
        self._modems[modem.number] = modem
        modem.life.surroundings = self

    def reach(self, number: str) -> VirtualModem | None:
        """The modem that has a number, if one does."""
        return self._modems.get(number)

    def submit(self, submission: Submission) -> Verdict:
        """Take a message from one of the modems, or refuse it."""
        number = str(submission.submit.recipient)
        behaviour = behaviour_of(number)
        if behaviour.refusal is not None or behaviour.equipment_refusal is not None:
            return Verdict(refusal=behaviour.refusal, equipment_refusal=behaviour.equipment_refusal)
        self._record(submission)
        if behaviour.unplugs:
            self._modems[submission.modem].unplug()
        taken_at = self._clock.now()
        recipient = self._modems.get(number)
        if recipient is None:
            self._report(submission, behaviour, taken_at=taken_at)
        else:
            self._deliver(submission, behaviour, recipient, taken_at=taken_at)
        if behaviour.answers:
            self._answer(submission)
        return Verdict(
            is_silent=behaviour.is_silent or behaviour.unplugs,
            delay=behaviour.reference_delay,
            awaits_report=behaviour.reports_first,
            has_reference=behaviour.has_reference,
        )

    def deliver(self, recipient: VirtualModem, message: Deliver) -> None:
        """Deliver a message from outside, as soon as the recipient can take it."""
        self._persist(partial(recipient.deliver, message))

    def deliver_pdu(self, recipient: VirtualModem, pdu: bytes) -> None:
        """Deliver octets that may be no message at all."""
        self._persist(partial(recipient.deliver_pdu, pdu))

    def report(
        self, sender: VirtualModem, *, recipient: str, reference: int, status: int = 0
    ) -> None:
        """Report on a message that nobody may have sent."""
        now = self._clock.now()
        report = StatusReport(
            reference=reference, recipient=recipient, status=status, sent_at=now, finished_at=now
        )
        self._persist(partial(sender.report, report))

    def call(self, called: VirtualModem, number: str, *, seconds: float) -> None:
        """Let somebody from outside call, and hang up after so many seconds."""
        if not called.voice.ring(number):
            return
        call = called.voice.call

        def hang_up() -> None:
            if called.voice.call is call:
                called.voice.end(CallOutcome.NO_CARRIER)

        self.later(seconds, hang_up)

    def _persist(self, attempt: Callable[[], bool]) -> None:
        if not attempt():
            self.later(_REDELIVERY, partial(self._persist, attempt))

    def _answer(self, submission: Submission) -> None:
        submit = submission.submit
        reply = Deliver(
            sender=submit.recipient,
            user_data=submit.user_data,
            scheme=submit.scheme,
            sent_at=self._clock.now(),
        )
        sender = self._modems[submission.modem]
        self.later(self._report_delay, partial(self.deliver, sender, reply))

    def _deliver(
        self,
        submission: Submission,
        behaviour: Behaviour,
        recipient: VirtualModem,
        *,
        taken_at: datetime,
    ) -> None:
        submit = submission.submit
        ends_at = _end_of(submit.validity, taken_at)
        message = Deliver(
            sender=submission.modem,
            user_data=submit.user_data,
            scheme=submit.scheme,
            protocol=submit.protocol,
            has_reply_path=submit.has_reply_path,
            sent_at=taken_at,
        )

        def attempt() -> bool:
            if ends_at is not None and self._clock.now() > ends_at:
                self._report(submission, _EXPIRED, taken_at=taken_at)
                return True
            is_delivered = recipient.deliver(message)
            if is_delivered:
                self._report(submission, behaviour, taken_at=taken_at)
            return is_delivered

        # Not before the sender has its answer.
        self.later(0.0, partial(self._persist, attempt))

    def _report(self, submission: Submission, behaviour: Behaviour, *, taken_at: datetime) -> None:
        if not submission.submit.wants_report:
            return
        delay = self._report_delay if behaviour.report_delay is None else behaviour.report_delay
        sender = self._modems[submission.modem]
        for turn, status in enumerate(behaviour.reports, start=1):
            report = StatusReport(
                reference=submission.reference,
                recipient=submission.submit.recipient,
                status=status,
                sent_at=taken_at,
                finished_at=self._clock.now() + timedelta(seconds=turn * delay),
            )
            self.later(turn * delay, partial(self._persist, partial(sender.report, report)))


def _end_of(validity: Validity | None, taken_at: datetime) -> datetime | None:
    """When the network stops trying; None: never."""
    if isinstance(validity, TimeStamp):
        return validity.moment
    duration = None if validity is None else validity.duration
    return None if duration is None else taken_at + duration

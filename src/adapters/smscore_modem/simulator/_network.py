"""
The network between virtual modems: takes messages, delivers them, and reports on them.
"""

from collections.abc import Callable
from datetime import timedelta

import attrs

from smscore.ports.clock import Clock
from smscore_modem._pdu import Deliver, StatusReport
from smscore_modem.simulator._modem import Submission, Verdict, VirtualModem
from smscore_modem.simulator._recipients import Behaviour, behaviour_of

__all__ = ["VirtualNetwork"]

_REDELIVERY = 1.0  # seconds, while a recipient has no room

Later = Callable[[float, Callable[[], None]], None]


class VirtualNetwork:
    """
    All virtual modems that can reach one another.

    ``later`` does something after so many seconds; ``record`` is told of each message that is
    taken, before its sender knows; ``unplug`` takes a modem's port away. All of it happens on the
    thread of whoever runs the modems.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        later: Later,
        report_delay: float,
        record: Callable[[Submission], None],
        unplug: Callable[[VirtualModem], None],
    ) -> None:
        self._clock = clock
        self._later = later
        self._report_delay = report_delay
        self._record = record
        self._unplug = unplug
        self._modems: dict[str, VirtualModem] = {}

    def add(self, modem: VirtualModem) -> None:
        """Make a modem reachable under its number."""
        self._modems[modem.number] = modem

    def submit(self, submission: Submission) -> Verdict:
        """Take a message from one of the modems, or refuse it."""
        number = str(submission.submit.recipient)
        behaviour = behaviour_of(number)
        if behaviour.refusal is not None:
            return Verdict(refusal=behaviour.refusal)
        self._record(submission)
        if behaviour.unplugs:
            self._unplug(self._modems[submission.modem])
        recipient = self._modems.get(number)
        if recipient is None:
            self._report(submission, behaviour)
        else:
            self._deliver(submission, behaviour, recipient)
        return Verdict(is_silent=behaviour.is_silent or behaviour.unplugs)

    def deliver(self, recipient: VirtualModem, message: Deliver) -> None:
        """Deliver a message from outside, as soon as there is room for it."""

        def attempt() -> None:
            if not recipient.deliver(message):
                self._later(_REDELIVERY, attempt)

        attempt()

    def _deliver(
        self, submission: Submission, behaviour: Behaviour, recipient: VirtualModem
    ) -> None:
        submit = submission.submit
        message = Deliver(
            sender=submission.modem,
            user_data=submit.user_data,
            scheme=submit.scheme,
            protocol=submit.protocol,
            has_reply_path=submit.has_reply_path,
            sent_at=self._clock.now(),
        )

        def attempt() -> None:
            if recipient.deliver(message):
                self._report(submission, behaviour)
            else:
                self._later(_REDELIVERY, attempt)

        # Not before the sender has its answer.
        self._later(0.0, attempt)

    def _report(self, submission: Submission, behaviour: Behaviour) -> None:
        if not submission.submit.wants_report:
            return
        report = StatusReport(
            reference=submission.reference,
            recipient=submission.submit.recipient,
            status=0,
            sent_at=self._clock.now(),
            finished_at=self._clock.now() + timedelta(seconds=self._report_delay),
        )
        sender = self._modems[submission.modem]
        for turn, status in enumerate(behaviour.reports, start=1):
            self._report_later(sender, attrs.evolve(report, status=status), turn)

    def _report_later(self, sender: VirtualModem, report: StatusReport, turn: int) -> None:
        self._later(turn * self._report_delay, lambda: sender.report(report))

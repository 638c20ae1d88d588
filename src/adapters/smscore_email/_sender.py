"""
Sending the parts of a message in order, and what the relay's answers mean for them.
"""

import logging

from smscore.domain.recipients import EmailAddress
from smscore.errors import (
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
)
from smscore.ports.clock import Clock
from smscore.ports.transport import Journal, SendJob, SendReceipt
from smscore_email._conversation import Lost, Refusal, RelayDown, Stage
from smscore_email._letters import Letter, compose
from smscore_email._line import Line
from smscore_email._options import EmailOptions
from smscore_email._standing import Standing
from smscore_email._verdicts import is_about_us, trouble_of

__all__ = ["Sender"]

log = logging.getLogger(__name__)


class Sender:
    """Sends for one channel; one thread at a time calls."""

    def __init__(
        self,
        *,
        channel: str,
        options: EmailOptions,
        line: Line,
        standing: Standing,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._options = options
        self._line = line
        self._standing = standing
        self._journal = journal
        self._clock = clock

    def send(self, job: SendJob) -> SendReceipt:
        """Send all parts that the relay does not have yet, in order."""
        recipient = self._admitted(job)
        references = {}
        for number in job.missing:
            letter = compose(job, number, recipient, options=self._options, at=self._clock.now())
            references[number] = self._send_part(job, number, letter)
        return job.receipt(references)

    def _admitted(self, job: SendJob) -> EmailAddress:
        """The recipient; whatever can be known beforehand is refused here."""
        self._standing.wait(self._options.timeout)
        health = self._standing.health()
        if not health.is_ready:
            raise NotReady(health.detail)
        if job.expires_at is not None and job.expires_at <= self._clock.now():
            raise TemporaryFailure("the message's time ran out before it could be sent")
        if not isinstance(job.recipient, EmailAddress):
            raise PermanentFailure(f"{job.recipient.hint} is no e-mail address")
        return job.recipient

    def _send_part(self, job: SendJob, number: int, letter: Letter) -> str:
        with self._line.turn():
            self._prepare(letter)
            self._journal.submitting(job, number)
            try:
                self._line.hand_over(letter)
            except (RelayDown, Refusal, Lost) as error:
                raise self._failure(job, number, error) from error
        self._journal.accepted(job, number, letter.reference)
        return letter.reference

    def _prepare(self, letter: Letter) -> None:
        """Have a conversation in which the mail can be handed over."""
        try:
            conversation = self._line.ready()
        except RelayDown as error:
            raise self._down(error) from error
        if letter.is_international and not conversation.is_international:
            raise PermanentFailure("the relay takes no address that is not in ASCII")

    # What an answer means.

    def _failure(
        self, job: SendJob, number: int, error: RelayDown | Refusal | Lost
    ) -> TransportError:
        if isinstance(error, Lost) and error.stage is Stage.END:
            return Indeterminate(
                "the relay was given the message and did not say what became of it",
                cause=str(error),
            )
        self._journal.refused(job, number)
        if isinstance(error, RelayDown):
            return self._down(error)
        if is_about_us(error):
            return self._down(trouble_of(error, self._options))
        what = "recipient" if error.stage is Stage.RECIPIENT else "message"
        if isinstance(error, Refusal) and error.code >= 500:
            return PermanentFailure(f"the relay refuses the {what}", cause=str(error))
        return TemporaryFailure(f"the relay did not take the {what}", cause=str(error))

    def _down(self, trouble: RelayDown) -> NotReady:
        self._standing.troubled(trouble)
        return NotReady(str(trouble))

"""
The transport: sends the parts of a message over one modem, and says honestly what became of them.
"""

import logging
from datetime import timedelta

from smscore.errors import (
    GatewayError,
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
)
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.transport import (
    ChannelHealth,
    Journal,
    SendJob,
    SendReceipt,
    TransportSink,
)
from smscore_modem._commands import message_reference
from smscore_modem._dialogue import Answer, Dialogue, NoPrompt, Unsettled
from smscore_modem._errors import failure_of
from smscore_modem._inbox import Inbox
from smscore_modem._keeper import Connect, Keeper
from smscore_modem._options import ModemOptions
from smscore_modem._pdu import RelativeValidity, encode_parts
from smscore_modem._profiles import GENERIC, Profile
from smscore_modem._serial import open_serial
from smscore_modem._time import SYSTEM, Time

__all__ = ["ModemChannel"]

log = logging.getLogger(__name__)


class ModemChannel:
    """One modem as a :class:`~smscore.ports.transport.Transport`."""

    def __init__(
        self,
        name: str,
        options: ModemOptions,
        *,
        profile: Profile = GENERIC,
        connect: Connect = open_serial,
        clock: Clock | None = None,
        time: Time = SYSTEM,
    ) -> None:
        self._name = name
        self._options = options
        self._profile = profile
        self._clock = clock or SystemClock()
        self._time = time
        self._keeper = Keeper(
            name=name, options=options, profile=profile, connect=connect, time=time
        )

    def open(self, sink: TransportSink, journal: Journal) -> None:
        """Start the modem's thread; returns before the modem is up."""
        self._journal = journal
        inbox = Inbox(
            channel=self._name,
            sink=sink,
            journal=journal,
            clock=self._clock,
            list_timeout=self._profile.list_timeout,
            time=self._time,
        )
        self._keeper.start(inbox=inbox, journal=journal)

    def send(self, job: SendJob) -> SendReceipt:
        """Send all parts that the network does not have yet, in order."""
        payloads = self._payloads(job)
        return SendReceipt(
            references=tuple(
                None if number in job.accepted else self._send_part(job, number, payload)
                for number, payload in enumerate(payloads, start=1)
            )
        )

    def health(self) -> ChannelHealth:
        """How the modem was when it was last heard."""
        return self._keeper.health()

    def close(self) -> None:
        """Give the port back; a part whose answer is outstanding ends in doubt."""
        self._keeper.close()

    def _payloads(self, job: SendJob) -> tuple[bytes, ...]:
        validity = None
        if job.expires_at is not None:
            validity = job.expires_at - self._clock.now()
            if validity <= timedelta(0):
                raise TemporaryFailure("the message's time ran out before it could be sent")
        try:
            return encode_parts(
                job.segments,
                recipient=job.recipient.value,
                concat_reference=job.concat_reference,
                message_class=0 if job.flash else None,
                validity=None if validity is None else RelativeValidity.of(validity),
                wants_report=True,
            )
        except ValueError as error:
            raise PermanentFailure(f"a modem cannot send this: {error}") from error

    def _send_part(self, job: SendJob, number: int, payload: bytes) -> str | None:
        dialogue = self._keeper.borrow()
        try:
            self._journal.submitting(job, number)
        except GatewayError as error:
            raise NotReady("the part could not be marked before sending") from error
        answer = self._submit(dialogue, job, number, payload)
        if not answer.is_ok:
            failure = failure_of(answer.final, was_written=answer.was_written)
            if not isinstance(failure, Indeterminate):
                self._lift_doubt(job, number)
            raise failure
        # OK without a reference happens: sent, but no report will ever be matched.
        reference = message_reference(answer.lines)
        return self._accepted(job, number, None if reference is None else str(reference))

    def _submit(self, dialogue: Dialogue, job: SendJob, number: int, payload: bytes) -> Answer:
        length = len(payload) - 1 - payload[0]  # without the centre (27.005, 4.3 <length>)
        try:
            return dialogue.submit(
                f"AT+CMGS={length}",
                payload.hex().upper(),
                prompt_timeout=self._profile.prompt_timeout,
                timeout=self._options.response_timeout,
            )
        except NoPrompt as error:
            self._keeper.drop(dialogue, str(error))
            self._lift_doubt(job, number)
            raise TemporaryFailure(
                "the modem did not ask for the message", cause=str(error)
            ) from error
        except Unsettled as error:
            # It may have left, and its answer may still come: nothing that follows on this line
            # could be trusted.
            self._keeper.drop(dialogue, str(error))
            raise Indeterminate(
                "the modem took the message and did not say what became of it", cause=str(error)
            ) from error

    def _lift_doubt(self, job: SendJob, number: int) -> None:
        try:
            self._journal.refused(job, number)
        except GatewayError:
            # The failure is what the caller must hear of; a doubt too many does no harm.
            log.exception("channel %s: a refusal could not be stored", self._name)

    def _accepted(self, job: SendJob, number: int, reference: str | None) -> str | None:
        try:
            self._journal.accepted(job, number, reference)
        except GatewayError as error:
            raise Indeterminate("the network took it, but that could not be stored") from error
        return reference

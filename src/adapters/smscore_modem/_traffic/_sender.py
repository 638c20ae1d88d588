"""
Sending the parts of a message in order, and what follows from each answer of the modem.
"""

import logging
from datetime import datetime, timedelta

import attrs

from smscore.errors import (
    GatewayError,
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
)
from smscore.ports.clock import Clock
from smscore.ports.measurement import Exchange
from smscore.ports.transport import Journal, SendJob, SendReceipt
from smscore_modem._line._commands import message_reference
from smscore_modem._line._dialogue import Answer, Dialogue, NoPrompt, Pacing, Unsettled
from smscore_modem._line._events import Final, Notification
from smscore_modem._pdu import RelativeValidity, encode_parts
from smscore_modem._time import Time
from smscore_modem._traffic._allowance import Allowance
from smscore_modem._traffic._circuit import SUSPICIOUS
from smscore_modem._traffic._doubts import Doubts
from smscore_modem._traffic._errors import ErrorClass, classify, failure_of, meaning_of, number_of
from smscore_modem._traffic._history import Culprit, History
from smscore_modem._traffic._shelf import Shelf
from smscore_modem._traffic._witness import Witness
from smscore_modem._upkeep._keeper import Keeper

__all__ = ["Sender"]

log = logging.getLogger(__name__)

_LATE = 60.0  # seconds for which a result that is overdue is still waited for


@attrs.frozen(kw_only=True)
class _Form:
    """How a message is written; a refusal may ask for less."""

    has_validity: bool = True
    has_class: bool = True


class Sender:
    """Sends over the line that the keeper keeps; one thread at a time."""

    def __init__(
        self,
        *,
        name: str,
        keeper: Keeper,
        allowance: Allowance,
        journal: Journal,
        poison: Shelf,
        clock: Clock,
        time: Time,
    ) -> None:
        self._name = name
        self._keeper = keeper
        self._allowance = allowance
        self._journal = journal
        self._clock = clock
        self._monotonic = time.monotonic
        self._history = History()
        self._witness = Witness(clock)
        self._doubts = Doubts(journal)
        self._poison = poison

    def send(self, job: SendJob) -> SendReceipt:
        """Send all parts that the network does not have yet, in order."""
        payloads = self._payloads(job, _Form())
        self._keeper.verify()
        self._allowance.admit(
            self._keeper.sim or "unknown", priority=job.priority, parts=len(job.missing)
        )
        references = {
            number: self._send_part(job, number, payloads[number - 1]) for number in job.missing
        }
        return job.receipt(references)

    def _payloads(self, job: SendJob, form: _Form) -> tuple[bytes, ...]:
        validity = None
        if job.expires_at is not None:
            validity = job.expires_at - self._clock.now()
            if validity <= timedelta(0):
                raise TemporaryFailure("the message's time ran out before it could be sent")
        has_validity = validity is not None and form.has_validity
        try:
            return encode_parts(
                job.segments,
                recipient=job.number.value,
                concat_reference=job.concat_reference,
                message_class=0 if job.flash and form.has_class else None,
                validity=RelativeValidity.of(validity) if validity and has_validity else None,
                wants_report=True,
            )
        except ValueError as error:
            raise PermanentFailure(f"a modem cannot send this: {error}") from error

    def _send_part(self, job: SendJob, number: int, payload: bytes) -> str | None:
        dialogue = self._keeper.borrow()
        self._mark(job, number)
        answer = self._submit(dialogue, job, number, payload)
        if not answer.is_ok and (form := self._barer(job, answer.final)) is not None:
            payload = self._payloads(job, form)[number - 1]
            answer = self._submit(dialogue, job, number, payload)
        if answer.is_ok or self._is_duplicate(answer.final):
            return self._accepted(job, number, message_reference(answer.lines))
        raise self._refused(dialogue, job, number, payload, answer)

    def _mark(self, job: SendJob, number: int) -> None:
        try:
            self._allowance.count(1)
            self._journal.submitting(job, number)
            self._doubts.begin(job.message, number)
        except GatewayError as error:
            raise NotReady("the part could not be marked before sending") from error

    def _submit(self, dialogue: Dialogue, job: SendJob, number: int, payload: bytes) -> Answer:
        """Hand it over, and tell whoever measures how that went."""
        began_at, began = self._clock.now(), self._monotonic()
        answer = None
        try:
            answer = self._hand_over(dialogue, job, number, payload)
        finally:
            seconds = self._monotonic() - began
            self._journal.exchanged(_exchange(job, number, answer, at=began_at, seconds=seconds))
        return answer

    def _hand_over(self, dialogue: Dialogue, job: SendJob, number: int, payload: bytes) -> Answer:
        profile, patience = self._keeper.profile, self._keeper.response_timeout
        length = len(payload) - 1 - payload[0]  # without the centre (27.005, 4.3 <length>)
        handed_over_at = self._clock.now()

        def answered_by(said: Notification) -> str | None:
            reference = self._witness.reference(said, recipient=job.number, since=handed_over_at)
            return None if reference is None else f"+CMGS: {reference}"

        try:
            answer = dialogue.submit(
                f"AT+CMGS={length}",
                payload.hex().upper(),
                prompt_timeout=profile.prompt_timeout,
                timeout=patience,
                # A result that comes late is still this part's: nothing else is on its way.
                late=min(_LATE, patience / 2),
                pacing=Pacing(before=profile.payload_delay, before_end=profile.ctrl_z_delay),
                answered_by=answered_by,
            )
        except NoPrompt as error:
            self._keeper.drop(dialogue, str(error))
            self._lift_doubt(job, number, was_written=False)
            # Nothing is wrong with the message: the modem has not even seen it.
            raise NotReady("the modem did not ask for the message", cause=str(error)) from error
        except Unsettled as error:
            # It may have left, and its answer may still come: nothing that follows on this line
            # could be trusted.
            self._witness.left(job.number, None)
            self._keeper.drop(dialogue, str(error))
            raise Indeterminate(
                "the modem took the message and did not say what became of it", cause=str(error)
            ) from error
        if answer.is_overdue:
            # It may still come, and must not be taken for the next command's.
            self._keeper.drop(dialogue, "a delivery report came, and no answer")
        return answer

    # What an answer means.

    def _class_of(self, final: Final, *, was_written: bool = True, earlier: int = 0) -> ErrorClass:
        profile = self._keeper.profile
        meaning = meaning_of(final, cms=profile.cms_errors, cme=profile.cme_errors)
        return classify(meaning, was_written=was_written, earlier=earlier)

    def _barer(self, job: SendJob, final: Final) -> _Form | None:
        """The form in which a message may pass that was refused for what it came with."""
        if self._class_of(final) is not ErrorClass.BARE:
            return None
        if number_of(final) in (198, 199):  # 23.040, 9.2.3.22: about the validity
            return _Form(has_validity=False) if job.expires_at is not None else None
        return _Form(has_class=False) if job.flash else None

    def _is_duplicate(self, final: Final) -> bool:
        """Whether the network refused the part because it has it from an uncertain try."""
        return self._doubts.is_repeated and self._class_of(final) is ErrorClass.DUPLICATE

    def _refused(
        self, dialogue: Dialogue, job: SendJob, number: int, payload: bytes, answer: Answer
    ) -> TransportError:
        final = answer.final
        earlier = self._history.refused(job.message, number, final.text)
        found = self._class_of(final, was_written=answer.was_written, earlier=earlier)
        if found is ErrorClass.MODEM:
            found = self._blamed(job, number, earlier=earlier)
        if found is ErrorClass.UNCERTAIN:
            self._witness.left(job.number, None)
        else:
            self._lift_doubt(job, number, was_written=answer.was_written)
        if final.family == "CMS" and number_of(final) in SUSPICIOUS:
            self._allowance.suspect(job.number.value)
        self._follow(found, dialogue, job, number, payload, final)
        return failure_of(found, final)

    def _blamed(self, job: SendJob, number: int, *, earlier: int) -> ErrorClass:
        """What a failure of the modem amounts to: it may be the message's fault."""
        now = self._monotonic()
        match self._history.failed(job.message, number, at=now, earlier=earlier):
            case Culprit.MODEM:
                return ErrorClass.MODEM
            case Culprit.MESSAGE:
                return ErrorClass.OURS
            case Culprit.UNKNOWN:
                return ErrorClass.RETRY

    def _follow(
        self,
        found: ErrorClass,
        dialogue: Dialogue,
        job: SendJob,
        number: int,
        payload: bytes,
        final: Final,
    ) -> None:
        """What else than the message's fate follows from a refusal."""
        match found:
            case ErrorClass.MODEM:
                self._keeper.drop(dialogue, f"the modem fails again and again: {final.text}")
            case ErrorClass.SIM:
                # Whoever initialises the modem finds out what the SIM lacks, and says so.
                self._keeper.drop(dialogue, f"the SIM cannot send: {final.text}")
            case ErrorClass.FULL:
                self._keeper.look()
            case ErrorClass.OURS:
                self._set_aside(job, number, payload, final)
            case ErrorClass.ACCOUNT:
                log.warning("channel %s: the network refuses the SIM: %s", self._name, final.text)

    def _set_aside(self, job: SendJob, number: int, payload: bytes, final: Final) -> None:
        """Keep what the modem did not understand for study, so that the queue moves on."""
        why = f"message {job.message:016x}, part {number}: {final.text}"
        try:
            key = self._poison.put(payload, why=why)
        except GatewayError:
            log.exception("channel %s: what it did not understand could not be kept", self._name)
        else:
            log.error("channel %s: set aside as %s: %s", self._name, key, final.text)

    def _lift_doubt(self, job: SendJob, number: int, *, was_written: bool) -> None:
        try:
            self._journal.refused(job, number)
            self._doubts.lift()
            if not was_written:
                self._allowance.count(-1)
        except GatewayError:
            # The failure is what the caller must hear of; a doubt too many does no harm.
            log.exception("channel %s: a refusal could not be stored", self._name)

    def _accepted(self, job: SendJob, number: int, reference: int | None) -> str | None:
        # OK without a reference happens: sent, but no report will ever be matched.
        name = None if reference is None else str(reference)
        self._allowance.trust()
        self._history.settled(job.message, number)
        self._witness.left(job.number, reference)
        self._doubts.settle()
        self._journal.accepted(job, number, name)
        return name


def _exchange(
    job: SendJob, number: int, answer: Answer | None, *, at: datetime, seconds: float
) -> Exchange:
    is_accepted = answer is not None and answer.is_ok
    reference = message_reference(answer.lines) if answer is not None and is_accepted else None
    return Exchange(
        message=job.message,
        part=number,
        began=at,
        seconds=seconds,
        answer=None if answer is None else answer.final.text,
        is_accepted=is_accepted,
        reference=None if reference is None else str(reference),
    )

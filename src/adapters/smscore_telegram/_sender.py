"""
Sending the parts of a message in order, and hearing out an answer that comes late.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import CancelledError

from smscore.errors import (
    GatewayError,
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
    TransportError,
)
from smscore.ports.clock import Clock
from smscore.ports.transport import Journal, SendJob, SendReceipt, TransportSink
from smscore_telegram._api import Attempt, BotApi, NoAnswer, Refusal
from smscore_telegram._loop import LoopThread
from smscore_telegram._objects import Message
from smscore_telegram._standing import Standing
from smscore_telegram._verdicts import Verdict, verdict_of

__all__ = ["Sender"]

log = logging.getLogger(__name__)

_LATE = 120.0
"""Seconds for which an answer that is overdue is still waited for."""


class Sender:
    """
    Sends for one channel; one thread at a time calls, the loop's thread does it.

    After ``timeout`` seconds nobody knows what became of a part that was written. Its answer is
    still waited for, and told to the journal when it comes.
    """

    def __init__(
        self,
        *,
        channel: str,
        timeout: float,
        loop: LoopThread,
        api: Callable[[], BotApi],
        standing: Standing,
        sink: TransportSink,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._timeout = timeout
        self._loop = loop
        self._api = api
        self._standing = standing
        self._sink = sink
        self._journal = journal
        self._clock = clock

    def send(self, job: SendJob) -> SendReceipt:
        """Send all parts that Telegram does not have yet, in order."""
        address = self._admitted(job)
        parts = job.segments.parts
        return job.receipt(
            {
                number: self._send_part(job, number, parts[number - 1], address)
                for number in job.missing
            }
        )

    def _admitted(self, job: SendJob) -> str:
        """The recipient's address; whatever can be known beforehand is refused here."""
        self._standing.wait(self._timeout)
        health = self._standing.health()
        if not health.is_ready:
            raise NotReady(health.detail)
        if job.expires_at is not None and job.expires_at <= self._clock.now():
            raise TemporaryFailure("the message's time ran out before it could be sent")
        if job.address is None:
            raise PermanentFailure("the recipient is not linked to this bot")
        if not job.text.strip():
            raise PermanentFailure("Telegram takes no message of blanks alone")
        return job.address

    def _send_part(self, job: SendJob, number: int, text: str, address: str) -> str:
        self._journal.submitting(job, number)
        attempt = Attempt()
        try:
            message = self._loop.submit(
                lambda: self._post(job, number, text, address, attempt)
            ).result()
        except (Refusal, NoAnswer, CancelledError, RuntimeError) as error:
            raise self._failure(job, number, address, attempt, error) from error
        return self._accepted(job, number, message)

    async def _post(
        self, job: SendJob, number: int, text: str, address: str, attempt: Attempt
    ) -> Message:
        """One part, on the loop: in time, or not known to have been written, or to be heard out."""
        call = self._loop.spawn(
            self._api().send_message(address, text, patience=self._timeout + _LATE, attempt=attempt)
        )
        done, _ = await asyncio.wait([call], timeout=self._timeout)
        if done:
            return call.result()
        if attempt.was_written:
            self._loop.spawn(self._hear_out(job, number, address, call))
        else:
            call.add_done_callback(_look_away)
            call.cancel()
        raise NoAnswer(f"nothing within {self._timeout:g} s")

    async def _hear_out(
        self, job: SendJob, number: int, address: str, call: "asyncio.Task[Message]"
    ) -> None:
        """The message is somebody else's by now: what can be told is what became of the part."""
        try:
            message = await asyncio.wait_for(call, _LATE)
            await asyncio.to_thread(self._journal.accepted, job, number, str(message.message_id))
        except Refusal as refusal:
            if verdict_of(refusal) is Verdict.UNREACHABLE:
                await asyncio.to_thread(self._unlink, address)
        except (NoAnswer, TimeoutError):
            pass  # it stays unknown
        except GatewayError:
            log.exception("channel %s: a late success could not be stored", self._channel)

    # What an answer means.

    def _accepted(self, job: SendJob, number: int, message: Message) -> str:
        reference = str(message.message_id)
        self._journal.accepted(job, number, reference)
        return reference

    def _failure(
        self, job: SendJob, number: int, address: str, attempt: Attempt, error: BaseException
    ) -> TransportError:
        if isinstance(error, Refusal):
            failure = self._refused(address, error)
        elif attempt.was_written:
            failure = Indeterminate(
                "Telegram was given the message and did not say what became of it",
                cause=str(error),
            )
        elif isinstance(error, NoAnswer):
            failure = NotReady("Telegram cannot be reached", cause=str(error))
        else:
            failure = NotReady(f"channel {self._channel} is closed")
        if not isinstance(failure, Indeterminate):
            self._journal.refused(job, number)
        return failure

    def _refused(self, address: str, refusal: Refusal) -> TransportError:
        said = str(refusal)
        match verdict_of(refusal):
            case Verdict.UNREACHABLE:
                self._unlink(address)
                return PermanentFailure("the recipient cannot be reached any more", cause=said)
            case Verdict.FLOOD:
                self._standing.flooded(refusal)
                return NotReady("Telegram wants us to be slower", cause=said)
            case Verdict.TOKEN:
                self._standing.refused(refusal)
                return NotReady("Telegram knows no bot with this token", cause=said)
            case Verdict.UNKNOWN:
                return Indeterminate("what became of it did not get to us in time", cause=said)
        return TemporaryFailure("Telegram did not take it", cause=said)

    def _unlink(self, address: str) -> None:
        try:
            self._sink.unlinked(channel=self._channel, address=address)
        except GatewayError:
            # The next message finds out again.
            log.exception("channel %s: a link could not be removed", self._channel)


def _look_away(call: "asyncio.Task[Message]") -> None:
    """Nobody waits for it any more, whatever it comes to."""
    if not call.cancelled():
        call.exception()

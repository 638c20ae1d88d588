"""
The transport: one telephone, one message at a time.
"""

import logging
import shutil
import threading

from smscore.errors import (
    Indeterminate,
    NotReady,
    TemporaryFailure,
    TransportError,
)
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.transport import ChannelHealth, Journal, SendJob, SendReceipt, TransportSink
from smscore_termux._options import TermuxOptions
from smscore_termux._program import Ending, Run, Verdict, verdict_of

__all__ = ["TermuxChannel"]

_log = logging.getLogger(__name__)

_RECOVERY = 60.0
"""Seconds after which to try again what Android did not allow."""
_INSTALL = "install the app Termux:API, then 'pkg install termux-api'"
_ALLOW = "let the app Termux:API send SMS, in the telephone's settings"


class TermuxChannel:
    """
    The telephone on which we run, as a :class:`~smscore.ports.transport.Transport`.

    Android cuts a text into its parts by itself: the mark of the first part stands for all of them.
    """

    def __init__(self, name: str, options: TermuxOptions, *, clock: Clock | None = None) -> None:
        self._name = name
        self._options = options
        self._clock = clock or SystemClock()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._run: Run | None = None
        self._journal: Journal | None = None
        self._begun_at: float | None = None
        self._forbidden: tuple[float, str] | None = None  # since when, and in whose words

    def open(self, sink: TransportSink, journal: Journal) -> None:  # noqa: ARG002  # nothing comes in
        """Begin to work; nothing runs yet."""
        self._closing.clear()
        self._journal = journal

    def send(self, job: SendJob) -> SendReceipt:
        """Send the whole text by one run of the program."""
        journal = self._journal
        if journal is None or self._closing.is_set():
            raise NotReady(f"channel {self._name} is not open")
        if not job.accepted:
            self._admit(job)
            journal.submitting(job, 1)
            self._settle(job, journal, self._send(job))
        for number in job.missing:
            if number > 1:
                journal.submitting(job, number)
                journal.accepted(job, number, None)
        return job.receipt({})

    def health(self) -> ChannelHealth:
        """Whether the program is there, and Android let it send the last time."""
        if self._journal is None or self._closing.is_set():
            return ChannelHealth(is_ready=False, detail="it is not open")
        if shutil.which(self._options.program) is None:
            return _alarming(f"there is no program {self._options.program}", remedy=_INSTALL)
        forbidden = self._forbidden
        if forbidden is not None and self._clock.monotonic() - forbidden[0] < _RECOVERY:
            return _alarming(f"Android does not let us send: {forbidden[1]}", remedy=_ALLOW)
        return ChannelHealth(is_ready=True, detail="the program is there")

    def close(self) -> None:
        """Stop at once; a message whose program still runs is in doubt."""
        with self._lock:
            self._closing.set()
            if self._run is not None:
                self._run.kill()

    def _admit(self, job: SendJob) -> None:
        """Whatever can be known beforehand is refused here, and the gap is kept."""
        health = self.health()
        if not health.is_ready:
            raise NotReady(health.detail)
        if self._begun_at is not None:
            left = self._begun_at + self._options.gap - self._clock.monotonic()
            if left > 0 and self._closing.wait(left):
                raise NotReady(f"channel {self._name} is closed")
        if job.expires_at is not None and job.expires_at <= self._clock.now():
            raise TemporaryFailure("the message's time ran out before it could be sent")
        self._begun_at = self._clock.monotonic()

    def _send(self, job: SendJob) -> Ending | TransportError:
        """An error, if nothing was begun."""
        options = self._options
        slot = () if options.slot is None else ("-s", str(options.slot))
        try:
            with self._lock:
                if self._closing.is_set():
                    return NotReady(f"channel {self._name} is closed")
                run = self._run = Run((options.program, *slot, "-n", job.number.value))
        except OSError as error:
            return NotReady(f"{options.program} cannot be run", cause=error.strerror)
        try:
            return run.end(job.text, timeout=options.timeout)
        finally:
            with self._lock:
                self._run = None

    def _settle(self, job: SendJob, journal: Journal, ending: Ending | TransportError) -> None:
        """Mark what is known; raises unless it was sent."""
        if isinstance(ending, TransportError):
            journal.refused(job, 1)
            raise ending
        verdict = verdict_of(ending)
        if verdict is Verdict.UNKNOWN:
            raise Indeterminate(f"{self._options.program} did not end well", cause=_word_of(ending))
        if verdict is Verdict.SENT:
            self._forbidden = None
            journal.accepted(job, 1, None)
            return
        journal.refused(job, 1)
        if verdict is Verdict.FORBIDDEN:
            self._forbidden = (self._clock.monotonic(), ending.said)
            raise NotReady("Android does not let us send", cause=ending.said)
        raise TemporaryFailure(f"{self._options.program} did not send it", cause=_word_of(ending))


def _alarming(detail: str, *, remedy: str) -> ChannelHealth:
    return ChannelHealth(is_ready=False, detail=detail, is_alarming=True, facts={"remedy": remedy})


def _word_of(ending: Ending) -> str:
    return f"status {ending.status}" + (f": {ending.said}" if ending.said else "")

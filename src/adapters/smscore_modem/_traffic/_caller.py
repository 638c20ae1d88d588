"""
Messages that are calls: a telephone rings, and that is the message.
"""

import logging

from smscore.errors import (
    Indeterminate,
    PermanentFailure,
    TemporaryFailure,
)
from smscore.ports.transport import Journal, SendJob, SendReceipt
from smscore_modem._line._dialogue import NoAnswer
from smscore_modem._line._serial import LineLost
from smscore_modem._time import Time
from smscore_modem._traffic._calls import is_dialable, ring
from smscore_modem._upkeep._keeper import Keeper

__all__ = ["Caller"]

log = logging.getLogger(__name__)

_RINGING = 20.0  # seconds
_SOON = 3.0
"""Seconds within which no network has made a telephone ring: what ends by then never rang."""


class Caller:
    """Calls over the line that the keeper keeps; one thread at a time."""

    def __init__(self, *, name: str, keeper: Keeper, journal: Journal, time: Time) -> None:
        self._name = name
        self._keeper = keeper
        self._journal = journal
        self._monotonic = time.monotonic

    def send(self, job: SendJob) -> SendReceipt:
        """
        Let the recipient's telephone ring, unless it did.

        It is all the same whether somebody answers, has no time, or is not there.
        """
        if job.missing:
            if not is_dialable(job.number.value):
                raise PermanentFailure("a modem cannot dial such a number")
            self._keeper.verify()
            self._call(job)
        return job.receipt({})

    def _call(self, job: SendJob) -> None:
        with self._keeper.undisturbed():
            dialogue = self._keeper.borrow()
            self._journal.submitting(job, 1)
            began = self._monotonic()
            try:
                outcome = ring(dialogue, job.number.value, seconds=_RINGING)
            except PermanentFailure:
                self._journal.refused(job, 1)
                raise
            except (NoAnswer, LineLost) as error:
                self._keeper.drop(dialogue, str(error))
                raise Indeterminate("nobody knows whether it rang", cause=str(error)) from error
        ended_soon = outcome == "no carrier" and self._monotonic() - began < _SOON
        if outcome == "no dialtone" or ended_soon:
            self._journal.refused(job, 1)
            raise TemporaryFailure("the telephone did not ring", cause=outcome.upper())
        self._journal.accepted(job, 1, None)

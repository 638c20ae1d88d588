"""
Who measures the gateway, if anybody does, and what services tell them.
"""

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial

from msgspec.structs import replace

from smscore.domain.messages import MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.domain.webhooks import Attempt, Posting
from smscore.errors import DeadlinePassed, Overloaded, Rejected, RejectedItems, StoreError
from smscore.ports.clock import Clock
from smscore.ports.measurement import Answered, Exchange, Meter

__all__ = ["Meters", "outcome_of"]

_log = logging.getLogger(__name__)


class Meters:
    """A :class:`~smscore.ports.measurement.Meter` that tells all others; false if there is none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._meters: tuple[Meter, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._meters)

    def add(self, meter: Meter) -> None:
        """From now on tell this one, too."""
        self._meters = (*self._meters, meter)

    def submitted(self, answered: Answered) -> None:
        self._tell(lambda one: one.submitted(answered))

    def exchanged(self, exchange: Exchange) -> None:
        self._tell(lambda one: one.exchanged(exchange))

    def called(self, posting: Posting, attempt: Attempt) -> None:
        self._tell(lambda one: one.called(posting, attempt))

    def committed(self, *, units: int, seconds: float) -> None:
        self._tell(lambda one: one.committed(units=units, seconds=seconds))

    def stumbled(self) -> None:
        self._tell(lambda one: one.stumbled())

    def watch(
        self,
        begin: Callable[[], Future[Receipt]],
        *,
        surface: Surface,
        traceparent: str | None,
    ) -> Future[Receipt]:
        """Begin to accept a request, and tell what comes of it."""
        asked = Answered(
            surface=surface,
            outcome="error",
            began=self._clock.now(),
            seconds=self._clock.monotonic(),  # of its beginning, until it has an end
            traceparent=traceparent,
        )
        try:
            accepted = begin()
        except Exception as reason:
            self._ended(asked, outcome_of(reason))
            raise
        accepted.add_done_callback(partial(self._answered, asked))
        return accepted

    def _answered(self, asked: Answered, future: Future[Receipt]) -> None:
        try:
            receipt = future.result()
        except (Exception, CancelledError) as reason:  # noqa: BLE001  # it is the submitter's
            self._ended(asked, outcome_of(reason))
            return
        if receipt.is_replay:
            self._ended(asked, "replayed")
        else:
            self._ended(asked, "accepted", tuple([item.message for item in receipt.accepted]))

    def _ended(self, asked: Answered, outcome: str, messages: tuple[MessageId, ...] = ()) -> None:
        seconds = self._clock.monotonic() - asked.seconds
        self.submitted(replace(asked, outcome=outcome, seconds=seconds, messages=messages))

    def _tell(self, tell: Callable[[Meter], None]) -> None:
        for meter in self._meters:
            try:
                tell(meter)
            except Exception:  # noqa: BLE001  # a stranger's code, and somebody waits
                _log.exception("a meter failed")


def outcome_of(reason: BaseException) -> str:
    """Why a request was not accepted, in one word."""
    match reason:
        case RejectedItems():
            codes = {outcome_of(one) for one in reason.reasons.values()}
            return codes.pop() if len(codes) == 1 else reason.code
        case Rejected():
            return reason.code
        case Overloaded():
            return "overloaded"
        case DeadlinePassed() | CancelledError():
            return "too_late"
        case StoreError():
            return "store_unavailable"
        case _:
            return "error"

"""
By the configured time, or not at all: what a client was told had failed leaves no message.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import TypeVar

from msgspec import Struct

from smscore.domain.messages import MessageId
from smscore.domain.receipts import Receipt
from smscore.errors import DeadlinePassed, StoreError
from smscore.services.submission import Submission
from smscore_http._alarms import Alarms
from smscore_http._context import Context
from smscore_http._requests import Request
from smscore_http._wire import hex_id

__all__ = [
    "HARD_LIMIT",
    "TimeLimit",
    "in_time",
    "received_in_time",
    "submit_in_time",
    "time_limit",
]

T = TypeVar("T")

_log = logging.getLogger(__name__)

HARD_LIMIT = 9.5  # seconds; surfaces.md, A: whatever is still going on then is called a timeout


class TimeLimit(Struct, frozen=True, kw_only=True):
    """
    The time that one request has: until ``soft`` its unit of work may begin, until ``hard`` end.

    Both are seconds on the event loop's clock.
    """

    alarms: Alarms
    soft: float
    hard: float


def time_limit(context: Context, *, hard_limit: float = HARD_LIMIT) -> TimeLimit:
    """The time that a request has which arrives now."""
    alarms = context.alarms()
    now = alarms.loop.time()
    timeout = context.gateway.config.http.submit_timeout
    return TimeLimit(
        alarms=alarms,
        soft=now + min(timeout, hard_limit),
        hard=now + hard_limit,
    )


async def in_time(work: Awaitable[T], limit: TimeLimit, *, what: str) -> T:
    """
    What comes of work that changes nothing.

    Raises:
        DeadlinePassed: it takes too long; ``what`` it is, is said in the message.
    """
    task: asyncio.Task[object] = asyncio.current_task()  # type: ignore[assignment]  # a server's
    cancellations = task.cancelling()
    # As asyncio.timeout() does, at a third of its price: the body of each request comes by here.
    alarm = limit.alarms.at(limit.soft, task.cancel)
    try:
        return await work
    except asyncio.CancelledError as cause:
        if not alarm.has_rung or task.cancelling() > cancellations + 1:
            raise  # somebody else ends it
        raise DeadlinePassed(f"{what} took too long") from cause
    finally:
        limit.alarms.call_off(alarm)
        if alarm.has_rung:
            task.uncancel()


def received_in_time(request: Request, limit: TimeLimit) -> Awaitable[bytes]:
    """
    The body of a request, when awaited.

    Raises:
        PayloadTooLarge: it is too long.
        ClientGone: it never arrives.
        DeadlinePassed: it does not arrive in time.
    """
    return in_time(request.body(), limit, what="receiving the request")


async def submit_in_time(context: Context, submission: Submission, limit: TimeLimit) -> Receipt:
    """
    Accept a request to send; it is durable when this returns.

    Raises:
        Rejected: nothing was stored; the class says why.
        StoreError: nothing was stored, or what was stored is being called back.
    """
    if context.takes_long(submission):
        accepted = await _begun_elsewhere(context, submission, limit)
    else:
        accepted = context.gateway.submissions.begin(submission)
    # What was begun in time is waited for, unless that takes too long even for us.
    for end in (limit.soft, limit.hard):
        try:
            return await _wait_until(end, context.wait(accepted), limit)
        except TimeoutError:
            if accepted.cancel():
                raise DeadlinePassed("the store did not begin in time") from None
    if accepted.done():
        return accepted.result()
    accepted.add_done_callback(lambda late: _withdraw(context, late, submission))
    raise DeadlinePassed("the store did not end in time")


async def _wait_until(end: float, waiter: "asyncio.Future[T]", limit: TimeLimit) -> T:
    alarm = limit.alarms.at(end, lambda: _expire(waiter))
    try:
        return await waiter
    finally:
        limit.alarms.call_off(alarm)


def _expire(waiter: "asyncio.Future[T]") -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


async def _begun_elsewhere(
    context: Context, submission: Submission, limit: TimeLimit
) -> Future[Receipt]:
    """The submission on its way to the store, planned on a thread."""
    gateway = context.gateway
    deadline = gateway.clock.now() + timedelta(seconds=limit.soft - limit.alarms.loop.time())
    planning = context.start(gateway.submissions.begin, submission, deadline=deadline)
    try:
        return await _wait_until(limit.soft, context.wait(planning), limit)
    except TimeoutError:
        if planning.done() and not planning.cancelled():
            return planning.result()
    if not planning.cancel():
        # The store will find the deadline passed, unless it has begun this very moment.
        planning.add_done_callback(lambda planned: _give_up(context, planned, submission))
    raise DeadlinePassed("the messages were not planned in time")


def _give_up(context: Context, planned: Future[Future[Receipt]], submission: Submission) -> None:
    """The client has gone; nothing may come of what was planned for it."""
    if planned.exception() is None and not planned.result().cancel():
        planned.result().add_done_callback(lambda late: _withdraw(context, late, submission))


def _withdraw(context: Context, late: Future[Receipt], submission: Submission) -> None:
    """The client was told that this had failed: so it must not be sent."""
    if late.exception() is not None or late.result().is_replay:
        return  # nothing was stored, or it was acknowledged to somebody before
    ids = ", ".join(hex_id(item.message) for item in late.result().accepted)
    try:
        withdrawn = context.gateway.interventions.withdraw(
            late.result(),
            account=submission.account,
            surface=submission.surface,
            idempotency_key=submission.idempotency_key,
        )
    except StoreError:
        _log.exception("accepted after a client was told 408, and not called back: %s", ids)
    else:
        withdrawn.add_done_callback(lambda done: _report_late(done, ids))


def _report_late(withdrawn: Future[Sequence[MessageId]], ids: str) -> None:
    fault = withdrawn.exception()
    if fault is not None:
        _log.error(
            "accepted after a client was told 408, and not called back: %s", ids, exc_info=fault
        )
    elif left := withdrawn.result():
        sent = ", ".join(map(hex_id, left))
        _log.error("accepted after a client was told 408, and too late to call back: %s", sent)
    else:
        _log.warning("accepted after a client was told 408, and called back: %s", ids)

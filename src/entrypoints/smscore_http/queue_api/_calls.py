"""
The three calls of the queue API, for callers whose token has been checked and counted.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256

from msgspec import Struct

from smscore.domain.accounts import Account
from smscore.domain.messages import Surface
from smscore.errors import RejectedItems
from smscore.services.submission import Submission
from smscore_http._context import Context
from smscore_http._query import query_values, single_values
from smscore_http._requests import Reply, Request, idempotency_key
from smscore_http._wire import parse_limit
from smscore_http.queue_api._bodies import read_batch, read_device, read_report
from smscore_http.queue_api._replies import bad_batch, fetched, item_errors, queued, told

__all__ = ["LONGEST_PAGE", "PAGE", "Call", "Caller", "Fetching", "Queueing", "Telling"]

PAGE, LONGEST_PAGE = 20, 200


class Caller(Struct, frozen=True, kw_only=True):
    """Whose token it was; ``now`` is when the request came."""

    account: Account
    now: datetime


Call = Callable[[Request, Caller], Awaitable[Reply]]


class Queueing:
    """
    ``POST queue``: the good items of a batch are queued, the bad ones reported.

    Under a known key the first answer comes again, though the subscription has ended since: only
    the core can tell, and checks both.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, caller: Caller) -> Reply:
        key = _key_of(request)
        if key is None:
            caller.account.check_subscription(caller.now)
        body = await request.body()
        batch = read_batch(body)
        if isinstance(batch, Reply):
            caller.account.check_subscription(caller.now)
            return batch
        submission = Submission(
            account=caller.account.id,
            surface=Surface.QUEUE,
            items=batch.items,
            idempotency_key=key,
            # Bad items are not among those of the submission, and content nevertheless.
            fingerprint=sha256(body).hexdigest() if key and batch.errors else "",
            is_partial=True,
            traceparent=request.traceparent,
        )
        try:
            receipt = await self._context.submit(submission)
        except RejectedItems as nothing_left:
            caller.account.check_subscription(caller.now)
            return bad_batch([*batch.errors, *item_errors(nothing_left)])
        return queued(receipt, batch.errors)


class Fetching:
    """``GET get_messages``: waiting messages, claimed for whoever asks first."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, caller: Caller) -> Reply:
        caller.account.check_subscription(caller.now)
        wanted = query_values(request.query)
        limit = parse_limit(wanted.get("limit", ""), default=PAGE, most=LONGEST_PAGE)
        device = read_device(wanted.get("device"))
        fetch = self._context.gateway.pickup.fetch
        messages = await self._context.call(fetch, caller.account.id, limit=limit, device=device)
        return fetched(messages)


class Telling:
    """``POST status``: a phone tells what became of messages."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request, caller: Caller) -> Reply:
        caller.account.check_subscription(caller.now)
        report = read_report(await request.body())
        if isinstance(report, Reply):
            return report
        tell = self._context.gateway.pickup.tell
        updated = await self._context.call(
            tell, caller.account.id, report.outcomes, device=report.device
        )
        return told(updated, report.errors)


def _key_of(request: Request) -> str | None:
    in_query = single_values(request.query, names=("idempotency_key",)).get("idempotency_key")
    return idempotency_key(request, parameter=in_query)

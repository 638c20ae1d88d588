"""
The queue API's answers: objects with ``error`` and ``code``, or lists of items and their errors.
"""

from collections.abc import Callable, Sequence

from smscore.domain.messages import Surface
from smscore.domain.receipts import Receipt
from smscore.errors import LimitExceeded, Rejected, RejectedItems
from smscore.ports.storage import Tracked
from smscore_http._faults import PLAIN_JSON, RETRY_SOON, coded
from smscore_http._requests import JSON_TYPE, Reply
from smscore_http._wire import encode_json, hex_id, recipient_for
from smscore_http.queue_api._shapes import (
    BatchAnswer,
    FetchedMessage,
    ItemError,
    Limited,
    QueuedItem,
    ReportAnswer,
)

__all__ = [
    "NO_ACTIVE_VERSION",
    "REJECTED",
    "TOO_MANY_REQUESTS",
    "UNAVAILABLE",
    "VERSION_NOT_FOUND",
    "QueueFaults",
    "bad_batch",
    "bad_report",
    "fetched",
    "item_errors",
    "queued",
    "refused_batch",
    "refused_call",
    "refused_report",
    "told",
]


NO_ACTIVE_VERSION = coded(404, "No active version available", "no_active_version")
VERSION_NOT_FOUND = coded(404, "Version not found", "version_not_found")
TOO_MANY_REQUESTS = coded(429, "Too many requests", "rate_limit_exceeded")

UNAVAILABLE = Reply(
    503,
    encode_json({"error": "Service unavailable", "code": "service_unavailable"}),
    (*JSON_TYPE, *RETRY_SOON),
)
REJECTED = {
    "authentication_failed": Reply(401, b'{"error":"Invalid API token"}'),
    "subscription_required": coded(403, "No active subscription", "subscription_required"),
    "insufficient_credits": coded(402, "Insufficient credits", "insufficient_credits"),
    "idempotency_conflict": coded(409, "Idempotency key reused", "idempotency_conflict"),
}
_ITEM_ERRORS = {
    "invalid_phone_number": "Invalid phone format",
    "no_route": "No route to recipient",
    "recipient_opted_out": "Recipient opted out",
    "message_too_long": "Message is too long",
}


class QueueFaults:
    """
    What went wrong, in this API's words.

    ``refused`` makes the reply of a whole request that no fixed body is for.
    """

    def __init__(self, *, refused: Callable[[str], Reply]) -> None:
        self._refused = refused

    def plain(self, status: int) -> Reply:
        return PLAIN_JSON[status]

    def rejected(self, reason: Rejected) -> Reply:
        if isinstance(reason, LimitExceeded):
            return _limit_exceeded(reason)
        if isinstance(reason, RejectedItems):
            return bad_batch(item_errors(reason))
        return REJECTED.get(reason.code) or self._refused(str(reason))

    def unavailable(self) -> Reply:
        return UNAVAILABLE


def item_errors(refusal: RejectedItems) -> list[ItemError]:
    """Why the core refused each item."""
    return [
        _item_error(index, reason.code, str(reason)) for index, reason in refusal.reasons.items()
    ]


def queued(receipt: Receipt, errors: Sequence[ItemError]) -> Reply:
    """What was queued, and what the request's own check found wrong with the rest."""
    refused = [
        *errors,
        *(_item_error(item.index, item.code, item.error) for item in receipt.refused),
    ]
    items = [
        QueuedItem(index=item.index, hash=hex_id(item.message), phone=item.to)
        for item in receipt.accepted
    ]
    answer = BatchAnswer(
        ok=True, queued=len(items), failed=len(refused), items=items, errors=_in_order(refused)
    )
    return Reply(200, encode_json(answer))


def bad_batch(errors: Sequence[ItemError]) -> Reply:
    """Nothing could be queued."""
    failed = sum(error["index"] is not None for error in errors)
    answer = BatchAnswer(ok=False, queued=0, failed=failed, items=[], errors=_in_order(errors))
    return Reply(422, encode_json(answer))


def refused_batch(error: str) -> Reply:
    """All of a batch is wrong, not one item."""
    return bad_batch([{"index": None, "error": error}])


def fetched(messages: Sequence[Tracked]) -> Reply:
    """Messages for a phone, which are its own from now on."""
    content = [
        FetchedMessage(
            phone=recipient_for(Surface.QUEUE, tracked),
            text=tracked.message.text,
            hash=hex_id(tracked.message.id),
        )
        for tracked in messages
    ]
    return Reply(200, encode_json(content), (*JSON_TYPE, (b"cache-control", b"no-store")))


def told(updated: int, errors: Sequence[ItemError]) -> Reply:
    """A phone's report was kept."""
    answer = ReportAnswer(ok=True, updated=updated)
    if errors:
        answer.errors = list(errors)
    return Reply(200, encode_json(answer))


def bad_report(errors: Sequence[ItemError]) -> Reply:
    """Nothing in a phone's report could be used."""
    answer = ReportAnswer(ok=False, updated=0, errors=list(errors))
    return Reply(422, encode_json(answer))


def refused_report(error: str) -> Reply:
    """All of a report is wrong, not one entry."""
    return bad_report([{"index": None, "error": error}])


def refused_call(error: str) -> Reply:
    """A call that sends no list is wrong."""
    return coded(422, error, "invalid_request")


def _limit_exceeded(reason: LimitExceeded) -> Reply:
    told = Limited(
        error="SMS limit exceeded for this month",
        code="limit_exceeded",
        limit=reason.limit,
        used=reason.used,
    )
    return Reply(429, encode_json(told))


def _in_order(errors: Sequence[ItemError]) -> list[ItemError]:
    return sorted(errors, key=lambda error: error["index"] or 0)


def _item_error(index: int, code: str, error: str) -> ItemError:
    return {"index": index, "error": _ITEM_ERRORS.get(code, error)}

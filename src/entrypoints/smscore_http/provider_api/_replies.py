"""
The provider API's answers: ``success`` and fields, or ``success`` and one coded error.
"""

from collections.abc import Sequence

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Status
from smscore.domain.description import Description
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import MessageId, Surface
from smscore.domain.planning import Plan
from smscore.domain.receipts import Receipt
from smscore.domain.segments import Segments
from smscore.errors import Rejected
from smscore.ports.storage import Tracked
from smscore_http._faults import RETRY_SOON
from smscore_http._requests import JSON_TYPE, Headers, Reply
from smscore_http._wire import (
    encode_json,
    inbound_id,
    message_id,
    recipient_for,
    utc_seconds,
)

__all__ = [
    "STATUSES",
    "TOO_MANY_REQUESTS",
    "ProviderFaults",
    "accepted",
    "account_shown",
    "cancelled",
    "estimated",
    "inbound_listed",
    "listed",
    "shown",
]

_WORDS = {
    Status.SCHEDULED: "queued",
    Status.QUEUED: "queued",
    Status.SENDING: "queued",
    Status.SENT: "sent",
    Status.INDETERMINATE: "sent",
    Status.DELIVERED: "delivered",
    Status.FAILED: "failed",
    Status.CANCELLED: "failed",
    Status.EXPIRED: "expired",
}
STATUSES = {
    word: frozenset(status for status, its_word in _WORDS.items() if its_word == word)
    for word in _WORDS.values()
}
"""What each of this API's words for a status comprises."""


_MOST_CHARACTERS = 100
"""How many characters of a kind an estimate lists; it counts them all."""


def _error(status: int, code: str, message: str, headers: Headers = JSON_TYPE) -> Reply:
    content = {"success": False, "error": {"code": code, "message": message}}
    return Reply(status, encode_json(content), headers)


TOO_MANY_REQUESTS = _error(429, "rate_limit_exceeded", "API rate limit exceeded")

_UNAVAILABLE = _error(503, "service_unavailable", "Service unavailable", (*JSON_TYPE, *RETRY_SOON))
_PLAIN = {
    404: _error(404, "not_found", "Resource not found"),
    405: _error(405, "method_not_allowed", "Method not allowed"),
    413: _error(413, "payload_too_large", "Payload too large"),
    431: _error(431, "request_header_fields_too_large", "Request header fields too large"),
    500: _error(500, "internal_error", "Internal error"),
}
_REJECTED = {
    code: _error(status, code, message)
    for status, code, message in (
        (401, "authentication_failed", "Invalid or missing API key"),
        (402, "insufficient_credits", "Your account has insufficient credits"),
        (403, "subscription_required", "No active subscription"),
        (404, "not_found", "Resource not found"),
        (409, "idempotency_conflict", "Idempotency key was used for another request"),
        (409, "not_cancellable", "Message can no longer be cancelled"),
        (422, "invalid_phone_number", "Phone number format is invalid"),
        (422, "message_too_long", "Message exceeds maximum length"),
        (422, "no_route", "No route to recipient"),
        (422, "recipient_opted_out", "Recipient has opted out"),
        (429, "limit_exceeded", "Message limit exceeded for this month"),
    )
}


class ProviderFaults:
    """What went wrong, in this API's words."""

    def plain(self, status: int) -> Reply:
        return _PLAIN[status]

    def rejected(self, reason: Rejected) -> Reply:
        return _REJECTED.get(reason.code) or _error(400, "invalid_request", str(reason))

    def unavailable(self) -> Reply:
        return _UNAVAILABLE


def accepted(receipt: Receipt, *, is_list: bool) -> Reply:
    """The messages of a request are durable. ``is_list``: an array of recipients was given."""
    first = receipt.accepted[0]
    content = {
        "success": True,
        "message_id": message_id(first.message),
        "credits_used": receipt.credits_used,
        "credits_remaining": receipt.credits_remaining,
        "status": _WORDS[first.status],
    }
    if is_list:
        content["messages"] = [
            {
                "message_id": message_id(item.message),
                "to": item.to,
                "status": _WORDS[item.status],
            }
            for item in receipt.accepted
        ]
    return Reply(200, encode_json(content))


def cancelled(message: MessageId, *, credits_refunded: int, credits_remaining: int | None) -> Reply:
    """A message was called back."""
    content = {
        "success": True,
        "message_id": message_id(message),
        "status": _WORDS[Status.CANCELLED],
        "credits_refunded": credits_refunded,
        "credits_remaining": credits_remaining,
    }
    return Reply(200, encode_json(content))


def shown(tracked: Tracked) -> Reply:
    """One message."""
    return Reply(200, encode_json(_message(tracked)))


def listed(messages: Sequence[Tracked], *, following: str | None) -> Reply:
    """A page of messages; ``following`` is the cursor of the next one."""
    content = {
        "success": True,
        "messages": [_message(tracked) for tracked in messages],
        "next": following,
    }
    return Reply(200, encode_json(content))


def inbound_listed(messages: Sequence[InboundMessage], *, following: str | None) -> Reply:
    """A page of received messages; ``following`` is the cursor of the next one."""
    content = {
        "success": True,
        "inbound": [
            {
                "message_id": inbound_id(message.id),
                "from": message.sender,
                "to": None,  # no channel knows its own number
                "message": message.text,
                "received_at": utc_seconds(message.received_at),
            }
            for message in messages
        ],
        "next": following,
    }
    return Reply(200, encode_json(content))


def account_shown(account: Account, *, rate_limit: int | None) -> Reply:
    """The account behind the key; what is not limited or not metered is null."""
    content = {
        "success": True,
        "account_id": f"acc_{account.id:016x}",
        "name": account.name,
        "plan": account.tariff,
        "credits_remaining": account.credits,
        "rate_limit": rate_limit,
    }
    return Reply(200, encode_json(content))


def estimated(plans: Sequence[Plan], *, credits_remaining: int | None) -> Reply:
    """What a request would come to; text and sender are the same for all recipients."""
    description, sender = plans[0].description, plans[0].message.sender
    segments = description.segments
    ignoring = dict.fromkeys(plan.route[0].channel for plan in plans if plan.ignores_sender)
    content = {
        "success": True,
        "encoding": segments.encoding.value,
        "segments": segments.count,
        "credits": sum(plan.charge for plan in plans),
        "credits_remaining": credits_remaining,
        "messages": [
            {
                "to": plan.message.recipient_as_given,
                "route": plan.route[0].channel,
                "credits": plan.charge,
            }
            for plan in plans
        ],
        **_characters(description),
        "units_used": segments.units_used,
        "units_free": segments.units_free,
        "units_per_segment": segments.units_per_part,
        "languages": _languages(segments),
        "from": sender.value if sender else None,
        "from_ignored_by": list(ignoring),
    }
    return Reply(200, encode_json(content))


def _message(tracked: Tracked) -> dict[str, str | None]:
    message, delivery = tracked.message, tracked.delivery
    is_delivered = delivery.status is Status.DELIVERED
    return {
        "message_id": message_id(message.id),
        "to": recipient_for(Surface.PROVIDER, tracked),
        "from": message.sender.value if message.sender else None,
        "message": message.text,
        "status": _WORDS[delivery.status],
        "sent_at": utc_seconds(delivery.sent_at),
        "delivered_at": utc_seconds(delivery.finished_at) if is_delivered else None,
    }


def _languages(segments: Segments) -> list[str]:
    """The languages whose national tables the text uses, each once."""
    used = (segments.locking, segments.single)
    return list(dict.fromkeys(language.value for language in used if language))


def _characters(description: Description) -> dict[str, object]:
    """What forces the text into UCS-2, and what is sent otherwise than it was given."""
    forcing, replacements = description.forcing, description.replacements
    return {
        "forcing_characters": [
            {"index": one.index, "character": one.character, "name": one.name}
            for one in forcing[:_MOST_CHARACTERS]
        ],
        "forcing_characters_count": len(forcing),
        "replacements": [
            {
                "index": one.index,
                "character": one.character,
                "replacement": one.replacement,
                "name": one.name,
            }
            for one in replacements[:_MOST_CHARACTERS]
        ],
        "replacements_count": len(replacements),
    }

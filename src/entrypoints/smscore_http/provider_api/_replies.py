"""
The provider API's answers: ``success`` and fields, or ``success`` and one coded error.
"""

from collections.abc import Sequence

import msgspec

from smscore.domain import accounts, inbound
from smscore.domain.deliveries import Status
from smscore.domain.description import Description
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
from smscore_http.provider_api._shapes import (
    REFUSALS,
    WORDS,
    Accepted,
    Account,
    Cancelled,
    Estimate,
    EstimatedMessage,
    ForcingCharacter,
    InboundMessage,
    InboundPage,
    Message,
    MessagePage,
    MessageSummary,
    Refusal,
    RefusalReason,
    Replacement,
)

__all__ = [
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

_MOST_CHARACTERS = 100
"""How many characters of a kind an estimate lists; it counts them all."""


def _refusal(code: str, *, why: str = "", headers: Headers = ()) -> Reply:
    status, message = REFUSALS[code]
    refusal = Refusal(error=RefusalReason(code=code, message=message or why))
    return Reply(status, encode_json(refusal), (*JSON_TYPE, *headers))


TOO_MANY_REQUESTS = _refusal("rate_limit_exceeded")

_UNAVAILABLE = _refusal("service_unavailable", headers=RETRY_SOON)
_PLAIN = {
    404: _refusal("not_found"),
    405: _refusal("method_not_allowed"),
    413: _refusal("payload_too_large"),
    431: _refusal("request_header_fields_too_large"),
    500: _refusal("internal_error"),
}
_REJECTED = {
    code: _refusal(code)
    for code in (
        "authentication_failed",
        "insufficient_credits",
        "subscription_required",
        "not_found",
        "idempotency_conflict",
        "not_cancellable",
        "invalid_phone_number",
        "message_too_long",
        "no_route",
        "recipient_opted_out",
        "limit_exceeded",
    )
}


class ProviderFaults:
    """What went wrong, in this API's words."""

    def plain(self, status: int) -> Reply:
        return _PLAIN[status]

    def rejected(self, reason: Rejected) -> Reply:
        return _REJECTED.get(reason.code) or _refusal("invalid_request", why=str(reason))

    def unavailable(self) -> Reply:
        return _UNAVAILABLE


def accepted(receipt: Receipt, *, is_list: bool) -> Reply:
    """The messages of a request are durable. ``is_list``: an array of recipients was given."""
    first = receipt.accepted[0]
    answer = Accepted(
        message_id=message_id(first.message),
        credits_used=receipt.credits_used,
        credits_remaining=receipt.credits_remaining,
        status=WORDS[first.status],
    )
    if is_list:
        answer.messages = [
            MessageSummary(
                message_id=message_id(item.message), to=item.to, status=WORDS[item.status]
            )
            for item in receipt.accepted
        ]
    return Reply(200, encode_json(answer))


def cancelled(message: MessageId, *, credits_refunded: int, credits_remaining: int | None) -> Reply:
    """A message was called back."""
    return _told(
        Cancelled(
            message_id=message_id(message),
            status=WORDS[Status.CANCELLED],
            credits_refunded=credits_refunded,
            credits_remaining=credits_remaining,
        )
    )


def shown(tracked: Tracked) -> Reply:
    """One message."""
    return _told(_message(tracked))


def listed(messages: Sequence[Tracked], *, following: str | None) -> Reply:
    """A page of messages; ``following`` is the cursor of the next one."""
    return _told(MessagePage(messages=[_message(one) for one in messages], following=following))


def inbound_listed(messages: Sequence[inbound.InboundMessage], *, following: str | None) -> Reply:
    """A page of received messages; ``following`` is the cursor of the next one."""
    return _told(InboundPage(inbound=[_inbound(one) for one in messages], following=following))


def account_shown(account: accounts.Account, *, rate_limit: int | None) -> Reply:
    """The account behind the key; what is not limited or not metered is null."""
    return _told(
        Account(
            account_id=f"acc_{account.id:016x}",
            name=account.name,
            plan=account.tariff,
            credits_remaining=account.credits,
            rate_limit=rate_limit,
        )
    )


def estimated(plans: Sequence[Plan], *, credits_remaining: int | None) -> Reply:
    """What a request would come to; text and sender are the same for all recipients."""
    description, sender = plans[0].description, plans[0].message.sender
    segments = description.segments
    ignoring = dict.fromkeys(plan.route[0].channel for plan in plans if plan.ignores_sender)
    return _told(
        Estimate(
            encoding=segments.encoding.value,
            segments=segments.count,
            credits=sum(plan.charge for plan in plans),
            credits_remaining=credits_remaining,
            messages=[_planned(plan) for plan in plans],
            forcing_characters=_forcing(description),
            forcing_characters_count=len(description.forcing),
            replacements=_replaced(description),
            replacements_count=len(description.replacements),
            units_used=segments.units_used,
            units_free=segments.units_free,
            units_per_segment=segments.units_per_part,
            languages=_languages(segments),
            sender=sender.value if sender else None,
            from_ignored_by=list(ignoring),
        )
    )


def _told(answer: msgspec.Struct) -> Reply:
    return Reply(200, encode_json(answer))


def _message(tracked: Tracked) -> Message:
    message, delivery = tracked.message, tracked.delivery
    is_delivered = delivery.status is Status.DELIVERED
    return Message(
        message_id=message_id(message.id),
        to=recipient_for(Surface.PROVIDER, tracked),
        sender=message.sender.value if message.sender else None,
        message=message.text,
        status=WORDS[delivery.status],
        sent_at=utc_seconds(delivery.sent_at),
        delivered_at=utc_seconds(delivery.finished_at) if is_delivered else None,
    )


def _inbound(message: inbound.InboundMessage) -> InboundMessage:
    return InboundMessage(
        message_id=inbound_id(message.id),
        sender=message.sender,
        to=None,  # no channel knows its own number
        message=message.text,
        received_at=utc_seconds(message.received_at),
        missing_parts=list(message.missing) or msgspec.UNSET,
    )


def _planned(plan: Plan) -> EstimatedMessage:
    return EstimatedMessage(
        to=plan.message.recipient_as_given, route=plan.route[0].channel, credits=plan.charge
    )


def _languages(segments: Segments) -> list[str]:
    """The languages whose national tables the text uses, each once."""
    used = (segments.locking, segments.single)
    return list(dict.fromkeys(language.value for language in used if language))


def _forcing(description: Description) -> list[ForcingCharacter]:
    """What forces the text into UCS-2."""
    return [
        ForcingCharacter(index=one.index, character=one.character, name=one.name)
        for one in description.forcing[:_MOST_CHARACTERS]
    ]


def _replaced(description: Description) -> list[Replacement]:
    """What is sent otherwise than it was given."""
    return [
        Replacement(
            index=one.index,
            character=one.character,
            replacement=one.replacement,
            name=one.name,
        )
        for one in description.replacements[:_MOST_CHARACTERS]
    ]

"""
What is said to mailers: for everything that can happen a reply code (RFC 5321), an enhanced status
code (RFC 3463) and a text that names the way out.

A mailer tries again what is answered with 4, and returns to its sender what is answered with 5.
"""

import re

from smscore.domain.receipts import Receipt
from smscore.errors import (
    GatewayError,
    NotOnTheList,
    RefusedByRule,
    Rejected,
    RejectedItems,
    StoreError,
)

__all__ = ["accepted", "answer", "received", "refusal"]

_LONGEST = 400  # RFC 5321, 4.5.3.1.5: 512 octets with the code and the line end
_UNPRINTABLE = re.compile(r"[^ -~]")

_REJECTED = {
    "authentication_failed": "535 5.7.8",
    "idempotency_conflict": "554 5.6.0",
    "insufficient_credits": "550 5.7.1",
    "invalid_phone_number": "550 5.1.3",
    "invalid_request": "554 5.6.0",
    "limit_exceeded": "452 4.2.2",  # there is room again next month
    "message_too_long": "552 5.2.3",
    "no_route": "550 5.4.4",
    "not_found": "550 5.1.1",
    "not_linked": "550 5.4.4",
    "permission_denied": "550 5.7.1",
    "recipient_opted_out": "550 5.7.1",
    "subscription_required": "550 5.7.1",
}
_OTHERWISE = "554 5.0.0"


def answer(code: str, text: str) -> str:
    """One line of a reply, with nothing in it that a line cannot hold."""
    return f"{code} {_UNPRINTABLE.sub('?', text.replace('…', '...'))[:_LONGEST]}"


def refusal(error: GatewayError) -> str:
    """What the mailer is to hear of what the core would not do."""
    match error:
        case RejectedItems(reasons=reasons) if reasons:
            return refusal(next(iter(reasons.values())))
        case RefusedByRule() | NotOnTheList():
            return answer("550 5.7.1", str(error))
        case Rejected():
            return answer(_REJECTED.get(error.code, _OTHERWISE), str(error))
        case StoreError():
            return answer("451 4.3.0", "messages cannot be stored at the moment; try again later")
        case _:
            return answer("451 4.3.5", "the server is not configured for this; try again later")


def accepted(receipt: Receipt, *, attachments: int) -> str:
    """The messages are durable."""
    first, count = f"{receipt.message:016x}", len(receipt.accepted)
    said = f"accepted as {first}" if count == 1 else f"accepted as {first} and {count - 1} more"
    left_out = [("member", len(receipt.refused)), ("attachment", attachments)]
    return answer("250 2.0.0", said + _without(*left_out))


def received(*, attachments: int) -> str:
    """The mail is durable, as something received."""
    return answer("250 2.0.0", "received" + _without(("attachment", attachments)))


def _without(*left_out: tuple[str, int]) -> str:
    told = [f"{count} {what}{'s' if count > 1 else ''}" for what, count in left_out if count]
    return f", without {' and '.join(told)}" if told else ""

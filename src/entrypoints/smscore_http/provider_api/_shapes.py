"""
The shapes of the provider API's answers about messages and accounts, keys in their order.

The description of the API is made from them, so what is said here of a field is said to everybody.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from smscore.domain.deliveries import Status
from smscore.domain.layouts import Encoding
from smscore_http._schemas import Sender, Success, Time, said, spelt
from smscore_http._wire import HEX_ID

__all__ = [
    "REFUSALS",
    "STATUSES",
    "WORDS",
    "Accepted",
    "Account",
    "CallbackSecret",
    "Cancelled",
    "Estimate",
    "EstimatedMessage",
    "ForcingCharacter",
    "InboundMessage",
    "InboundMessageId",
    "InboundPage",
    "Message",
    "MessageId",
    "MessagePage",
    "MessageSummary",
    "Refusal",
    "RefusalReason",
    "Replacement",
]

WORDS = {
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
"""This API's word for each status."""

STATUSES = {
    word: frozenset(status for status, its_word in WORDS.items() if its_word == word)
    for word in WORDS.values()
}
"""What each of this API's words for a status comprises."""

REFUSALS = {
    "invalid_request": (400, ""),  # each says what is wrong with it
    "authentication_failed": (401, "Invalid or missing API key"),
    "insufficient_credits": (402, "Your account has insufficient credits"),
    "subscription_required": (403, "No active subscription"),
    "not_found": (404, "Resource not found"),
    "method_not_allowed": (405, "Method not allowed"),
    "idempotency_conflict": (409, "Idempotency key was used for another request"),
    "not_cancellable": (409, "Message can no longer be cancelled"),
    "payload_too_large": (413, "Payload too large"),
    "invalid_phone_number": (422, "Phone number format is invalid"),
    "message_too_long": (422, "Message exceeds maximum length"),
    "no_route": (422, "No route to recipient"),
    "recipient_opted_out": (422, "Recipient has opted out"),
    "rate_limit_exceeded": (429, "API rate limit exceeded"),
    "limit_exceeded": (429, "Message limit exceeded for this month"),
    "request_header_fields_too_large": (431, "Request header fields too large"),
    "internal_error": (500, "Internal error"),
    "service_unavailable": (503, "Service unavailable"),
}
"""By its code: the status of a refusal, and its words."""

MessageId = Annotated[str, spelt(f"msg_{HEX_ID}")]
InboundMessageId = Annotated[str, spelt(f"in_{HEX_ID}")]
_Word = Annotated[str, said("How far it got.", enum=list(STATUSES))]
_To = Annotated[str, said("The recipient as the caller wrote it, or in normal form.")]
_Balance = Annotated[int | None, said("Credits that are left; null: they are not metered.")]
_Next = Annotated[str | None, said("What `after` is for the next page; null: this is the last.")]


class MessageSummary(Struct, kw_only=True):
    """One message of a request."""

    message_id: MessageId
    to: _To
    status: _Word


class Accepted(Struct, kw_only=True):
    """What was accepted is on the disk. `messages` is there if `to` was an array."""

    success: Success = True
    message_id: Annotated[MessageId, said("The first message's.")]
    credits_used: Annotated[int, said("By all messages of the request.", minimum=0)]
    credits_remaining: _Balance
    status: _Word
    messages: list[MessageSummary] | UnsetType = UNSET


class Cancelled(Struct, kw_only=True):
    """The message was called back."""

    success: Success = True
    message_id: MessageId
    status: _Word
    credits_refunded: Annotated[int, said("What was given back.", minimum=0)]
    credits_remaining: _Balance


class Message(Struct, kw_only=True):
    """One text to one recipient."""

    message_id: MessageId
    to: _To
    sender: Annotated[
        str | None, said("What the recipient sees as the sender; null: the channel's own.")
    ] = field(name="from")
    message: str
    status: _Word
    sent_at: Annotated[Time | None, said("When a network had all of it.")]
    delivered_at: Annotated[Time | None, said("When the recipient's telephone had it.")]


class MessagePage(Struct, kw_only=True):
    """Messages, newest first."""

    success: Success = True
    messages: list[Message]
    following: _Next = field(name="next")


class InboundMessage(Struct, kw_only=True):
    """A message that one of the account's channels has received."""

    message_id: InboundMessageId
    sender: Annotated[str, said("Who has sent it.")] = field(name="from")
    to: Annotated[str | None, said("The number that it was sent to, where that is known.")]
    message: str
    received_at: Time
    missing_parts: (
        Annotated[
            list[int],
            said("Parts of a long message, from 1, that did not come; […] stands in their place."),
        ]
        | UnsetType
    ) = UNSET  # of a whole message


class InboundPage(Struct, kw_only=True):
    """Received messages, newest first."""

    success: Success = True
    inbound: list[InboundMessage]
    following: _Next = field(name="next")


class Account(Struct, kw_only=True):
    """The account behind the key."""

    success: Success = True
    account_id: Annotated[str, spelt("acc_[0-9a-f]{16}")]
    name: str
    plan: str
    credits_remaining: _Balance
    rate_limit: Annotated[int | None, said("Calls in a second; null: not limited.")]


class CallbackSecret(Struct, kw_only=True):
    """The new secret that signs what is posted to callback addresses; it is shown this once."""

    success: Success = True
    secret: Annotated[str, spelt("whsec_[A-Za-z0-9+/]{43}=")]


class EstimatedMessage(Struct, kw_only=True):
    """The way to one recipient."""

    to: _To
    route: Annotated[str, said("The channel that would be tried first.")]
    credits: Annotated[int, said("What would be taken.", minimum=0)]


class ForcingCharacter(Struct, kw_only=True):
    """A character that the GSM 7-bit alphabet has not."""

    index: Annotated[int, said("Its place in the text, counted in code points.", minimum=0)]
    character: str
    name: Annotated[str, said("Its name in Unicode.")]


class Replacement(Struct, kw_only=True):
    """A character that is sent as another one."""

    index: Annotated[int, said("Its place in the text, counted in code points.", minimum=0)]
    character: str
    replacement: Annotated[str, said("What is sent in its place.")]
    name: Annotated[str, said("Its name in Unicode.")]


class Estimate(Struct, kw_only=True):
    """What a request would come to. Of the two kinds of characters the first 100 are listed."""

    success: Success = True
    encoding: Annotated[str, said("The alphabet.", enum=[one.value for one in Encoding])]
    segments: Annotated[int, said("Parts of an SMS for each recipient.", minimum=1)]
    credits: Annotated[int, said("Of all messages together.", minimum=0)]
    credits_remaining: _Balance
    messages: list[EstimatedMessage]
    forcing_characters: list[ForcingCharacter]
    forcing_characters_count: int
    replacements: list[Replacement]
    replacements_count: int
    units_used: Annotated[int, said("Septets, or UTF-16 code units.")]
    units_free: Annotated[int, said("What would still fit without another part.")]
    units_per_segment: int
    languages: Annotated[list[str], said("Whose national tables the text uses.")]
    sender: Annotated[Sender | None, said("What recipients would see.")] = field(name="from")
    from_ignored_by: Annotated[list[str], said("Channels that cannot set a sender.")]


class RefusalReason(Struct, kw_only=True):
    """`code` is for programs and `message` for people."""

    code: Annotated[str, Meta(extra_json_schema={"enum": list(REFUSALS)})]
    message: str


class Refusal(Struct, kw_only=True):
    """Nothing was done, and why."""

    success: Annotated[bool, Meta(extra_json_schema={"const": False})] = False
    error: RefusalReason

"""
The calls of the provider API about messages and the account.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from smscore.services.submission import LONGEST_KEY
from smscore_http._schemas import said, spelt
from smscore_http.openapi._operations import Example, Operation, Parameter
from smscore_http.openapi._provider_answers import BODY_REFUSALS, answers
from smscore_http.provider_api._bodies import NewMessage
from smscore_http.provider_api._pages import LONGEST_PAGE, PAGE
from smscore_http.provider_api._shapes import (
    STATUSES,
    Accepted,
    Account,
    CallbackSecret,
    Cancelled,
    Estimate,
    InboundMessageId,
    InboundPage,
    Message,
    MessageId,
    MessagePage,
)

__all__ = ["OPERATIONS", "PAGING", "TAG", "cursor", "provider_call"]

TAG = "Provider API"

PAGING = Parameter(
    name="limit",
    place="query",
    shape=Annotated[int, said("", default=PAGE)],
    description=f"How many at most: 1 to {LONGEST_PAGE}; what is beyond counts as the nearest.",
)
_KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    shape=Annotated[str, spelt(f"[ -~]{{1,{LONGEST_KEY}}}")],
    description=(
        "The same key with the same content gets the first answer again for 24 hours, and nothing "
        "is sent twice."
    ),
)
_MESSAGE = Parameter(
    name="message_id", place="path", shape=MessageId, description="As it was answered to a send."
)


def cursor(shape: Any) -> Parameter:
    """Where a page begins."""
    return Parameter(
        name="after", place="query", shape=shape, description="What `next` was in the page before."
    )


def provider_call(method: str, path: str, **fields: Any) -> Operation:
    """One of this API's calls: they have the key of an account, and a limit of calls."""
    return Operation(method=method, path=path, tag=TAG, security=({"provider_key": ()},), **fields)


_NUMBER, _OTHER = "+1234567890", "+9876543210"
_FIRST, _SECOND, _THIRD = (f"msg_019ac41d7d{end}" for end in ("000000", "800000", "800001"))
_SENT: Mapping[str, Any] = {
    "message_id": _FIRST,
    "to": _NUMBER,
    "from": "YourBrand",
    "message": "Your parcel is here",
    "status": "queued",
    "sent_at": None,
    "delivered_at": None,
}


def _accepted(first: str, *, used: int, left: int, **more: Any) -> Mapping[str, Any]:
    return {
        "success": True,
        "message_id": first,
        "credits_used": used,
        "credits_remaining": left,
        "status": "queued",
        **more,
    }


OPERATIONS = (
    provider_call(
        "post",
        "/v1/messages",
        id="sendMessage",
        summary="Send a text to one number or to several",
        description=(
            "One bad number, or too few credits for all, refuses the whole request. A number that "
            "is there twice gets one message."
        ),
        parameters=(_KEY,),
        body=NewMessage,
        responses=answers(Accepted, *BODY_REFUSALS, "idempotency_conflict"),
        examples=(
            Example(
                name="one",
                body={
                    "to": _NUMBER,
                    "message": "Your parcel is here",
                    "from": "YourBrand",
                },
                said=_accepted(_FIRST, used=1, left=1229),
            ),
            Example(
                name="several",
                body={"to": [_NUMBER, _OTHER], "message": "See you at 8"},
                said=_accepted(
                    _SECOND,
                    used=2,
                    left=1227,
                    messages=[
                        {"message_id": _SECOND, "to": _NUMBER, "status": "queued"},
                        {"message_id": _THIRD, "to": _OTHER, "status": "queued"},
                    ],
                ),
            ),
        ),
    ),
    provider_call(
        "get",
        "/v1/messages",
        id="listMessages",
        summary="List messages, newest first",
        description=(
            "A page of one recipient may be short, or empty, and still have a `next`: it was "
            "looked for among a bounded number of messages."
        ),
        parameters=(
            Parameter(
                name="status",
                place="query",
                shape=Annotated[str, said("", enum=list(STATUSES))],
                description="Only those that got so far.",
            ),
            Parameter(
                name="to", place="query", shape=str, description="Only those to this number."
            ),
            cursor(MessageId),
            PAGING,
        ),
        responses=answers(MessagePage, "invalid_request"),
    ),
    provider_call(
        "post",
        "/v1/messages/estimate",
        id="estimateMessage",
        summary="Say what a message would cost, and which way it would go",
        description="Decides as a send would, and sends nothing.",
        body=NewMessage,
        responses=answers(Estimate, *BODY_REFUSALS),
    ),
    provider_call(
        "get",
        "/v1/messages/{message_id}",
        id="getMessage",
        summary="Show a message",
        parameters=(_MESSAGE,),
        responses=answers(Message, "not_found"),
    ),
    provider_call(
        "delete",
        "/v1/messages/{message_id}",
        id="cancelMessage",
        summary="Call a message back that has not begun to leave",
        parameters=(_MESSAGE,),
        responses=answers(Cancelled, "not_found", "not_cancellable"),
    ),
    provider_call(
        "get",
        "/v1/inbound",
        id="listInbound",
        summary="List what the account's channels have received, newest first",
        parameters=(cursor(InboundMessageId), PAGING),
        responses=answers(InboundPage, "invalid_request"),
    ),
    provider_call(
        "get",
        "/v1/account",
        id="getAccount",
        summary="Show the account behind the key",
        responses=answers(Account),
    ),
    provider_call(
        "post",
        "/v1/account/callback-secret",
        id="renewCallbackSecret",
        summary="Renew and show the secret that signs what is posted to callback addresses",
        responses=answers(CallbackSecret),
    ),
)

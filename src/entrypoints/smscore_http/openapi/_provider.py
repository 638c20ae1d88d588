"""
The calls of the provider API about messages.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from smscore_http._schemas import said
from smscore_http.openapi._operations import Example, Link, Parameter
from smscore_http.openapi._parameters import IDEMPOTENCY_HEADER
from smscore_http.openapi._provider_answers import BODY_REFUSALS, answers
from smscore_http.openapi._provider_call import PAGING, cursor, provider_call
from smscore_http.provider_api._bodies import NewMessage
from smscore_http.provider_api._shapes import (
    STATUSES,
    Accepted,
    Cancelled,
    Estimate,
    Message,
    MessageId,
    MessagePage,
)

__all__ = ["OPERATIONS"]

_MESSAGE = Parameter(
    name="message_id", place="path", shape=MessageId, description="As it was answered to a send."
)


_NUMBER, _OTHER = "+1234567890", "+9876543210"
_FIRST, _SECOND, _THIRD = (f"msg_019ac41d7d{end}" for end in ("000000", "800000", "800001"))
_LATER = "msg_019ac41d7e000000"
_SENT: Mapping[str, Any] = {
    "message_id": _FIRST,
    "to": _NUMBER,
    "from": "YourBrand",
    "message": "Your parcel is here",
    "status": "sent",
    "sent_at": "2026-03-01T12:00:02Z",
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
        parameters=(IDEMPOTENCY_HEADER,),
        body=NewMessage,
        responses=answers(Accepted, *BODY_REFUSALS, "idempotency_conflict"),
        links=tuple(
            Link(to=call, parameters={"message_id": "$response.body#/message_id"})
            for call in ("getMessage", "cancelMessage")
        ),
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
            Example(
                name="later",
                body={
                    "to": _NUMBER,
                    "message": "Wake up",
                    "scheduled_at": "2027-02-01T07:00:00+01:00",
                },
                said=_accepted(_LATER, used=1, left=1226),
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
                name="to",
                place="query",
                shape=Annotated[str, said("", minLength=1)],
                description="Only those to this number.",
            ),
            cursor("msg_"),
            PAGING,
        ),
        responses=answers(MessagePage, "invalid_request"),
        examples=(
            Example(
                name="sent",
                parameters={"status": "sent", "limit": 1},
                said={
                    "success": True,
                    "messages": [
                        {
                            **_SENT,
                            "message_id": _THIRD,
                            "to": _OTHER,
                            "from": None,
                            "message": "See you at 8",
                        }
                    ],
                    "next": _THIRD,
                },
            ),
        ),
    ),
    provider_call(
        "post",
        "/v1/messages/estimate",
        id="estimateMessage",
        summary="Say what a message would cost, and which way it would go",
        description="Decides as a send would, and sends nothing.",
        body=NewMessage,
        responses=answers(Estimate, *BODY_REFUSALS),
        examples=(
            Example(
                name="one",
                body={"to": _NUMBER, "message": "See you at 8 ☕", "from": "YourBrand"},
                said={
                    "success": True,
                    "encoding": "ucs2",
                    "segments": 1,
                    "credits": 1,
                    "credits_remaining": 1226,
                    "messages": [{"to": _NUMBER, "route": "modem-1", "credits": 1}],
                    "forcing_characters": [
                        {"index": 13, "character": "☕", "name": "HOT BEVERAGE"}
                    ],
                    "forcing_characters_count": 1,
                    "replacements": [],
                    "replacements_count": 0,
                    "units_used": 14,
                    "units_free": 56,
                    "units_per_segment": 70,
                    "languages": [],
                    "from": "YourBrand",
                    "from_ignored_by": [],
                },
            ),
        ),
    ),
    provider_call(
        "get",
        "/v1/messages/{message_id}",
        id="getMessage",
        summary="Show a message",
        parameters=(_MESSAGE,),
        responses=answers(Message, "not_found"),
        examples=(Example(name="one", parameters={"message_id": _FIRST}, said=_SENT),),
    ),
    provider_call(
        "delete",
        "/v1/messages/{message_id}",
        id="cancelMessage",
        summary="Call a message back that has not begun to leave",
        parameters=(_MESSAGE,),
        responses=answers(Cancelled, "not_found", "not_cancellable"),
        examples=(
            Example(
                name="later",
                parameters={"message_id": _LATER},
                said={
                    "success": True,
                    "message_id": _LATER,
                    "status": "failed",
                    "credits_refunded": 1,
                    "credits_remaining": 1227,
                },
            ),
        ),
    ),
)

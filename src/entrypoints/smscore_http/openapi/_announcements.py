"""
What endpoints are told, as OpenAPI's webhooks: their shapes are those of the bytes that are posted.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from smscore.domain.announcements import ANNOUNCED, INBOUND, inbound_body, outbound_body
from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import AccountId, MessageId, OutboundMessage, Surface
from smscore.domain.numbers import PhoneNumber
from smscore_http._wire import HEX_ID
from smscore_http.openapi._schemas import Json

__all__ = ["webhooks"]

_AT = datetime(2026, 3, 1, 12, 0, 3, tzinfo=UTC)
_NUMBER = PhoneNumber("+491701234567")
_SENT = OutboundMessage(
    id=MessageId(0x0CA9A52B8BC00000),
    account=AccountId(1),
    recipient=_NUMBER,
    recipient_as_given=_NUMBER.value,
    text="",
    surface=Surface.PROVIDER,
    accepted_at=_AT,
)
_RECEIVED = InboundMessage(
    id=MessageId(0x0CA9A52B8BC00001),
    account=AccountId(1),
    channel="modem-1",
    sender=_NUMBER.value,
    text="Thank you",
    received_at=_AT,
)
_WHEN = {
    "message.queued": "A message was accepted.",
    "message.sent": "A network has all of a message, or may have: nobody knows.",
    "message.delivered": "The recipient's telephone has a message.",
    "message.failed": "A message could not be sent, or was called back.",
    "message.expired": "The time of a message was over before it could be delivered.",
    "message.received": "One of the account's channels has received a message.",
    "message.updated": "A part has come that was missing of a message that was received.",
}
_HEADERS: Mapping[str, str] = {
    "webhook-id": "The event's id: the same in every attempt.",
    "webhook-timestamp": "When it was posted, in seconds since 1970.",
    "webhook-signature": "That of Standard Webhooks; for a day after a rotation two of them.",
    "X-SMSProvider-Signature": "HMAC-SHA256 of the body in hexadecimal digits.",
    "X-SMSProvider-Sequence": "1, 2, 3 … for each message.",
}


_MISSING: Json = {
    "type": "array",
    "items": {"type": "integer", "minimum": 1},
    "description": "Parts of a long message that did not come; […] stands in their place.",
}


def webhooks(components: Json) -> Json:
    """What is posted for each event; the payloads are added to the components."""
    return {event: {"post": _posted(event, components)} for event in ANNOUNCED}


def _posted(event: str, components: Json) -> Json:
    words = event.split(".")
    name = "".join(word.capitalize() for word in words)
    payload = msgspec.json.decode(_body(event))
    components[name] = _schema(event, payload)
    return {
        "operationId": f"on{name}",
        "tags": ["Webhooks"],
        "summary": _WHEN[event],
        "security": [],
        "parameters": [
            {
                "name": header,
                "in": "header",
                "required": True,
                "description": description,
                "schema": {"type": "string"},
            }
            for header, description in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{name}"},
                    "examples": {event: {"value": payload}},
                }
            },
        },
        "responses": {"2XX": {"description": "Heard. Anything else is tried again."}},
    }


def _body(event: str) -> bytes:
    happened = Event(
        message=_SENT.id, account=_SENT.account, sequence=1, kind=event, at=_AT, detail={}
    )
    if event in INBOUND:
        return inbound_body(happened, _RECEIVED)
    return outbound_body(happened, _SENT)


def _schema(event: str, payload: Mapping[str, Any]) -> Json:
    """Every key is always there, but for the gaps of a received message that has none."""
    properties = {key: _property(key, value) for key, value in payload.items()}
    if event in INBOUND:
        properties["missing_parts"] = _MISSING
    return {
        "type": "object",
        "description": _WHEN[event],
        "properties": properties,
        "required": list(payload),
    }


def _property(key: str, value: Any) -> Json:
    if key in ("event", "status"):
        return {"const": value}
    if key.endswith("_at"):
        return {"type": "string", "format": "date-time"}
    if value is None:
        return {"type": ["string", "null"]}
    if key == "timestamp":
        return {"type": "integer", "description": "When it happened, in seconds since 1970."}
    if key == "message_id":
        return {"type": "string", "pattern": f"^{value.partition('_')[0]}_{HEX_ID}$"}
    return {"type": "string"}

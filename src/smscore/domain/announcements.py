"""
What endpoints are told: which events, in which words, with which bytes.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from smscore.domain.events import Event
from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import OutboundMessage, Surface, clean_text

__all__ = ["ANNOUNCED", "INBOUND", "announced_as", "inbound_body", "outbound_body", "sequence_of"]

_WORDS = {
    "message.queued": "message.queued",
    "message.sent": "message.sent",
    "message.indeterminate": "message.sent",
    "message.delivered": "message.delivered",
    "message.failed": "message.failed",
    "message.cancelled": "message.failed",
    "message.expired": "message.expired",
    "message.received": "message.received",
    "message.updated": "message.updated",
}

INBOUND = frozenset({"message.received", "message.updated"})
"""Those of them that are about a message that arrived."""

ANNOUNCED = tuple(dict.fromkeys(_WORDS.values()))
"""The events that a webhook can ask for."""

_QUEUED = "message.queued"

_encode = msgspec.json.Encoder().encode
"""
Compact and unescaped, as ``JSON.stringify`` writes what it has read of it: endpoints that follow
the documented verifier compute the signature over that.
"""


def announced_as(event: Event) -> str | None:
    """The event's name for endpoints; None: they hear nothing of it."""
    return _WORDS.get(event.kind)


def sequence_of(event: Event, *, kinds: Mapping[int, str]) -> int | None:
    """
    The event's number among those of its message that are announced; None: this one is not.

    ``kinds`` are those of all its message's events, by their own numbers. A name that is the last
    one announced is no news. Nor is a message that was queued again: after a failed attempt it was
    never anything else to those outside, and what becomes of it otherwise they are told then.
    """
    told: list[str] = []
    for number, kind in sorted(kinds.items()):
        name = _WORDS.get(kind)
        if name is None or (told and name in (told[-1], _QUEUED)):
            continue
        told.append(name)
        if number == event.sequence:
            return len(told)
    return None


def outbound_body(
    event: Event, message: OutboundMessage, *, error_code: str | None = None
) -> bytes:
    """The payload of an event of a message that is on its way."""
    name = _WORDS[event.kind]
    status = name.partition(".")[2]
    content: dict[str, str | int | None] = {
        "event": name,
        "message_id": f"msg_{message.id:016x}",
        "to": _recipient(message),
        "status": status,
        f"{status}_at": _seconds(event.at),
    }
    if name == "message.failed":
        ending = "cancelled" if event.kind == "message.cancelled" else "failed"
        content["error_code"] = error_code or ending
        content["error"] = clean_text(str(event.detail.get("error") or "it will not arrive"))
    content["timestamp"] = int(event.at.timestamp())
    return _encode(content)


def inbound_body(event: Event, message: InboundMessage) -> bytes:
    """
    The payload of a message that came in, as it is now.

    It has ``missing_parts`` when some are, and always when more of a message has come.
    """
    content: dict[str, object] = {
        "event": event.kind,
        "message_id": f"in_{message.id:016x}",
        "from": message.sender,
        "to": None,
        "message": clean_text(message.text),
        "status": "received",
        "received_at": _seconds(message.received_at),
        "timestamp": int(event.at.timestamp()),
    }
    if message.missing or event.kind == "message.updated":
        content["missing_parts"] = message.missing
    return _encode(content)


def _recipient(message: OutboundMessage) -> str:
    """As callers of the provider API wrote it; of messages from elsewhere the normal form."""
    if message.surface is Surface.PROVIDER:
        return message.recipient_as_given
    return message.recipient.value


def _seconds(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"

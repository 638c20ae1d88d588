"""
What webhooks are told, as values.
"""

import enum
from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from smscore_client._fields import Fields, Unreadable

__all__ = [
    "Event",
    "EventName",
    "MessageEvent",
    "MessageReceived",
    "MessageUpdated",
    "UnknownEvent",
    "event_of",
]


class EventName(enum.StrEnum):
    """What happens to messages."""

    QUEUED = "message.queued"
    SENT = "message.sent"
    DELIVERED = "message.delivered"
    FAILED = "message.failed"
    EXPIRED = "message.expired"
    RECEIVED = "message.received"
    UPDATED = "message.updated"


@attrs.frozen(kw_only=True)
class MessageEvent:
    """
    Something has become of a message that the account has sent.

    ``id`` is the same however often the event is posted: what was seen before can be dropped. It
    is None if nothing signed proves it. ``sequence`` counts the events of a message; no signature
    covers it. ``at`` is when it happened, ``timestamp`` when the event was made.
    """

    id: str | None
    sequence: int | None
    event: str
    timestamp: datetime
    message_id: str
    to: str
    status: str
    at: datetime
    error_code: str | None  # of a failed message
    error: str | None


@attrs.frozen(kw_only=True)
class MessageReceived:
    """
    The account has received a message.

    ``id``, ``sequence`` and ``timestamp`` are those of :class:`MessageEvent`. ``missing_parts``
    are the numbers, from 1, of those that did not come of a long message; ``[…]`` stands in their
    place.
    """

    id: str | None
    sequence: int | None
    event: str
    timestamp: datetime
    message_id: str
    from_: str
    to: str | None
    message: str
    status: str
    received_at: datetime
    missing_parts: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class MessageUpdated(MessageReceived):
    """
    Of a message that the account has received, a part has come that was missing.

    ``message`` is what it says now; it is whole if there are no ``missing_parts`` any more.
    """


@attrs.frozen(kw_only=True)
class UnknownEvent:
    """
    An event that is newer than this client; ``fields`` is what was posted.

    Answer it with 200 all the same, or it is posted again for a day.
    """

    id: str | None
    sequence: int | None
    event: str
    fields: Mapping[str, object]


Event = MessageEvent | MessageReceived | MessageUpdated | UnknownEvent
"""Whatever a webhook can be told."""


def event_of(fields: Fields, *, event_id: str | None, sequence: int | None) -> Event:
    """
    The event that a body tells of.

    Raises:
        Unreadable: it is not made as its name says.
    """
    name = fields.text("event")
    if name in (EventName.RECEIVED, EventName.UPDATED):
        kind = MessageReceived if name == EventName.RECEIVED else MessageUpdated
        return kind(
            id=event_id,
            sequence=sequence,
            event=name,
            timestamp=_moment(fields),
            message_id=fields.text("message_id"),
            from_=fields.text("from"),
            to=fields.text_or_none("to"),
            message=fields.text("message"),
            status=fields.text("status"),
            received_at=fields.time("received_at"),
            missing_parts=fields.numbers_or_empty("missing_parts"),
        )
    if name not in list(EventName):
        return UnknownEvent(id=event_id, sequence=sequence, event=name, fields=dict(fields.content))
    status = fields.text("status")
    return MessageEvent(
        id=event_id,
        sequence=sequence,
        event=name,
        timestamp=_moment(fields),
        message_id=fields.text("message_id"),
        to=fields.text("to"),
        status=status,
        at=fields.time(f"{name.removeprefix('message.')}_at"),
        error_code=fields.text_or_none("error_code"),
        error=fields.text_or_none("error"),
    )


def _moment(fields: Fields) -> datetime:
    try:
        return datetime.fromtimestamp(fields.number("timestamp"), UTC)
    except (OverflowError, OSError, ValueError):
        raise Unreadable("timestamp is no time") from None

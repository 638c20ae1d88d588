"""
The calls about messages: requests from arguments, values from answers.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from smscore_client import _values as values
from smscore_client._bodies import json_body, page_of, page_query, written_time
from smscore_client._call import Call, path_of
from smscore_client._estimates import estimate_of
from smscore_client._fields import Fields

__all__ = ["cancel_message", "estimate", "get_message", "message_page", "send"]


def send(
    *,
    to: str | Sequence[str],
    message: str,
    from_: str | None,
    scheduled_at: datetime | None,
    callback_url: str | None,
    priority: str | None,
    idempotency_key: str | None,
) -> Call[values.Sent]:
    """Without a key of the caller's it gets one, which every try has."""
    key = uuid.uuid4().hex if idempotency_key is None else idempotency_key
    if not (0 < len(key) <= 255 and key.isascii() and key.isprintable() and key == key.strip()):
        # Blanks around a header's value are none of it (RFC 9110, 5.5): it would be another key.
        raise ValueError(
            "idempotency_key must be 1 to 255 printable ASCII characters, no blanks around"
        )
    return Call(
        method="POST",
        path=path_of("messages"),
        body=_submission(to, message, from_, scheduled_at, callback_url, priority),
        idempotency_key=key,
        read=partial(_sent, to=to, key=key),
    )


def estimate(
    *,
    to: str | Sequence[str],
    message: str,
    from_: str | None,
    scheduled_at: datetime | None,
    callback_url: str | None,
    priority: str | None,
) -> Call[values.Estimate]:
    return Call(
        method="POST",
        path=path_of("messages", "estimate"),
        body=_submission(to, message, from_, scheduled_at, callback_url, priority),
        is_question=True,
        read=estimate_of,
    )


def get_message(message_id: str) -> Call[values.Message]:
    return Call(method="GET", path=path_of("messages", message_id), is_question=True, read=_message)


def message_page(
    after: str | None, *, status: str | None, to: str | None, page_size: int | None
) -> Call[values.Page[values.Message]]:
    return Call(
        method="GET",
        path=path_of("messages"),
        query=page_query(after, page_size, status=status, to=to),
        is_question=True,
        read=page_of("messages", _message),
    )


def cancel_message(message_id: str) -> Call[values.Cancellation]:
    """
    Repeatable: a message is called back once, whatever is asked.

    When the first answer was lost, the second is that it can no longer be cancelled.
    """
    return Call(method="DELETE", path=path_of("messages", message_id), read=_cancellation)


def _submission(
    to: str | Sequence[str],
    message: str,
    from_: str | None,
    scheduled_at: datetime | None,
    callback_url: str | None,
    priority: str | None,
) -> bytes:
    return json_body(
        to=to if isinstance(to, str) else list(to),
        message=message,
        scheduled_at=written_time(scheduled_at, name="scheduled_at"),
        callback_url=callback_url,
        priority=priority,
        **{"from": from_},
    )


def _sent(fields: Fields, *, to: str | Sequence[str], key: str) -> values.Sent:
    first, status = fields.text("message_id"), fields.text("status")
    if isinstance(to, str):
        messages: tuple[values.Recipient, ...] = (
            values.Recipient(message_id=first, to=to, status=status),
        )
    else:
        messages = fields.objects("messages", _recipient)
    return values.Sent(
        message_id=first,
        status=status,
        credits_used=fields.number("credits_used"),
        credits_remaining=fields.number_or_none("credits_remaining"),
        messages=messages,
        idempotency_key=key,
    )


def _recipient(fields: Fields) -> values.Recipient:
    return values.Recipient(
        message_id=fields.text("message_id"), to=fields.text("to"), status=fields.text("status")
    )


def _message(fields: Fields) -> values.Message:
    return values.Message(
        message_id=fields.text("message_id"),
        to=fields.text("to"),
        from_=fields.text_or_none("from"),
        message=fields.text("message"),
        status=fields.text("status"),
        sent_at=fields.time_or_none("sent_at"),
        delivered_at=fields.time_or_none("delivered_at"),
    )


def _cancellation(fields: Fields) -> values.Cancellation:
    return values.Cancellation(
        message_id=fields.text("message_id"),
        status=fields.text("status"),
        credits_refunded=fields.number("credits_refunded"),
        credits_remaining=fields.number_or_none("credits_remaining"),
    )

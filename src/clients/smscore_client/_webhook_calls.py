"""
The calls about webhooks: requests from arguments, values from answers.

Which of them are repeated, and why, is said at each that is not.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore_client import _values as values
from smscore_client._bodies import json_body, page_of, page_query, written_time
from smscore_client._call import Call, path_of
from smscore_client._fields import Fields

__all__ = [
    "change_webhook",
    "create_webhook",
    "delete_webhook",
    "delivery_page",
    "get_webhook",
    "list_webhooks",
    "replay_deliveries",
    "replay_delivery",
    "rotate_secret",
]

_WEBHOOKS = path_of("webhooks")


def create_webhook(*, url: str, events: Sequence[str]) -> Call[values.WebhookSecret]:
    """Not repeatable: there would be two, and the secret of the first is known to nobody."""
    return Call(
        method="POST",
        path=_WEBHOOKS,
        body=json_body(url=url, events=list(events)),
        is_repeatable=False,
        read=_with_secret,
    )


def list_webhooks() -> Call[tuple[values.Webhook, ...]]:
    return Call(
        method="GET",
        path=_WEBHOOKS,
        is_question=True,
        read=lambda fields: fields.objects("webhooks", _webhook),
    )


def get_webhook(webhook_id: str) -> Call[values.Webhook]:
    return Call(method="GET", path=path_of("webhooks", webhook_id), is_question=True, read=_webhook)


def change_webhook(
    webhook_id: str, *, url: str | None, events: Sequence[str] | None, active: bool | None
) -> Call[values.Webhook]:
    """Repeatable: it says what shall be, not what shall change."""
    given = None if events is None else list(events)
    return Call(
        method="PATCH",
        path=path_of("webhooks", webhook_id),
        body=json_body(url=url, events=given, active=active),
        read=_webhook,
    )


def rotate_secret(webhook_id: str) -> Call[values.WebhookSecret]:
    """
    Not repeatable: the overlap of old and new is for one rotation.

    A second one would leave the endpoint with a secret that signs nothing any more.
    """
    return Call(
        method="PATCH",
        path=path_of("webhooks", webhook_id),
        body=json_body(rotate_secret=True),
        is_repeatable=False,
        read=_with_secret,
    )


def delete_webhook(webhook_id: str) -> Call[None]:
    return Call(
        method="DELETE",
        path=path_of("webhooks", webhook_id),
        is_removal=True,
        read=lambda _: None,
    )


def delivery_page(
    after: str | None, *, webhook_id: str, state: str | None, page_size: int | None
) -> Call[values.Page[values.Delivery]]:
    return Call(
        method="GET",
        path=path_of("webhooks", webhook_id, "deliveries"),
        query=page_query(after, page_size, state=state),
        is_question=True,
        read=page_of("deliveries", _delivery),
    )


def replay_delivery(webhook_id: str, delivery_id: str) -> Call[values.Replay]:
    """Repeatable: an event that is posted twice has the same id, for which endpoints look."""
    return Call(
        method="POST",
        path=path_of("webhooks", webhook_id, "deliveries", delivery_id, "replay"),
        read=lambda fields: values.Replay(
            delivery_id=fields.text("delivery_id"), state=fields.text("state")
        ),
    )


def replay_deliveries(
    webhook_id: str, *, state: str | None, since: datetime | None, until: datetime | None
) -> Call[int]:
    """Not repeatable: what is pending by now would not be counted, or all be posted again."""
    return Call(
        method="POST",
        path=path_of("webhooks", webhook_id, "replay"),
        body=json_body(
            state=state,
            since=written_time(since, name="since"),
            until=written_time(until, name="until"),
        ),
        is_repeatable=False,
        read=lambda fields: fields.number("replayed"),
    )


def _webhook(fields: Fields) -> values.Webhook:
    return values.Webhook(
        webhook_id=fields.text("webhook_id"),
        url=fields.text("url"),
        events=fields.texts("events"),
        active=fields.flag("active"),
        created_at=fields.time("created_at"),
    )


def _with_secret(fields: Fields) -> values.WebhookSecret:
    return values.WebhookSecret(
        webhook_id=fields.text("webhook_id"),
        url=fields.text("url"),
        events=fields.texts("events"),
        secret=fields.text("secret"),
    )


def _delivery(fields: Fields) -> values.Delivery:
    return values.Delivery(
        delivery_id=fields.text("delivery_id"),
        event_id=fields.text("event_id"),
        event=fields.text("event"),
        message_id=fields.text("message_id"),
        sequence=fields.number("sequence"),
        state=fields.text("state"),
        attempts=fields.number("attempts"),
        last_status=fields.number_or_none("last_status"),
        last_error=fields.text_or_none("last_error"),
        next_attempt_at=fields.time_or_none("next_attempt_at"),
        created_at=fields.time("created_at"),
    )

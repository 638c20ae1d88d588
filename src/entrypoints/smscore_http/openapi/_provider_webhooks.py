"""
The calls of the provider API about webhooks.
"""

from smscore_http.openapi._operations import Example, Link, Operation, Parameter
from smscore_http.openapi._provider_answers import answers
from smscore_http.openapi._provider_call import PAGING, cursor, provider_call
from smscore_http.provider_api._webhook_shapes import (
    DeletedWebhook,
    DeliveryId,
    DeliveryPage,
    NewWebhook,
    Replay,
    ReplayCount,
    ReplayedDelivery,
    State,
    WebhookChange,
    WebhookCreated,
    WebhookId,
    WebhookList,
    WebhookShown,
)

__all__ = ["OPERATIONS"]

_WEBHOOK = Parameter(
    name="webhook_id", place="path", shape=WebhookId, description="As it was answered to a POST."
)
_DELIVERY = Parameter(
    name="delivery_id", place="path", shape=DeliveryId, description="As the list has it."
)
_STATE = Parameter(
    name="state", place="query", shape=State, description="Only those of which this became."
)

_ID = "wh_019ac41d7b000000"
_SHOWN = {
    "webhook_id": _ID,
    "url": "https://your-server.example/sms",
    "events": ["message.sent", "message.failed"],
    "active": True,
    "created_at": "2026-03-01T12:00:00Z",
}
_SHOWN_ONCE = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
_POSTED = {
    "delivery_id": "whd_019ac41d7e800000",
    "event_id": "evt_019ac41d7e400000",
    "event": "message.failed",
    "message_id": "msg_019ac41d7e000000",
    "sequence": 1,
    "state": "delivered",
    "attempts": 1,
    "last_status": 200,
    "last_error": None,
    "next_attempt_at": None,
    "created_at": "2026-03-01T12:00:05Z",
}

OPERATIONS: tuple[Operation, ...] = (
    provider_call(
        "post",
        "/v1/webhooks",
        id="createWebhook",
        summary="Have an address told of events",
        body=NewWebhook,
        responses=answers(WebhookCreated, "invalid_request", "payload_too_large"),
        links=tuple(
            Link(to=call, parameters={"webhook_id": "$response.body#/webhook_id"})
            for call in (
                "getWebhook",
                "changeWebhook",
                "deleteWebhook",
                "listDeliveries",
                "replayDeliveries",
            )
        ),
        examples=(
            Example(
                name="new",
                body={"url": _SHOWN["url"], "events": _SHOWN["events"]},
                said={
                    "success": True,
                    "webhook_id": _ID,
                    "url": _SHOWN["url"],
                    "events": _SHOWN["events"],
                    "secret": _SHOWN_ONCE,
                },
            ),
        ),
    ),
    provider_call(
        "get",
        "/v1/webhooks",
        id="listWebhooks",
        summary="List all webhooks, without their secrets",
        responses=answers(WebhookList),
        examples=(Example(name="one", said={"success": True, "webhooks": [_SHOWN]}),),
    ),
    provider_call(
        "get",
        "/v1/webhooks/{webhook_id}",
        id="getWebhook",
        summary="Show a webhook, without its secret",
        parameters=(_WEBHOOK,),
        responses=answers(WebhookShown, "not_found"),
        examples=(
            Example(name="one", parameters={"webhook_id": _ID}, said={"success": True, **_SHOWN}),
        ),
    ),
    provider_call(
        "patch",
        "/v1/webhooks/{webhook_id}",
        id="changeWebhook",
        summary="Change a webhook, switch it on or off, or renew its secret",
        parameters=(_WEBHOOK,),
        body=WebhookChange,
        responses=answers(WebhookShown, "invalid_request", "not_found", "payload_too_large"),
        examples=(
            Example(
                name="rotated",
                parameters={"webhook_id": _ID},
                body={"rotate_secret": True},
                said={"success": True, **_SHOWN, "secret": _SHOWN_ONCE},
            ),
        ),
    ),
    provider_call(
        "delete",
        "/v1/webhooks/{webhook_id}",
        id="deleteWebhook",
        summary="Remove a webhook, and what is pending for it",
        parameters=(_WEBHOOK,),
        responses=answers(DeletedWebhook, "not_found"),
        examples=(
            Example(
                name="one",
                parameters={"webhook_id": _ID},
                said={"success": True, "webhook_id": _ID},
            ),
        ),
    ),
    provider_call(
        "get",
        "/v1/webhooks/{webhook_id}/deliveries",
        id="listDeliveries",
        summary="List what was or will be posted, newest first",
        parameters=(_WEBHOOK, _STATE, cursor("whd_"), PAGING),
        responses=answers(DeliveryPage, "invalid_request", "not_found"),
        links=(
            Link(
                to="replayDelivery",
                parameters={
                    "webhook_id": "$request.path.webhook_id",
                    "delivery_id": "$response.body#/deliveries/0/delivery_id",
                },
            ),
        ),
        examples=(
            Example(
                name="newest",
                parameters={"webhook_id": _ID, "limit": 1},
                said={
                    "success": True,
                    "deliveries": [_POSTED],
                    "next": _POSTED["delivery_id"],
                },
            ),
        ),
    ),
    provider_call(
        "post",
        "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
        id="replayDelivery",
        summary="Post one again, or at once if it waits",
        parameters=(_WEBHOOK, _DELIVERY),
        responses=answers(ReplayedDelivery, "not_found"),
        examples=(
            Example(
                name="one",
                parameters={"webhook_id": _ID, "delivery_id": _POSTED["delivery_id"]},
                said={
                    "success": True,
                    "delivery_id": _POSTED["delivery_id"],
                    "state": "pending",
                },
            ),
        ),
    ),
    provider_call(
        "post",
        "/v1/webhooks/{webhook_id}/replay",
        id="replayDeliveries",
        summary="Post again what was given up, or what is asked for",
        parameters=(_WEBHOOK,),
        body=Replay,
        is_body_required=False,
        responses=answers(ReplayCount, "invalid_request", "not_found", "payload_too_large"),
        examples=(
            Example(
                name="delivered",
                parameters={"webhook_id": _ID},
                body={"state": "delivered", "since": "2026-03-01T12:00:00Z"},
                said={"success": True, "replayed": 4},
            ),
        ),
    ),
)

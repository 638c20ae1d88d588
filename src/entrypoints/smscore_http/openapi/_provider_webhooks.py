"""
The calls of the provider API about webhooks.
"""

from smscore_http.openapi._operations import Operation, Parameter
from smscore_http.openapi._provider import PAGING, cursor, provider_call
from smscore_http.openapi._provider_answers import answers
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

OPERATIONS: tuple[Operation, ...] = (
    provider_call(
        "post",
        "/v1/webhooks",
        id="createWebhook",
        summary="Have an address told of events",
        body=NewWebhook,
        responses=answers(WebhookCreated, "invalid_request", "payload_too_large"),
    ),
    provider_call(
        "get",
        "/v1/webhooks",
        id="listWebhooks",
        summary="List all webhooks, without their secrets",
        responses=answers(WebhookList),
    ),
    provider_call(
        "get",
        "/v1/webhooks/{webhook_id}",
        id="getWebhook",
        summary="Show a webhook, without its secret",
        parameters=(_WEBHOOK,),
        responses=answers(WebhookShown, "not_found"),
    ),
    provider_call(
        "patch",
        "/v1/webhooks/{webhook_id}",
        id="changeWebhook",
        summary="Change a webhook, switch it on or off, or renew its secret",
        parameters=(_WEBHOOK,),
        body=WebhookChange,
        responses=answers(WebhookShown, "invalid_request", "not_found", "payload_too_large"),
    ),
    provider_call(
        "delete",
        "/v1/webhooks/{webhook_id}",
        id="deleteWebhook",
        summary="Remove a webhook, and what is pending for it",
        parameters=(_WEBHOOK,),
        responses=answers(DeletedWebhook, "not_found"),
    ),
    provider_call(
        "get",
        "/v1/webhooks/{webhook_id}/deliveries",
        id="listDeliveries",
        summary="List what was or will be posted, newest first",
        parameters=(_WEBHOOK, _STATE, cursor(DeliveryId), PAGING),
        responses=answers(DeliveryPage, "invalid_request", "not_found"),
    ),
    provider_call(
        "post",
        "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay",
        id="replayDelivery",
        summary="Post one again, or at once if it waits",
        parameters=(_WEBHOOK, _DELIVERY),
        responses=answers(ReplayedDelivery, "not_found"),
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
    ),
)

"""
The shapes of the provider API's calls about webhooks: their bodies, and answers with keys in order.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from smscore.domain.announcements import ANNOUNCED
from smscore.domain.webhooks import PostingState
from smscore_http._schemas import Success, Time, said, spelt
from smscore_http._wire import HEX_ID
from smscore_http.provider_api._bodies import Url

__all__ = [
    "DeletedWebhook",
    "Delivery",
    "DeliveryId",
    "DeliveryPage",
    "NewWebhook",
    "Replay",
    "ReplayCount",
    "ReplayedDelivery",
    "State",
    "Webhook",
    "WebhookChange",
    "WebhookCreated",
    "WebhookId",
    "WebhookList",
    "WebhookShown",
]

_HEX = "[0-9a-f]{16}"

WebhookId = Annotated[str, spelt(f"wh_{HEX_ID}")]
DeliveryId = Annotated[str, spelt(f"whd_{HEX_ID}")]
State = Annotated[str, said("Dead is what was given up.", enum=[one.value for one in PostingState])]
_EventName = Annotated[str, Meta(extra_json_schema={"enum": list(ANNOUNCED)})]
_EventNames = Annotated[list[_EventName], Meta(extra_json_schema={"minItems": 1})]
_Secret = Annotated[
    str, spelt("whsec_[A-Za-z0-9+/]{43}=", description="What signs; it is shown this once.")
]


class NewWebhook(Struct):
    """An address that wants to be told of some events."""

    url: Annotated[Url | None, said("Where it is posted to.", required=True)] = None
    events: Annotated[_EventNames | None, said("What it is told of.", required=True)] = None


class WebhookChange(Struct):
    """What is absent stays as it is; null is no value of anything here."""

    url: Annotated[Url, said("Where it is posted to.")] | UnsetType = UNSET
    events: Annotated[_EventNames, said("What it is told of.")] | UnsetType = UNSET
    active: Annotated[bool, said("Whether it is told.")] | UnsetType = UNSET
    rotate_secret: Annotated[bool, said("Whether to make another secret.")] | UnsetType = UNSET


class Replay(Struct):
    """Which deliveries; without a state those that were given up."""

    state: State | UnsetType = UNSET
    since: Annotated[Time, said("Of events from then on.")] | UnsetType = UNSET
    until: Annotated[Time, said("Of events before then.")] | UnsetType = UNSET


class Webhook(Struct, kw_only=True):
    """An address, and what it is told of."""

    webhook_id: WebhookId
    url: str
    events: list[_EventName]
    active: Annotated[bool, said("Whether it is told; it may have been switched off.")]
    created_at: Time


class WebhookCreated(Struct, kw_only=True):
    """The new webhook."""

    success: Success = True
    webhook_id: WebhookId
    url: str
    events: list[_EventName]
    secret: _Secret


class WebhookList(Struct, kw_only=True):
    """All webhooks of the account."""

    success: Success = True
    webhooks: list[Webhook]


class WebhookShown(Struct, kw_only=True):
    """One webhook. `secret` is there if it was renewed."""

    success: Success = True
    webhook_id: WebhookId
    url: str
    events: list[_EventName]
    active: Annotated[bool, said("Whether it is told; it may have been switched off.")]
    created_at: Time
    secret: _Secret | UnsetType = UNSET


class DeletedWebhook(Struct, kw_only=True):
    """The webhook is no more, nor is what was pending for it."""

    success: Success = True
    webhook_id: WebhookId


class Delivery(Struct, kw_only=True):
    """One event for one webhook."""

    delivery_id: DeliveryId
    event_id: Annotated[str, spelt(f"evt_{_HEX}")]
    event: str
    message_id: Annotated[str, spelt(f"(msg|in)_{_HEX}")]
    sequence: Annotated[int, said("Its number among the events of its message.", minimum=1)]
    state: State
    attempts: Annotated[int, said("How often it was posted.", minimum=0)]
    last_status: Annotated[int | None, said("What was answered; null: nothing.")]
    last_error: str | None
    next_attempt_at: Annotated[Time | None, said("When it is posted again, if it is.")]
    created_at: Time


class DeliveryPage(Struct, kw_only=True):
    """Deliveries, newest first."""

    success: Success = True
    deliveries: list[Delivery]
    following: Annotated[
        str | None, said("What `after` is for the next page; null: this is the last.")
    ] = field(name="next")


class ReplayedDelivery(Struct, kw_only=True):
    """It is posted again."""

    success: Success = True
    delivery_id: DeliveryId
    state: State


class ReplayCount(Struct, kw_only=True):
    """How many are posted again."""

    success: Success = True
    replayed: Annotated[int, Meta(extra_json_schema={"minimum": 0})]

"""
How webhooks fare, for whoever looks after them: what is in trouble, and the history of one.
"""

from collections.abc import Mapping, Sequence

import attrs

from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.webhooks import PostingState, Webhook, WebhookId, callback_place
from smscore.ports.storage import View

__all__ = ["History", "Troubles", "history_of", "troubles"]


@attrs.frozen(kw_only=True)
class Troubles:
    """
    What a person may have to look at, of all accounts.

    ``webhooks`` are switched off or fail; ``given_up`` are deliveries, by webhook; ``callbacks``
    are the same by account and host of the callback addresses.
    """

    webhooks: Sequence[Webhook]
    given_up: Mapping[WebhookId, int]
    callbacks: Mapping[tuple[AccountId, str], int]


@attrs.frozen(kw_only=True)
class History:
    """
    A webhook and its deliveries, counted.

    ``switched_off`` are the events that say when it was, because nothing had reached it.
    """

    webhook: Webhook
    counts: Mapping[PostingState, int]
    switched_off: Sequence[Event]


def troubles(view: View) -> Troubles:
    """Those of everybody."""
    given_up = view.webhooks.given_up()
    places = {endpoint: callback_place(endpoint) for endpoint in given_up}
    return Troubles(
        webhooks=view.webhooks.in_trouble(),
        given_up={
            WebhookId(int(endpoint.removeprefix("wh_"), 16)): given_up[endpoint]
            for endpoint, place in places.items()
            if place is None
        },
        callbacks={
            place: given_up[endpoint] for endpoint, place in places.items() if place is not None
        },
    )


def history_of(view: View, webhook: Webhook) -> History:
    """That of one webhook."""
    story = view.events.of(MessageId(webhook.id))
    return History(
        webhook=webhook,
        counts=view.webhooks.counts(webhook.endpoint),
        switched_off=[event for event in story if event.kind == "webhook.disabled"],
    )

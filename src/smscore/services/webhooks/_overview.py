"""
How webhooks fare, for whoever looks after them: what is in trouble, and the history of one.
"""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.webhooks import (
    Posting,
    PostingState,
    Webhook,
    WebhookId,
    callback_place,
    push_place,
)
from smscore.ports.storage import View

__all__ = ["History", "Troubles", "history_of", "troubles"]

_LOOKED_AT = 50  # pushes that wait for a host


@attrs.frozen(kw_only=True)
class Troubles:
    """
    What a person may have to look at, of all accounts.

    ``webhooks`` are switched off or fail; ``given_up`` are deliveries, by webhook; ``callbacks``
    are the same by account and host of the callback addresses, ``pushes`` by host. ``late`` is of
    each host the longest due push that was tried in vain and will be again.
    """

    webhooks: Sequence[Webhook]
    given_up: Mapping[WebhookId, int]
    callbacks: Mapping[tuple[AccountId, str], int]
    pushes: Mapping[str, int]
    late: Mapping[str, Posting]


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
    by_webhook: dict[WebhookId, int] = {}
    callbacks: dict[tuple[AccountId, str], int] = {}
    pushes: dict[str, int] = {}
    for endpoint, count in view.webhooks.given_up().items():
        if (host := push_place(endpoint)) is not None:
            pushes[host] = count
        elif (place := callback_place(endpoint)) is not None:
            callbacks[place] = count
        else:
            by_webhook[WebhookId(int(endpoint.removeprefix("wh_"), 16))] = count
    return Troubles(
        webhooks=view.webhooks.in_trouble(),
        given_up=by_webhook,
        callbacks=callbacks,
        pushes=pushes,
        late=dict(reversed(list(_late(view)))),
    )


def _late(view: View) -> Iterator[tuple[str, Posting]]:
    for endpoint in view.webhooks.waiting():
        if (host := push_place(endpoint)) is not None:
            upcoming = view.webhooks.upcoming(endpoint, limit=_LOOKED_AT)
            yield from ((host, one) for one in upcoming if one.attempts)


def history_of(view: View, webhook: Webhook) -> History:
    """That of one webhook."""
    story = view.events.of(MessageId(webhook.id))
    return History(
        webhook=webhook,
        counts=view.webhooks.counts(webhook.endpoint),
        switched_off=[event for event in story if event.kind == "webhook.disabled"],
    )

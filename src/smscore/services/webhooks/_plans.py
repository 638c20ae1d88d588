"""
What an endpoint is to be told next, and where it goes as things stand.
"""

from collections.abc import Sequence
from datetime import datetime

import attrs

from smscore.domain.messages import AccountId
from smscore.domain.pushes import SERVER
from smscore.domain.webhooks import Generation, Posting, Webhook, callback_place, push_place
from smscore.ports.storage import View
from smscore.ports.webhooks import Call, Push
from smscore.services.webhooks._signing import Secrets

__all__ = ["Plan", "account_of", "plans"]


@attrs.frozen(kw_only=True)
class Plan:
    """A posting, and where it goes as things stand."""

    posting: Posting
    webhook: Webhook | None
    callback_secret: Generation = attrs.field(factory=Generation)

    @property
    def url(self) -> str:
        """Where that is."""
        return self.posting.url or (self.webhook.url if self.webhook else "")

    def is_due(self, *, now: datetime) -> bool:
        """Whether its time has come."""
        return self.posting.due_at is not None and self.posting.due_at <= now

    def call(self, secrets: Secrets, *, at: datetime) -> Call | Push:
        """The call, signed as it would be then unless it is a push."""
        posting, webhook = self.posting, self.webhook
        if push_place(posting.endpoint) is not None:
            push_id = f"push_{posting.id:016x}"
            return Push(url=self.url, push_id=push_id, form=posting.body or None, at=at)
        if webhook is None:
            signing = secrets.of_account(posting.account, self.callback_secret, at=at)
        else:
            signing = secrets.of_webhook(webhook.id, webhook.secret, at=at)
        return Call(
            url=self.url,
            event_id=f"evt_{posting.event_id:016x}",
            sequence=posting.sequence,
            body=posting.body,
            secrets=signing,
            at=at,
        )


def plans(view: View, endpoint: str, *, limit: int) -> Sequence[Plan]:
    """What an endpoint is to be told next; nothing if its webhook is switched off or gone."""
    upcoming = view.webhooks.upcoming(endpoint, limit=limit)
    if not upcoming:
        return ()
    if upcoming[0].webhook is None:
        secret = view.webhooks.callback_secret(upcoming[0].account)
        return [Plan(posting=one, webhook=None, callback_secret=secret) for one in upcoming]
    webhook = view.webhooks.get(upcoming[0].webhook)
    if webhook is None or not webhook.is_active:
        return ()
    return [Plan(posting=one, webhook=webhook) for one in upcoming]


def account_of(endpoint: str) -> AccountId | None:
    """Whose calls wait there, as far as the name tells: it does not for webhooks."""
    if push_place(endpoint) is not None:
        return SERVER
    place = callback_place(endpoint)
    return None if place is None else place[0]

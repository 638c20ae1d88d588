"""
Webhooks, and the calls that they are owed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.webhooks import (
    Attempt,
    Generation,
    Posting,
    PostingId,
    PostingState,
    Webhook,
    WebhookId,
)
from smscore.ports.storage._values import Story

__all__ = ["Webhooks", "WebhooksView"]


class WebhooksView(Protocol):
    """Webhooks, and which event waits for which endpoint or has reached it."""

    def get(self, webhook: WebhookId) -> Webhook | None: ...

    def of(self, account: AccountId) -> Sequence[Webhook]:
        """All of an account, oldest first."""
        ...

    def callback_secret(self, account: AccountId) -> Generation:
        """Which secret signs what goes to callback addresses."""
        ...

    def news(self, cursor: int, *, limit: int) -> tuple[Sequence[tuple[int, Event]], int]:
        """
        Events behind the cursor that somebody may have to be told of, and the cursor behind them.

        They belong to accounts with an active webhook, or to messages with a callback address. At
        most ``limit`` events are looked at; all are passed over if there is nobody to be told.
        """
        ...

    def stories(self, messages: Collection[MessageId]) -> Mapping[MessageId, Story]:
        """What endpoints are told of these messages; those that are gone are left out."""
        ...

    def waiting(self) -> Mapping[str, datetime]:
        """The endpoints for which something is pending, each with the earliest ``due_at``."""
        ...

    def upcoming(self, endpoint: str, *, limit: int) -> Sequence[Posting]:
        """What is due for an endpoint or will be, the longest due first."""
        ...

    def posting(self, posting: PostingId) -> Posting | None: ...

    def pushes(self, message: MessageId) -> Sequence[Posting]:
        """The calls that rules made for an inbound message, in order."""
        ...

    def postings(
        self,
        endpoint: str,
        *,
        state: PostingState | None = None,
        before: PostingId | None = None,
        limit: int = 50,
    ) -> Sequence[Posting]:
        """Newest first; ``before`` is the last one of the page before."""
        ...

    def attempts(self, posting: PostingId) -> Sequence[Attempt]:
        """What was tried, oldest first."""
        ...

    def in_trouble(self) -> Sequence[Webhook]:
        """Those of all accounts that are switched off or fail, oldest first."""
        ...

    def given_up(self) -> Mapping[str, int]:
        """How many postings were given up, by endpoint."""
        ...

    def counts(self, endpoint: str) -> Mapping[PostingState, int]:
        """How many postings of an endpoint are in each state; of others there is none."""
        ...

    def newest(self) -> int:
        """The highest id of a webhook or a posting; 0: there is none."""
        ...


class Webhooks(WebhooksView, Protocol):
    def standing(self, webhooks: Collection[WebhookId]) -> Collection[WebhookId]:
        """Those of them that are there; they stay until the unit has ended."""
        ...

    def save(self, webhook: Webhook) -> None:
        """Add it, or replace the one of its id."""
        ...

    def remove(self, webhook: WebhookId) -> None:
        """With what is pending for it or was given up. There may be none."""
        ...

    def set_callback_secret(self, account: AccountId, secret: Generation) -> None: ...

    def add(self, posting: Posting) -> None:
        """If one of its message is pending at the endpoint already, it waits for that one."""
        ...

    def push(self, posting: Posting) -> None:
        """The same of a rule's call; whoever makes it is woken, for pushes and for events."""
        ...

    def replay(self, posting: Posting) -> None:
        """Save one that is up again, as if it were new, and wake whoever posts."""
        ...

    def record(self, posting: Posting, attempt: Attempt | None, *, at: datetime) -> None:
        """
        Save a posting after an attempt, or after it was given up without one.

        If it is not pending any more, the next one of its message at the endpoint is due. Of the
        attempts the newest are kept, as many as :data:`smscore.domain.webhooks.KEPT_ATTEMPTS`.
        """
        ...

    def prune(self, *, before: datetime, limit: int) -> int:
        """Drop postings made before then that are not pending, with their attempts."""
        ...

"""
Webhooks of the store in memory, and what waits for them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.webhooks import (
    KEPT_ATTEMPTS,
    Attempt,
    Generation,
    Posting,
    PostingId,
    PostingState,
    Webhook,
    WebhookId,
    webhook_endpoint,
)
from smscore.ports.storage import Story, Topic, TraceKind
from smscore.testing._memory._events import MemoryEvents
from smscore.testing._memory._log import Log
from smscore.testing._memory._outbox import MemoryOutbox
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryWebhooks"]

_PENDING = PostingState.PENDING


class MemoryWebhooks:
    """See :class:`smscore.ports.storage.Webhooks`."""

    def __init__(self, log: "Log", *, events: "MemoryEvents", outbox: "MemoryOutbox") -> None:
        self._log = log
        self._events = events
        self._outbox = outbox
        self._webhooks: dict[WebhookId, Webhook] = {}
        self._secrets: dict[AccountId, Generation] = {}
        self._postings: dict[PostingId, Posting] = {}
        self._attempts: dict[tuple[PostingId, int], Attempt] = {}

    def get(self, webhook: WebhookId) -> Webhook | None:
        return self._webhooks.get(webhook)

    def of(self, account: AccountId) -> Sequence[Webhook]:
        found = (one for one in self._webhooks.values() if one.account == account)
        return sorted(found, key=lambda one: one.id)

    def callback_secret(self, account: AccountId) -> Generation:
        return self._secrets.get(account, Generation())

    def news(self, cursor: int, *, limit: int) -> tuple[Sequence[tuple[int, Event]], int]:
        looked_at = self._events.since(cursor, limit=limit)
        listening = {one.account for one in self._webhooks.values() if one.is_active}
        news = [
            (place, event)
            for place, event in looked_at
            if event.account in listening or self._has_callback(event.message)
        ]
        return news, looked_at[-1][0] if looked_at else cursor

    def stories(self, messages: Collection[MessageId]) -> Mapping[MessageId, Story]:
        found = [one for number in messages if (one := self._outbox.get(number)) is not None]
        return {
            one.message.id: Story(
                message=one.message,
                error_code=one.delivery.error_code,
                kinds={event.sequence: event.kind for event in self._events.of(one.message.id)},
            )
            for one in found
        }

    def waiting(self) -> Mapping[str, datetime]:
        earliest: dict[str, datetime] = {}
        for one in self._where(lambda one: one.state is _PENDING):
            if one.due_at is not None:
                earliest[one.endpoint] = min(one.due_at, earliest.get(one.endpoint, one.due_at))
        return earliest

    def upcoming(self, endpoint: str, *, limit: int) -> Sequence[Posting]:
        due = [
            (one.due_at, one.id, one)
            for one in self._where(lambda one: one.endpoint == endpoint and one.state is _PENDING)
            if one.due_at is not None
        ]
        return [one for *_, one in sorted(due, key=lambda found: found[:2])[:limit]]

    def posting(self, posting: PostingId) -> Posting | None:
        return self._postings.get(posting)

    def pushes(self, message: MessageId) -> Sequence[Posting]:
        return self._where(lambda one: one.message == message and not one.event_id)

    def postings(
        self,
        endpoint: str,
        *,
        state: PostingState | None = None,
        before: PostingId | None = None,
        limit: int = 50,
    ) -> Sequence[Posting]:
        found = self._where(
            lambda one: (
                one.endpoint == endpoint
                and state in (None, one.state)
                and (before is None or one.id < before)
            )
        )
        return found[::-1][:limit]

    def attempts(self, posting: PostingId) -> Sequence[Attempt]:
        return [one for (which, _), one in sorted(self._attempts.items()) if which == posting]

    def in_trouble(self) -> Sequence[Webhook]:
        found = [
            one
            for one in self._webhooks.values()
            if not one.is_active or one.failing_since is not None
        ]
        return sorted(found, key=lambda one: one.id)

    def given_up(self) -> Mapping[str, int]:
        dead = self._where(lambda one: one.state is PostingState.DEAD)
        return Counter(one.endpoint for one in dead)

    def counts(self, endpoint: str) -> Mapping[PostingState, int]:
        return Counter(one.state for one in self._where(lambda one: one.endpoint == endpoint))

    def newest(self) -> int:
        return max([0, *self._webhooks, *self._postings])

    def standing(self, webhooks: Collection[WebhookId]) -> Collection[WebhookId]:
        return self._webhooks.keys() & set(webhooks)

    def save(self, webhook: Webhook) -> None:
        self._log.put(self._webhooks, webhook.id, webhook)
        self._wake()

    def remove(self, webhook: WebhookId) -> None:
        endpoint = webhook_endpoint(webhook)
        for one in self._where(lambda one: one.endpoint == endpoint):
            if one.state is not PostingState.DELIVERED:
                self._drop(one.id)
        if webhook in self._webhooks:
            self._log.drop(self._webhooks, webhook)
        self._wake()

    def set_callback_secret(self, account: AccountId, secret: Generation) -> None:
        self._log.put(self._secrets, account, secret)

    def add(self, posting: Posting) -> None:
        beside = self._pending_beside(posting)
        if beside and beside[0].due_at is not None:
            posting = replace(posting, due_at=None)
        self._log.put(self._postings, posting.id, posting)

    def push(self, posting: Posting) -> None:
        self.add(posting)
        self._log.topics |= {Topic.PUSHES, Topic.EVENTS}

    def replay(self, posting: Posting) -> None:
        self.add(posting)
        self._wake()

    def record(self, posting: Posting, attempt: Attempt | None, *, at: datetime) -> None:
        if posting.id not in self._postings:
            return  # its webhook was removed meanwhile
        self._log.put(self._postings, posting.id, posting)
        if attempt is not None:
            self._log.put(self._attempts, (posting.id, attempt.number), attempt)
            if (posting.id, attempt.number - KEPT_ATTEMPTS) in self._attempts:
                self._log.drop(self._attempts, (posting.id, attempt.number - KEPT_ATTEMPTS))
        beside = self._pending_beside(posting)
        if posting.state is not _PENDING and beside and beside[0].due_at is None:
            following = replace(beside[0], due_at=at)
            self._log.put(self._postings, following.id, following)

    def prune(self, *, before: datetime, limit: int) -> int:
        old = self._where(lambda one: one.created_at < before and one.state is not _PENDING)[:limit]
        for one in old:
            self._drop(one.id)
        return len(old)

    def shelves(self) -> Shelves:
        return {
            TraceKind.WEBHOOKS: Shelf(table=self._webhooks, texts=("url",)),
            TraceKind.POSTINGS: Shelf(
                table=self._postings,
                texts=("url", "body", "last_error"),
                dropped=self._drop_attempts,
            ),
            TraceKind.ATTEMPTS: Shelf(table=self._attempts, texts=("error", "answer")),
        }

    def _pending_beside(self, posting: Posting) -> list[Posting]:
        """What is pending of the same message at the same endpoint: what is due, then the rest."""
        found = self._where(
            lambda one: (
                one.state is _PENDING
                and one.id != posting.id
                and (one.endpoint, one.message) == (posting.endpoint, posting.message)
            )
        )
        return sorted(found, key=lambda one: (one.due_at is None, one.id))

    def _drop(self, posting: PostingId) -> None:
        self._drop_attempts(posting)
        self._log.drop(self._postings, posting)

    def _drop_attempts(self, posting: PostingId) -> None:
        for key in [key for key in self._attempts if key[0] == posting]:
            self._log.drop(self._attempts, key)

    def _where(self, is_meant: Callable[[Posting], bool]) -> list[Posting]:
        found = [one for one in self._postings.values() if is_meant(one)]
        return sorted(found, key=lambda one: one.id)

    def _has_callback(self, message: MessageId) -> bool:
        tracked = self._outbox.get(message)
        return tracked is not None and tracked.message.callback_url is not None

    def _wake(self) -> None:
        self._log.topics |= {Topic.WEBHOOKS, Topic.EVENTS}

"""
Webhooks, postings and attempts to rows and back.
"""

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
from smscore_sqlmodel._mapping import from_micros, micros, optional_micros, optional_moment
from smscore_sqlmodel._sessions import Cells

__all__ = [
    "attempt_cells",
    "attempt_of",
    "posting_cells",
    "posting_of",
    "webhook_cells",
    "webhook_of",
]

_STATES = {str(state): state for state in PostingState}


def webhook_cells(webhook: Webhook) -> Cells:
    """The row of a webhook."""
    return (
        webhook.id,
        webhook.account,
        webhook.url,
        " ".join(webhook.events),
        micros(webhook.created_at),
        int(webhook.is_active),
        webhook.secret.number,
        optional_micros(webhook.secret.since),
        optional_micros(webhook.failing_since),
    )


def webhook_of(cells: Cells) -> Webhook:
    """The webhook of a row."""
    number, account, url, events, created_at, is_active, generation, since, failing_since = cells
    return Webhook(
        id=WebhookId(number),
        account=AccountId(account),
        url=url,
        events=tuple(events.split()),
        created_at=from_micros(created_at),
        is_active=bool(is_active),
        secret=Generation(number=generation, since=optional_moment(since)),
        failing_since=optional_moment(failing_since),
    )


def posting_cells(posting: Posting) -> Cells:
    """What is inserted of a posting: its row, and before ``due_at`` what it may wait for."""
    return (
        posting.id,
        posting.account,
        posting.endpoint,
        posting.webhook,
        posting.url,
        posting.event_id,
        posting.event,
        posting.message,
        posting.sequence,
        posting.body,
        micros(posting.created_at),
        posting.state.value,
        posting.attempts,
        posting.message,
        posting.endpoint,
        posting.id,
        optional_micros(posting.due_at),
        optional_micros(posting.ends_at),
        posting.last_status,
        posting.last_error,
    )


def posting_of(cells: Cells) -> Posting:
    """The posting of a row."""
    number, account, endpoint, webhook, url, event_id, event, message, sequence, *later = cells
    body, created_at, state, attempts, due_at, ends_at, last_status, last_error = later
    return Posting(
        id=PostingId(number),
        account=AccountId(account),
        endpoint=endpoint,
        webhook=None if webhook is None else WebhookId(webhook),
        url=url,
        event_id=event_id,
        event=event,
        message=MessageId(message),
        sequence=sequence,
        body=bytes(body),
        created_at=from_micros(created_at),
        state=_STATES[state],
        attempts=attempts,
        due_at=optional_moment(due_at),
        ends_at=optional_moment(ends_at),
        last_status=last_status,
        last_error=last_error,
    )


def attempt_cells(attempt: Attempt) -> Cells:
    """The row of an attempt, but for whose it is."""
    return (
        attempt.number,
        micros(attempt.at),
        round(attempt.seconds * 1_000_000),
        attempt.status,
        attempt.error,
        attempt.answer,
    )


def attempt_of(cells: Cells) -> Attempt:
    """The attempt of a row."""
    _, number, at, taken, status, error, answer = cells
    return Attempt(
        number=number,
        at=from_micros(at),
        seconds=taken / 1_000_000,
        status=status,
        error=error,
        answer=bytes(answer),
    )

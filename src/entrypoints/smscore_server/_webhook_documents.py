"""
Webhooks, deliveries and attempts as documents, for the commands that show them.
"""

from typing import Any

from smscore.domain.webhooks import Attempt, Posting, PostingState, Webhook
from smscore.services.webhooks import History
from smscore_server._output import instant

__all__ = ["attempt_document", "delivery_document", "history_document", "webhook_document"]


def webhook_document(webhook: Webhook, account: str) -> dict[str, Any]:
    """A webhook, without its secret."""
    return {
        "webhook": webhook.endpoint,
        "account": account,
        "active": webhook.is_active,
        "url": webhook.url,
        "events": list(webhook.events),
        "failing_since": instant(webhook.failing_since),
        "created_at": instant(webhook.created_at),
    }


def history_document(history: History) -> dict[str, Any]:
    """How its deliveries stand, and when it was switched off because nothing reached it."""
    return {
        **{state.value: history.counts.get(state, 0) for state in PostingState},
        "switched_off": [
            {"at": instant(event.at), "failing_since": event.detail.get("failing_since")}
            for event in history.switched_off
        ],
    }


def delivery_document(posting: Posting) -> dict[str, Any]:
    """What was or will be told to one."""
    return {
        "delivery": f"whd_{posting.id:016x}",
        "event_id": f"evt_{posting.event_id:016x}",
        "event": posting.event,
        "message": f"{posting.message:016x}",
        "sequence": posting.sequence,
        "state": posting.state.value,
        "attempts": posting.attempts,
        "last_status": posting.last_status,
        "last_error": posting.last_error,
        "next_attempt_at": instant(posting.due_at),
        "created_at": instant(posting.created_at),
    }


def attempt_document(attempt: Attempt) -> dict[str, Any]:
    """One attempt at that."""
    return {
        "attempt": attempt.number,
        "at": instant(attempt.at),
        "seconds": round(attempt.seconds, 3),
        "status": attempt.status,
        "error": attempt.error,
        "answer": attempt.answer.decode("utf-8", "replace"),
    }

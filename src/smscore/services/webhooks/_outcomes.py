"""
What comes of answers: they are kept, the next event of a message is due, webhooks are judged.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.events import Event
from smscore.domain.messages import MessageId
from smscore.domain.webhooks import LIFE, LONGEST_PAUSE, Attempt, Posting, WebhookId
from smscore.ports.storage import UnitOfWork
from smscore.ports.webhooks import Answer
from smscore.services.webhooks._endpoints import Endpoint

__all__ = ["Judgement", "Outcome", "judgement_of", "keep", "outcome_of"]

_GIVEN_UP_AT_ONCE = 500
_WHY = "nothing has reached the endpoint for a day"


@attrs.frozen(kw_only=True)
class Outcome:
    """A posting after an attempt; until ``asked_until`` the endpoint wants to be left alone."""

    posting: Posting
    attempt: Attempt
    asked_until: datetime | None = None


@attrs.frozen(kw_only=True)
class Judgement:
    """
    How an endpoint fares now, if the store does not know it.

    ``is_tired``: it has failed for so long that what waited with it is given up; ``is_over``: for
    so long that its webhook is switched off.
    """

    endpoint: str
    webhook: WebhookId | None
    failing_since: datetime | None
    is_tired: bool = False
    is_over: bool = False


def outcome_of(posting: Posting, answer: Answer, *, at: datetime, jitter: float) -> Outcome:
    """What comes of an answer to the call that was begun then; ``jitter`` is from 0 to 1."""
    attempt = Attempt(
        number=posting.attempts + 1,
        at=at,
        seconds=answer.seconds,
        status=answer.status,
        error=answer.error,
        answer=answer.body,
    )
    asked_until = _asked_until(answer, at=at)
    after = posting.attempted(attempt, jitter=jitter, asked_until=asked_until)
    return Outcome(posting=after, attempt=attempt, asked_until=asked_until)


def _asked_until(answer: Answer, *, at: datetime) -> datetime | None:
    if answer.retry_after is None:
        return None
    asked = min(answer.retry_after, LONGEST_PAUSE.total_seconds())
    return at + timedelta(seconds=answer.seconds + asked)


def judgement_of(
    endpoint: Endpoint, webhook: WebhookId | None, *, disable_after: timedelta, now: datetime
) -> Judgement | None:
    """What is to be said of an endpoint; None: the store knows it."""
    judgement = Judgement(
        endpoint=endpoint.name,
        webhook=webhook,
        failing_since=endpoint.failing_since,
        is_tired=endpoint.has_failed_for(LIFE, now=now),
        is_over=endpoint.has_failed_for(disable_after, now=now),
    )
    fails = endpoint.failing_since is not None
    is_news = fails is not endpoint.is_known_to_fail
    return judgement if is_news or judgement.is_tired or judgement.is_over else None


def keep(
    work: UnitOfWork,
    outcomes: Sequence[Outcome],
    judgements: Sequence[Judgement],
    *,
    now: datetime,
) -> Sequence[WebhookId]:
    """Write it down, and say which webhooks were switched off."""
    for outcome in outcomes:
        work.webhooks.record(outcome.posting, outcome.attempt, at=now)
    for judgement in judgements:
        if judgement.is_tired:
            _give_up(work, judgement.endpoint, now=now)
    return [
        judgement.webhook
        for judgement in judgements
        if judgement.webhook is not None and _judge(work, judgement.webhook, judgement, now=now)
    ]


def _give_up(work: UnitOfWork, endpoint: str, *, now: datetime) -> None:
    """What was never tried, since the endpoint was left alone, is as old as what was."""
    for posting in work.webhooks.upcoming(endpoint, limit=_GIVEN_UP_AT_ONCE):
        if now - posting.created_at >= LIFE and (posting.ends_at is None or posting.ends_at <= now):
            work.webhooks.record(posting.given_up(why=_WHY), None, at=now)


def _judge(work: UnitOfWork, webhook: WebhookId, judgement: Judgement, *, now: datetime) -> bool:
    """Whether the webhook was switched off by this."""
    known = work.webhooks.get(webhook)
    if known is None or not known.is_active:
        return False
    work.webhooks.save(
        attrs.evolve(known, failing_since=judgement.failing_since, is_active=not judgement.is_over)
    )
    if judgement.is_over:
        work.events.add(_switched_off(work, webhook, judgement, now=now))
    return judgement.is_over


def _switched_off(
    work: UnitOfWork, webhook: WebhookId, judgement: Judgement, *, now: datetime
) -> Event:
    known = work.webhooks.get(webhook)
    since = judgement.failing_since
    return Event(
        message=MessageId(webhook),
        account=known.account if known else None,
        sequence=1 + len(work.events.of(MessageId(webhook))),
        kind="webhook.disabled",
        at=now,
        detail={
            "webhook": f"wh_{webhook:016x}",
            "failing_since": since.isoformat() if since else None,
        },
    )

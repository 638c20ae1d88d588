"""
What comes of answers: they are kept, the next event of a message is due, webhooks are judged.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.events import Event
from smscore.domain.messages import MessageId
from smscore.domain.pushes import verdict_of
from smscore.domain.webhooks import (
    LIFE,
    LONGEST_PAUSE,
    Attempt,
    Posting,
    PostingState,
    WebhookId,
    push_place,
)
from smscore.ports.storage import UnitOfWork
from smscore.ports.webhooks import Answer
from smscore.services.webhooks._endpoints import Endpoint

__all__ = ["Judgement", "Kept", "Outcome", "judgement_of", "keep", "outcome_of", "warn_of"]

_log = logging.getLogger(__name__)

_GIVEN_UP_AT_ONCE = 500
_WHY = "nothing has reached the endpoint for a day"


@attrs.frozen(kw_only=True)
class Outcome:
    """
    A posting after an attempt; until ``asked_until`` the endpoint wants to be left alone.

    ``is_heard``: the endpoint fares well, though it may have refused.
    """

    posting: Posting
    attempt: Attempt
    is_heard: bool
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


@attrs.frozen(kw_only=True)
class Kept:
    """Which webhooks were switched off when it was written down, and which pushes are given up."""

    switched_off: Sequence[WebhookId]
    given_up: Sequence[Posting]


def outcome_of(posting: Posting, answer: Answer, *, at: datetime, jitter: float) -> Outcome:
    """What comes of an answer to the call that was begun then; ``jitter`` is from 0 to 1."""
    verdict = verdict_of(posting, status=answer.status, answer=answer.body)
    attempt = Attempt(
        number=posting.attempts + 1,
        at=at,
        seconds=answer.seconds,
        status=answer.status,
        error=verdict.fault or answer.error,
        answer=answer.body,
    )
    asked_until = _asked_until(answer, at=at)
    after = posting.attempted(attempt, jitter=jitter, asked_until=asked_until)
    if verdict.is_final and verdict.fault is not None:
        after = after.given_up(why=verdict.fault)
    return Outcome(
        posting=after, attempt=attempt, is_heard=verdict.is_final, asked_until=asked_until
    )


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
) -> Kept:
    """Write it down."""
    given_up = []
    for outcome in outcomes:
        work.webhooks.record(outcome.posting, outcome.attempt, at=now)
        if outcome.posting.state is PostingState.DEAD:
            given_up.append(outcome.posting)
    for judgement in judgements:
        if judgement.is_tired:
            given_up += _give_up(work, judgement.endpoint, now=now)
    over = [
        judgement.webhook
        for judgement in judgements
        if judgement.webhook is not None and _judge(work, judgement.webhook, judgement, now=now)
    ]
    pushes = [one for one in given_up if push_place(one.endpoint) is not None]
    return Kept(switched_off=over, given_up=pushes)


def warn_of(kept: Kept) -> None:
    """Tell the operator, of pushes because nobody else can know that they did not arrive."""
    for webhook in kept.switched_off:
        _log.warning("webhook wh_%016x is switched off: it has failed for too long", webhook)
    for posting in kept.given_up:
        host, why = push_place(posting.endpoint), posting.last_error
        _log.warning("push_%016x to %s is given up: %s", posting.id, host, why)


def _give_up(work: UnitOfWork, endpoint: str, *, now: datetime) -> Iterator[Posting]:
    """What was never tried, since the endpoint was left alone, is as old as what was."""
    for posting in work.webhooks.upcoming(endpoint, limit=_GIVEN_UP_AT_ONCE):
        if now - posting.created_at >= LIFE and (posting.ends_at is None or posting.ends_at <= now):
            work.webhooks.record(posting.given_up(why=_WHY), None, at=now)
            yield posting.given_up(why=_WHY)


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

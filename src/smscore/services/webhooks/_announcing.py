"""
Telling endpoints what happened: every event until it is heard or given up, whatever happens here.
"""

import logging
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial

import attrs

from smscore.domain.webhooks import LIFE, Generation, Posting, PostingId, Webhook
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, Topic, UnitOfWork, View, Wakeup
from smscore.ports.webhooks import Answer, Call, WebhookSender
from smscore.services.webhooks._endpoints import Endpoint, Endpoints
from smscore.services.webhooks._gathering import gather
from smscore.services.webhooks._outcomes import Judgement, Outcome, keep, outcome_of
from smscore.services.webhooks._shares import Shares
from smscore.services.webhooks._signing import Secrets

__all__ = ["Announcing"]

_log = logging.getLogger(__name__)

_BATCH = 500
_AT_ONCE = 512
"""Calls under way, to all endpoints together: each has a connection."""
_CHANNEL, _CURSOR = "", "webhooks"  # in the journal; no channel's name is empty
_KEEP_EVERY = 1.0  # seconds, if there is nothing to be posted


class Announcing:
    """
    The use case *announce*. Call :meth:`run_once` until it has nothing to do, then wait.

    Events are gathered from where the last process ended, and each posting stays pending in the
    store until its answer is kept there: what was under way when a process died is told again.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: IdSequence,
        sender: Callable[[], WebhookSender],
        secrets: Secrets,
        disable_after: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._sender = sender
        self._secrets = secrets
        self._disable_after = disable_after
        self._kept_cursor = 0
        self._kept_at = 0.0
        self._is_open = False

    def open(self) -> Wakeup:
        """Begin where the last process ended; what is given back is set when there is work."""
        self._changed = self._store.wakeup(Topic.WEBHOOKS)
        self._changed.set()  # what waits since before
        self._wakeup = self._store.wakeup(Topic.EVENTS)
        self._cursor = self._kept_cursor = self._store.read(_kept_cursor)
        self._endpoints = Endpoints()
        self._answered: deque[tuple[Posting, datetime, Answer]] = deque()
        self._shares = Shares(_AT_ONCE)
        self._is_open = True
        return self._wakeup

    def run_once(self) -> int:
        """Keep answers, gather news, begin calls; says how much that was."""
        if not self._is_open:
            self.open()
        done = self._record() + self._gather()
        if self._changed.wait(0):
            self._look_around()
        return done + self._begin()

    def close(self) -> None:
        """End the calls that are under way; whoever runs next makes them again."""
        if self._is_open:
            self._is_open = False
            self._sender().close()

    # News.

    def _gather(self) -> int:
        now, before = self._clock.now(), self._cursor
        found = self._store.read(lambda view: gather(view, cursor=before, now=now, limit=_BATCH))
        numbers = self._ids.several(len(found.postings), now=now) if found.postings else ()
        postings = [
            attrs.evolve(posting, id=PostingId(number))
            for number, posting in zip(numbers, found.postings, strict=True)
        ]
        if postings or self._is_time_to_keep(found.cursor):
            self._store.run(
                lambda work: _add(work, postings, cursor=found.cursor), lane=Lane.CUSTODY
            ).result()
            self._kept_cursor, self._kept_at = found.cursor, self._clock.monotonic()
        for posting in postings:
            self._endpoints[posting.endpoint].account = posting.account
            self._endpoints.look_after(posting.endpoint, at=now)
        self._cursor = found.cursor
        return found.cursor - before

    def _is_time_to_keep(self, cursor: int) -> bool:
        is_old = self._clock.monotonic() - self._kept_at >= _KEEP_EVERY
        return cursor != self._kept_cursor and is_old

    def _look_around(self) -> None:
        """What is pending, and which of the broken endpoints somebody has mended."""
        broken = [one for one in self._endpoints.broken() if one.webhook is not None]
        waiting, webhooks = self._store.read(
            lambda view: (
                view.webhooks.waiting(),
                [view.webhooks.get(one.webhook) for one in broken if one.webhook is not None],
            )
        )
        for endpoint, webhook in zip(broken, webhooks, strict=True):
            if webhook is not None:
                endpoint.compare(webhook)
        for name, due_at in waiting.items():
            self._endpoints.look_after(name, at=due_at)

    # Calls.

    def _begin(self) -> int:
        now = self._clock.now()
        looks = self._endpoints.to_look_after(now=now)
        return sum(self._begin_at(endpoint, now=now) for endpoint in looks)

    def _begin_at(self, endpoint: Endpoint, *, now: datetime) -> int:
        """Begin what an endpoint may be told now, and note when to look after it again."""
        name, room = endpoint.name, min(endpoint.room(now=now), self._share(endpoint))
        if not room:
            if not endpoint.in_flight:
                self._endpoints.look_after(name, at=endpoint.next_look(now=now))
            return 0
        limit = room + len(endpoint.in_flight) + 1
        plans = self._store.read(lambda view: _plans(view, name, limit=limit))
        if plans:
            endpoint.account = plans[0].posting.account
            room = min(room, self._share(endpoint))
        waiting = [one for one in plans if one.posting.id not in endpoint.in_flight]
        due = [one for one in waiting if one.is_due(now=now)][:room]
        for plan in due:
            self._call(endpoint, plan, now=now)
        if len(waiting) > len(due):  # what is due already waits for the next answer
            following = waiting[len(due)].posting.due_at or now
            if following > now or not endpoint.in_flight:
                self._endpoints.look_after(name, at=following)
        return len(due)

    def _share(self, endpoint: Endpoint) -> int:
        """How many calls its account may begin, if anybody knows yet whose it is."""
        return _AT_ONCE if endpoint.account is None else self._shares.room(endpoint.account)

    def _call(self, endpoint: Endpoint, plan: "_Plan", *, now: datetime) -> None:
        posting, webhook = plan.posting, plan.webhook
        if webhook is None:
            secrets = self._secrets.of_account(posting.account, plan.callback_secret, at=now)
        else:
            secrets = self._secrets.of_webhook(webhook.id, webhook.secret, at=now)
            endpoint.compare(webhook)
        call = Call(
            url=plan.url,
            event_id=f"evt_{posting.event_id:016x}",
            sequence=posting.sequence,
            body=posting.body,
            secrets=secrets,
            at=now,
        )
        endpoint.in_flight[posting.id] = posting
        self._shares.take(posting.account)
        answered = partial(self._hand_over, self._answered, self._wakeup, posting, now)
        self._sender().send(call).add_done_callback(answered)

    @staticmethod
    def _hand_over(
        answered: "deque[tuple[Posting, datetime, Answer]]",
        wakeup: Wakeup,
        posting: Posting,
        at: datetime,
        future: "Future[Answer]",
    ) -> None:
        """On the sender's thread."""
        answered.append((posting, at, future.result()))
        wakeup.set()

    # Answers.

    def _record(self) -> int:
        answered = list(self._answered)
        if not answered:
            return 0
        now = self._clock.now()
        outcomes = [
            outcome_of(posting, answer, at=at, jitter=random.random())
            for posting, at, answer in answered
        ]
        for outcome in outcomes:
            self._learn(outcome)
        judgements = self._judgements(outcomes, now=now)
        over = self._store.run(
            lambda work: keep(work, outcomes, judgements, now=now), lane=Lane.CUSTODY
        ).result()
        for webhook in over:
            _log.warning("webhook wh_%016x is switched off: it has failed for too long", webhook)
        for outcome in outcomes:
            self._answered.popleft()
            self._settle(outcome.posting, now=now)
        for judgement in judgements:
            endpoint = self._endpoints[judgement.endpoint]
            endpoint.is_known_to_fail = judgement.failing_since is not None
        return len(answered)

    def _learn(self, outcome: Outcome) -> None:
        endpoint = self._endpoints[outcome.posting.endpoint]
        if outcome.attempt.is_success:
            endpoint.succeeded()
        else:
            at, asked = outcome.attempt.at, outcome.asked_until
            endpoint.failed(at=at, jitter=random.random(), asked_until=asked)

    def _judgements(self, outcomes: Sequence[Outcome], *, now: datetime) -> Sequence[Judgement]:
        """Of the endpoints that the store believes to fare otherwise, or that are given up."""
        answered: Mapping[str, Posting] = {one.posting.endpoint: one.posting for one in outcomes}
        found = []
        for name, posting in answered.items():
            endpoint = self._endpoints[name]
            judgement = Judgement(
                endpoint=name,
                webhook=posting.webhook,
                failing_since=endpoint.failing_since,
                is_tired=endpoint.has_failed_for(LIFE, now=now),
                is_over=endpoint.has_failed_for(self._disable_after, now=now),
            )
            fails = endpoint.failing_since is not None
            if judgement.is_tired or judgement.is_over or fails is not endpoint.is_known_to_fail:
                found.append(judgement)
        return found

    def _settle(self, posting: Posting, *, now: datetime) -> None:
        endpoint = self._endpoints[posting.endpoint]
        if endpoint.in_flight.pop(posting.id, None) is not None:
            self._shares.give_back(posting.account)
        self._endpoints.look_after(posting.endpoint, at=endpoint.next_look(now=now))


@attrs.frozen(kw_only=True)
class _Plan:
    """A posting, and where it goes as things stand."""

    posting: Posting
    webhook: Webhook | None
    callback_secret: Generation = attrs.field(factory=Generation)

    @property
    def url(self) -> str:
        return self.posting.url or (self.webhook.url if self.webhook else "")

    def is_due(self, *, now: datetime) -> bool:
        return self.posting.due_at is not None and self.posting.due_at <= now


def _plans(view: View, endpoint: str, *, limit: int) -> Sequence[_Plan]:
    """What an endpoint is to be told next; nothing if its webhook is switched off or gone."""
    upcoming = view.webhooks.upcoming(endpoint, limit=limit)
    if not upcoming:
        return ()
    if upcoming[0].webhook is None:
        secret = view.webhooks.callback_secret(upcoming[0].account)
        return [_Plan(posting=one, webhook=None, callback_secret=secret) for one in upcoming]
    webhook = view.webhooks.get(upcoming[0].webhook)
    if webhook is None or not webhook.is_active:
        return ()
    return [_Plan(posting=one, webhook=webhook) for one in upcoming]


def _kept_cursor(view: View) -> int:
    return int(view.journal.get(channel=_CHANNEL, key=_CURSOR) or b"0")


def _add(work: UnitOfWork, postings: Sequence[Posting], *, cursor: int) -> None:
    for posting in postings:
        work.webhooks.add(posting)
    work.journal.put(channel=_CHANNEL, key=_CURSOR, value=b"%d" % cursor)

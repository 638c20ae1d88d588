"""
Telling endpoints what happened: every event until it is heard or given up, whatever happens here.
"""

import logging
import random
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from smscore.domain.webhooks import Posting, PostingId
from smscore.errors import GatewayError
from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, Topic, Wakeup, commit
from smscore.ports.webhooks import Answer, WebhookSender
from smscore.services._meters import Meters
from smscore.services.webhooks._endpoints import Endpoint, Endpoints
from smscore.services.webhooks._gathering import add, gather, kept_cursor
from smscore.services.webhooks._outcomes import (
    Judgement,
    Outcome,
    judgement_of,
    keep,
    outcome_of,
    warn_of,
)
from smscore.services.webhooks._plans import Plan, account_of, plans
from smscore.services.webhooks._shares import Shares
from smscore.services.webhooks._signing import Secrets

__all__ = ["Announcing"]

_log = logging.getLogger(__name__)

_BATCH = 500
_AT_ONCE = 512
"""Calls under way, to all endpoints together: each has a connection."""
_AHEAD, _FEW_AHEAD = 256, 128  # postings that are read for an endpoint, for a fraction of a second
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
        meters: Meters,
        disable_after: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._sender = sender
        self._secrets = secrets
        self._meters = meters
        self._disable_after = disable_after
        self._kept_cursor = 0
        self._kept_at = 0.0
        self._is_open = False

    def open(self) -> Wakeup:
        """Begin where the last process ended; what is given back is set when there is work."""
        self._changed = self._store.wakeup(Topic.WEBHOOKS)
        self._changed.set()  # what waits since before
        self._pushed = self._store.wakeup(Topic.PUSHES)
        self._wakeup = self._store.wakeup(Topic.EVENTS)
        self._cursor = self._kept_cursor = self._store.read(kept_cursor)
        self._endpoints = Endpoints()
        self._answered: deque[tuple[Posting, datetime, Answer]] = deque()
        self._heard: list[Outcome] = []  # not kept yet
        self._crowded: set[Endpoint] = set()  # those that wait for answers to be told more
        self._shares = Shares(_AT_ONCE)
        self._is_open = True
        return self._wakeup

    def run_once(self) -> int:
        """Keep answers, gather news, begin calls; says how much that was."""
        if not self._is_open:
            self.open()
        self._hear()
        done = self._record() + self._gather()
        is_pushed = self._pushed.wait(0)
        if self._changed.wait(0):
            self._look_around()
        elif is_pushed:
            self._look_for(self._store.read(lambda view: view.webhooks.waiting()))
        return done + self._begin()

    def go_on(self) -> bool:
        """
        Begin more calls where some were answered; says whether there is more that waits for that.

        Only of what was read already: the store is not asked, and learns of nothing.
        """
        now = self._clock.now()
        for endpoint in self._hear():
            self._call_ahead(endpoint, now=now)
        self._crowded = {one for one in self._crowded if one.ahead}
        return bool(self._crowded)

    def close(self) -> None:
        """Keep what was answered, end what was not: whoever runs next makes those calls again."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._hear()
            self._record()
        except GatewayError:
            _log.exception("answers of endpoints could not be kept; they are told again")
        self._sender().close()

    # News.

    def _gather(self) -> int:
        now, before = self._clock.now(), self._cursor
        found = self._store.read(lambda view: gather(view, cursor=before, now=now, limit=_BATCH))
        numbers = self._ids.several(len(found.postings), now=now) if found.postings else ()
        postings = [
            replace(posting, id=PostingId(number))
            for number, posting in zip(numbers, found.postings, strict=True)
        ]
        if postings or self._is_time_to_keep(found.cursor):
            commit(self._store, lambda work: add(work, postings, cursor=found.cursor))
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
        for endpoint in self._crowded:
            endpoint.ahead.clear()  # it may be another one's now, or nobody's
        self._look_for(waiting)

    def _look_for(self, waiting: Mapping[str, datetime]) -> None:
        for name, due_at in waiting.items():
            if (account := account_of(name)) is not None:
                self._endpoints[name].account = account
            self._endpoints.look_after(name, at=due_at)

    # Calls.

    def _begin(self) -> int:
        now = self._clock.now()
        looks = self._endpoints.to_look_after(now=now)
        return sum(self._begin_at(endpoint, now=now) for endpoint in looks)

    def _begin_at(self, endpoint: Endpoint, *, now: datetime) -> int:
        """Begin what an endpoint may be told now, and note when to look after it again."""
        if not min(endpoint.room(now=now), self._share(endpoint)):
            if not endpoint.calls:
                self._endpoints.look_after(endpoint.name, at=endpoint.next_look(now=now))
            return 0
        following = None
        if len(endpoint.ahead) < _FEW_AHEAD:
            following = self._look_ahead(endpoint, now=now)
        begun = self._call_ahead(endpoint, now=now)
        if endpoint.ahead:  # that waits for the next answer, if there will be one
            following = None if endpoint.calls else now
        if following is not None:
            self._endpoints.look_after(endpoint.name, at=following)
        return begun

    def _look_ahead(self, endpoint: Endpoint, *, now: datetime) -> datetime | None:
        """Read what is due, and say when the next one behind it will be."""
        limit = _AHEAD + len(endpoint.in_flight) + 1
        found = self._store.read(lambda view: plans(view, endpoint.name, limit=limit))
        if found:
            endpoint.account = found[0].posting.account
            if found[0].webhook is not None:
                endpoint.compare(found[0].webhook)
        waiting = [one for one in found if one.posting.id not in endpoint.in_flight]
        due = [one for one in waiting[:_AHEAD] if one.is_due(now=now)]
        endpoint.ahead = deque(due)
        return (waiting[len(due)].posting.due_at or now) if len(waiting) > len(due) else None

    def _call_ahead(self, endpoint: Endpoint, *, now: datetime) -> int:
        """Begin what was read, as far as there is room."""
        begun = 0
        room = min(endpoint.room(now=now), self._share(endpoint))
        while endpoint.ahead and begun < room:
            self._call(endpoint, endpoint.ahead.popleft(), now=now)
            begun += 1
        if endpoint.ahead:
            self._crowded.add(endpoint)
        return begun

    def _share(self, endpoint: Endpoint) -> int:
        """How many calls its account may begin, if anybody knows yet whose it is."""
        return _AT_ONCE if endpoint.account is None else self._shares.room(endpoint.account)

    def _call(self, endpoint: Endpoint, plan: Plan, *, now: datetime) -> None:
        posting = plan.posting
        endpoint.in_flight[posting.id] = posting
        endpoint.calls += 1
        self._shares.take(posting.account)
        answered = partial(self._hand_over, self._answered, self._wakeup, posting, now)
        call = plan.call(self._secrets, at=now)
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

    def _hear(self) -> Collection[Endpoint]:
        """Learn from answers, which are kept a little later; says which endpoints have room."""
        now, touched = self._clock.now(), {}
        while self._answered:
            posting, at, answer = self._answered[0]
            outcome = outcome_of(posting, answer, at=at, jitter=random.random())
            self._answered.popleft()
            self._heard.append(outcome)
            self._meters.called(outcome.posting, outcome.attempt)
            endpoint = touched[posting.endpoint] = self._endpoints[posting.endpoint]
            endpoint.calls -= 1
            self._shares.give_back(posting.account)
            self._learn(outcome)
        for endpoint in touched.values():
            self._endpoints.look_after(endpoint.name, at=endpoint.next_look(now=now))
        return touched.values()

    def _record(self) -> int:
        outcomes = list(self._heard)
        if not outcomes:
            return 0
        now = self._clock.now()
        judgements = self._judgements(outcomes, now=now)
        kept = commit(self._store, lambda work: keep(work, outcomes, judgements, now=now))
        self._heard.clear()
        warn_of(kept)
        for outcome in outcomes:
            self._endpoints[outcome.posting.endpoint].in_flight.pop(outcome.posting.id, None)
        for judgement in judgements:
            endpoint = self._endpoints[judgement.endpoint]
            endpoint.is_known_to_fail = judgement.failing_since is not None
        return len(outcomes)

    def _learn(self, outcome: Outcome) -> None:
        endpoint = self._endpoints[outcome.posting.endpoint]
        if outcome.is_heard:
            endpoint.succeeded()
        else:
            at, asked = outcome.attempt.at, outcome.asked_until
            endpoint.failed(at=at, jitter=random.random(), asked_until=asked)

    def _judgements(self, outcomes: Sequence[Outcome], *, now: datetime) -> Sequence[Judgement]:
        """Of the endpoints that the store believes to fare otherwise, or that are given up."""
        answered = {one.posting.endpoint: one.posting.webhook for one in outcomes}
        found = [
            judgement_of(self._endpoints[name], webhook, disable_after=self._disable_after, now=now)
            for name, webhook in answered.items()
        ]
        return [judgement for judgement in found if judgement is not None]

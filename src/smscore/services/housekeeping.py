"""
What time brings: schedules fall due, patience, validity and leases end, old records go.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import attrs

from smscore.domain.deliveries import Status
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.receipts import IDEMPOTENCY_LIFE
from smscore.domain.routes import CLOCKS_DIFFER
from smscore.errors import InvalidRequest
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, UnitOfWork, View, commit
from smscore.services._auditing import Auditor
from smscore.services._claims import STEP, end_leases
from smscore.services._leaps import CautiousClock
from smscore.services._newest import keep_newest
from smscore.services._pauses import leave_room
from smscore.services._progress import record

__all__ = ["PARKED_LIFE", "Housekeeping", "Pruned"]

T = TypeVar("T")

PARKED_LIFE = timedelta(minutes=10)
_SWEEP = timedelta(minutes=1)
_BATCH = 500
_PRUNED_AT_ONCE = 200
"""Messages, each with its story: others want to write within 50 ms."""
_SET_BACK = timedelta(seconds=30)
"""Clocks are corrected by less all the time."""
_FARTHEST_RETRY = timedelta(days=7)
"""What a channel may be told to wait for; see RetryPolicy."""
_LONGEST_PATIENCE = timedelta(days=1)


@attrs.frozen(kw_only=True)
class Pruned:
    """How much was dropped for its age."""

    messages: int
    inbound: int  # messages and parts
    postings: int = 0  # of events to endpoints
    audit: int = 0  # entries
    channels: int = 0  # events of theirs


_NOTHING = Pruned(messages=0, inbound=0)


class Housekeeping:
    """Call :meth:`run_once` about twice a second: it does what is due, and says how much."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        auditor: Auditor,
    ) -> None:
        self._store = store
        self._clock = clock
        self._keys_clock = CautiousClock(clock, doubt=IDEMPOTENCY_LIFE)
        self._auditor = auditor
        self._looked_at: tuple[datetime, float] | None = None
        self._swept_at: datetime | None = None
        self._leases_ended_at: datetime | None = None

    def run_once(self) -> int:
        """
        Let go what is due, end what is over, give to the next channel what was not accepted.

        Once a minute leases of phones end, and what nobody needs any more is forgotten.
        """
        now = self._clock.now()
        done = self._promote(now) + self._expire(now) + self._fall_back(now)
        done += self._mend_times(now) + self._end_leases(now)
        if _is_time(now, since=self._swept_at, every=_SWEEP):
            swept = self._sweep(now)
            done += swept
            if swept < _BATCH:  # otherwise there is more, and the next round goes on
                self._swept_at = now
        return done

    def prune(
        self,
        *,
        before: datetime,
        audit_before: datetime | None = None,
        progress: Callable[[Pruned], None] | None = None,
    ) -> Pruned:
        """
        Drop what ended before then, in and out, in small steps; ``progress`` hears of each.

        The ledger stays: its entries go on to add up to the balance. So does the audit log, but for
        what was written into it ``audit_before`` then.

        Raises:
            InvalidRequest: ``before`` has no time zone, or is not in the past.
        """
        if before.tzinfo is None or before >= self._clock.now():
            raise InvalidRequest(f"only what is past can be dropped, not what was before {before}")
        audit = self._prune_audit(before, audit_before)
        done = Pruned(messages=0, inbound=0, audit=audit)
        while step := self._prune(before):
            done = Pruned(
                messages=done.messages + step.messages,
                inbound=done.inbound + step.inbound,
                postings=done.postings + step.postings,
                channels=done.channels + step.channels,
                audit=audit,
            )
            if progress is not None:
                progress(done)
        return done

    def _prune_audit(self, before: datetime, audit_before: datetime | None) -> int:
        """Write down what is being done, and say how many old entries are gone."""
        entry = self._auditor.entry(
            "messages.pruned",
            f"before {before.isoformat()}",
            audit_before=None if audit_before is None else audit_before.isoformat(),
        )
        commit(self._store, lambda work: work.audit.add(entry))
        dropped = 0
        while audit_before is not None and (step := self._drop_audit(audit_before)):
            dropped += step
        return dropped

    def _drop_audit(self, before: datetime) -> int:
        return self._step(lambda work: work.audit.prune(before=before, limit=_BATCH))

    def _prune(self, before: datetime) -> Pruned | None:
        def work(work: UnitOfWork) -> Pruned:
            keep_newest(work)
            return Pruned(
                messages=work.outbox.prune(before=before, limit=_PRUNED_AT_ONCE),
                inbound=work.inbox.prune(before=before, limit=_PRUNED_AT_ONCE),
                postings=work.webhooks.prune(before=before, limit=_PRUNED_AT_ONCE),
                channels=work.events.prune_channels(before=before, limit=_BATCH),
            )

        step = self._step(work)
        return None if step == _NOTHING else step

    def _step(self, work: Callable[[UnitOfWork], T]) -> T:
        begun = self._clock.monotonic()
        done = commit(self._store, work)
        leave_room(self._clock, since=begun)
        return done

    def _mend_times(self, now: datetime) -> int:
        """
        Let retries not wait for hours that come twice: when the clock was set back, they are due.

        It may have been set while nobody looked: no retry waits for longer than a week. What
        customers have scheduled waits for the moment that they named.
        """
        before, self._looked_at = self._looked_at, (now, self._clock.monotonic())
        if before is None:
            return self._promote_retries(now, after=now + _FARTHEST_RETRY)
        gone = now - before[0] - timedelta(seconds=self._looked_at[1] - before[1])
        if gone > -_SET_BACK:
            return 0
        done = self._promote_retries(now, after=now)
        return done + self._step(
            lambda work: _fall_back(work, now, until=now - gone + _LONGEST_PATIENCE)
        )

    def _promote_retries(self, now: datetime, *, after: datetime) -> int:
        """All of those that are due after then, in steps."""
        done = 0
        while retries := self._store.read(
            lambda view: view.outbox.retries(after=after, ahead=now + CLOCKS_DIFFER, limit=_BATCH)
        ):
            messages = [one.message for one in retries]
            step = self._step(partial(_retry, messages=messages, now=now))
            if not step:
                break  # others have seen to them
            done += step
        return done

    def _promote(self, now: datetime) -> int:
        if not self._store.read(lambda view: view.outbox.has_due(now=now)):
            return 0
        return commit(self._store, lambda work: _promote(work, now))

    def _expire(self, now: datetime) -> int:
        if not self._store.read(lambda view: view.outbox.has_overdue(now=now)):
            return 0
        return commit(self._store, lambda work: _expire(work, now))

    def _fall_back(self, now: datetime) -> int:
        if not self._store.read(lambda view: view.outbox.has_stranded(now=now)):
            return 0
        return commit(self._store, lambda work: _fall_back(work, now, until=now))

    def _end_leases(self, now: datetime) -> int:
        """Of what phones have fetched: a step for each account, and more of them next round."""
        if not _is_time(now, since=self._leases_ended_at, every=_SWEEP):
            return 0
        ended = [
            commit(self._store, partial(end_leases, account=account, before=before, now=now))
            for account, before in self._store.read(lambda view: _ended_leases(view, now))
        ]
        if max(ended, default=0) < STEP:
            self._leases_ended_at = now
        return sum(ended)

    def _sweep(self, now: datetime) -> int:
        keys_before = self._keys_clock.now() - IDEMPOTENCY_LIFE
        return commit(self._store, lambda work: _sweep(work, now, keys_before=keys_before))


def _is_time(now: datetime, *, since: datetime | None, every: timedelta) -> bool:
    """Whether to do again what was last done then; at once if the clock was set back."""
    return since is None or not timedelta(0) <= now - since < every


def _promote(work: UnitOfWork, now: datetime) -> int:
    due = work.outbox.due(now=now, limit=_BATCH)
    for delivery in due:
        record(work, delivery.promoted(at=now), at=now)
    return len(due)


def _retry(work: UnitOfWork, *, messages: Sequence[MessageId], now: datetime) -> int:
    """Those of them that still wait, and for nothing that a customer has named, are due."""
    found = [tracked for one in messages if (tracked := work.outbox.get(one)) is not None]
    waiting = [
        one.delivery
        for one in found
        if one.delivery.status is Status.SCHEDULED
        and (one.delivery.error is not None or one.message.not_before is None)
    ]
    for delivery in waiting:
        record(work, delivery.promoted(at=now), at=now)
    return len(waiting)


def _expire(work: UnitOfWork, now: datetime) -> int:
    overdue = work.outbox.overdue(now=now, limit=_BATCH)
    for delivery in overdue:
        record(work, delivery.expired(at=now), at=now)
    return len(overdue)


def _fall_back(work: UnitOfWork, now: datetime, *, until: datetime) -> int:
    """Give to their next channels what the first ones have not accepted by then."""
    stranded = work.outbox.stranded(now=until, limit=_BATCH)
    for delivery in stranded:
        patience = delivery.route[0].patience or 0
        error = f"not accepted within {patience:g} s"
        after = delivery.fallen_back(at=now, error=error)
        detail = {"channel": delivery.channel, "to": after.channel, "why": "too_late"}
        record(work, after, at=now, kind="message.rerouted", detail={**detail, "error": error})
    return len(stranded)


def _ended_leases(view: View, now: datetime) -> Sequence[tuple[AccountId, datetime]]:
    """Accounts, and when was handed out at the latest what their phones had for too long."""
    leased = [
        (one.id, now - one.claim_lease)
        for one in view.accounts.all()
        if one.claim_lease is not None
    ]
    return [
        (account, before)
        for account, before in leased
        if view.outbox.claimed(account, before=before, limit=1)
    ]


def _sweep(work: UnitOfWork, now: datetime, *, keys_before: datetime) -> int:
    return work.outbox.forget_parked(before=now - PARKED_LIFE) + work.idempotency.forget(
        before=keys_before, limit=_BATCH
    )

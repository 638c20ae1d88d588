"""
What time brings: schedules fall due, validity ends, leases die, old records go.
"""

from datetime import datetime, timedelta

from smscore.ids import IdSequence
from smscore.ports.clock import Clock
from smscore.ports.storage import Lane, Store, UnitOfWork
from smscore.services._progress import record

__all__ = ["HEARTBEAT", "PARKED_LIFE", "Housekeeping"]

HEARTBEAT = timedelta(seconds=10)
PARKED_LIFE = timedelta(minutes=10)
_IDEMPOTENCY_LIFE = timedelta(hours=24)
_SWEEP = timedelta(minutes=1)
_BATCH = 500


class Housekeeping:
    """Call :meth:`run_once` about twice a second: it does what is due, and says how much."""

    def __init__(self, *, store: Store, clock: Clock, ids: IdSequence) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._beaten_at: datetime | None = None
        self._swept_at: datetime | None = None

    def run_once(self) -> int:
        """Promote, expire and, now and then, beat and sweep."""
        now = self._clock.now()
        done = self._promote(now) + self._expire(now)
        if self._beaten_at is None or now - self._beaten_at >= HEARTBEAT:
            self._beat(now)
            self._beaten_at = now
        if self._swept_at is None or now - self._swept_at >= _SWEEP:
            done += self._sweep(now)
            self._swept_at = now
        return done

    def _promote(self, now: datetime) -> int:
        if not self._store.read(lambda view: view.outbox.has_due(now=now)):
            return 0
        return self._store.run(lambda work: _promote(work, now), lane=Lane.CUSTODY).result()

    def _expire(self, now: datetime) -> int:
        if not self._store.read(lambda view: view.outbox.has_overdue(now=now)):
            return 0
        return self._store.run(lambda work: _expire(work, now), lane=Lane.CUSTODY).result()

    def _beat(self, now: datetime) -> None:
        process = self._ids.process
        self._store.run(
            lambda work: work.processes.beat(process, now=now), lane=Lane.CUSTODY
        ).result()

    def _sweep(self, now: datetime) -> int:
        return self._store.run(lambda work: _sweep(work, now), lane=Lane.CUSTODY).result()


def _promote(work: UnitOfWork, now: datetime) -> int:
    due = work.outbox.due(now=now, limit=_BATCH)
    for delivery in due:
        record(work, delivery.promoted(), at=now)
    return len(due)


def _expire(work: UnitOfWork, now: datetime) -> int:
    overdue = work.outbox.overdue(now=now, limit=_BATCH)
    for delivery in overdue:
        record(work, delivery.expired(at=now), at=now)
    return len(overdue)


def _sweep(work: UnitOfWork, now: datetime) -> int:
    return work.outbox.forget_parked(before=now - PARKED_LIFE) + work.idempotency.forget(
        before=now - _IDEMPOTENCY_LIFE, limit=_BATCH
    )

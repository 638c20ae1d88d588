"""
What waits for a channel that cannot take it goes by another one, if there is one.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from smscore.domain.deliveries import Delivery, Leg, Status
from smscore.domain.messages import MessageId, Priority
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, UnitOfWork, commit
from smscore.services._progress import record

__all__ = ["Diversion"]

_PATIENCE = 30.0
"""Seconds for which a channel may be unable before its messages go to their next one."""
_BATCH = 500

Least = Mapping[str, Priority | None]
"""The least priority that each channel takes, None of one that takes nothing."""


class Diversion:
    """Lets what could go elsewhere not wait for a channel that has been unable for long."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._unable_since: dict[str, float] = {}
        self._looked_past: dict[str, int] = {}

    def end(self, channel: str) -> None:
        """The channel is able again."""
        self._unable_since.pop(channel, None)
        self._looked_past.pop(channel, None)

    def run_once(self, channel: str, least: Callable[[], Least]) -> int:
        """
        Send on some of what waits for the channel, and say how many messages that were.

        The next call goes on behind what can only wait: there may be any number of these.
        """
        passed = self._clock.monotonic()
        if passed - self._unable_since.setdefault(channel, passed) < _PATIENCE:
            return 0
        skip = self._looked_past.get(channel, 0)
        waiting = self._store.read(
            lambda view: view.outbox.waiting(channel, skip=skip, limit=_BATCH)
        )
        able, now = least(), self._clock.now()
        found = [one.message.id for one in waiting if _way(one.delivery, able)]
        done = 0
        if found:
            done = commit(self._store, lambda work: _divert(work, channel, found, able, now=now))
        is_last = len(waiting) < _BATCH
        self._looked_past[channel] = 0 if is_last else skip + len(waiting) - done
        return done


def _divert(
    work: UnitOfWork, channel: str, found: Sequence[MessageId], least: Least, *, now: datetime
) -> int:
    diverted = 0
    for message in found:
        tracked = work.outbox.get(message)
        if tracked is None or tracked.delivery.channel != channel:
            continue
        leg = _way(tracked.delivery, least)
        if leg is None:
            continue
        record(
            work,
            tracked.delivery.diverted(leg),
            at=now,
            kind="message.rerouted",
            detail={"channel": channel, "to": leg.channel, "error": "the channel is not ready"},
        )
        diverted += 1
    return diverted


def _way(delivery: Delivery, least: Least) -> Leg | None:
    """The other leg that can take it now; what falls back does so in its own time."""
    if delivery.status is not Status.QUEUED or delivery.parts or delivery.fall_back_at is not None:
        return None
    able = (leg for leg in delivery.route if _is_able(leg.channel, delivery.priority, least))
    first = next(able, None)
    return None if first is delivery.route[0] else first


def _is_able(channel: str, priority: Priority, least: Least) -> bool:
    lowest = least.get(channel, Priority.LOW)  # phones take everything
    return lowest is not None and priority >= lowest

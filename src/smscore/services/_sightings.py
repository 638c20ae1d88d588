"""
How a channel was when a server last looked at it, as it is kept in the store.
"""

from datetime import datetime, timedelta

import attrs
from cattrs.preconf.json import make_converter

from smscore.domain.messages import Priority
from smscore.ports.storage import UnitOfWork, View
from smscore.ports.transport import ChannelHealth

__all__ = ["Sighting", "keep_sighting", "sighting_of"]

_PATIENCE = timedelta(seconds=30)
_REFRESH = timedelta(minutes=1)
_VALIDITY = 2 * _REFRESH
_PATIENCE_WITH_FACTS = timedelta(seconds=10)
_KEY = "sighting"
_converter = make_converter()


@attrs.frozen(kw_only=True)
class Sighting:
    """
    How a channel was when it was last looked at.

    ``since`` is when it became ready or ceased to be, ``crowded_since`` when it began to take
    urgent messages only; ``is_down`` says that a person was told.
    """

    health: ChannelHealth
    at: datetime
    since: datetime
    is_down: bool = False
    crowded_since: datetime | None = None

    @classmethod
    def first(cls, health: ChannelHealth, *, at: datetime) -> "Sighting":
        """Of a channel at which nobody has looked before."""
        earlier = cls(health=health, at=at, since=at, is_down=health.is_alarming)
        return earlier.followed_by(health, at=at)

    def followed_by(self, health: ChannelHealth, *, at: datetime) -> "Sighting":
        """
        The next one.

        A channel is down when it cannot send for half a minute, or at once when it says that only
        a person can help; and up again as soon as it is ready.
        """
        is_same = health.is_ready is self.health.is_ready
        since = self.since if is_same else at
        needs_somebody = health.is_alarming or at - since >= _PATIENCE
        return Sighting(
            health=health,
            at=at,
            since=since,
            is_down=not health.is_ready and (self.is_down or needs_somebody),
            crowded_since=(self.crowded_since or at) if _is_crowded(health) else None,
        )

    def is_old(self, *, at: datetime) -> bool:
        """Whether nobody looks at it any more."""
        return at - self.at > _VALIDITY

    def is_unable(self, priority: Priority, *, at: datetime) -> bool:
        """Whether messages of this priority had better not wait for it: it has been too long."""
        if self.is_old(at=at):
            return False
        if priority < self.health.least_priority:
            since = self.crowded_since
        else:
            since = None if self.health.is_ready else self.since
        return since is not None and at - since >= _PATIENCE

    def is_news_after(self, earlier: "Sighting | None") -> bool:
        """Whether it has to be written down; counters alone may wait a little."""
        if earlier is None or _essence(self) != _essence(earlier):
            return True
        patience = _REFRESH if earlier.health == self.health else _PATIENCE_WITH_FACTS
        return not timedelta(0) <= self.at - earlier.at < patience


def sighting_of(view: View, channel: str) -> Sighting | None:
    """How a channel was when a server last looked; None: none ever has."""
    kept = view.journal.get(channel=channel, key=_KEY)
    return None if not kept else _converter.loads(kept, Sighting)


def keep_sighting(work: UnitOfWork, channel: str, sighting: Sighting) -> None:
    """Write down how a channel is."""
    work.journal.put(channel=channel, key=_KEY, value=_converter.dumps(sighting).encode())


def _is_crowded(health: ChannelHealth) -> bool:
    return health.least_priority > Priority.LOW


def _essence(sighting: Sighting) -> tuple[object, ...]:
    health = sighting.health
    return (
        sighting.is_down,
        health.is_ready,
        health.is_alarming,
        health.is_tentative,
        health.least_priority,
        health.detail,
        health.identity,
    )

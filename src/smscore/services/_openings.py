"""
Which channels may be chosen for something new, and which of them had better not be.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

import attrs

from smscore.domain.messages import Priority
from smscore.domain.routing import Topology
from smscore.errors import StoreError
from smscore.ports.clock import Clock
from smscore.ports.storage import Store
from smscore.services._settings import Settings
from smscore.services._sightings import Sighting, sighting_of

__all__ = ["Openings"]

_INTERVAL = timedelta(seconds=1)
_MOMENT = timedelta(milliseconds=10)  # from asking whether it is at hand to using it


class Openings:
    """
    The configured channels as they are now: without those that run empty, and knowing which ones of
    a group have been unable to send for long. Any thread may ask.
    """

    def __init__(self, *, store: Store, settings: Settings, topology: Topology) -> None:
        self._store = store
        self._settings = settings
        self._topology = topology
        self._members = frozenset(name for group in topology.groups.values() for name in group)
        self._seen: _Seen | None = None

    def topology(self, priority: Priority, *, now: datetime) -> Topology:
        """What planning chooses from for a message of this priority."""
        resting = self._look(now).resting[priority] if self._members else frozenset()
        return _opened(self._topology, self._settings.draining(), resting)

    def are_at_hand(self, clock: Clock) -> bool:
        """Whether :meth:`topology` need not look at the store now, nor in a moment."""
        seen = self._seen
        if self._members and not (seen is not None and seen.is_recent(clock.now() + _MOMENT)):
            return False
        return self._settings.has_modes_at_hand

    def topology_of(self, *, closed: frozenset[str], resting: frozenset[str]) -> Topology:
        """What planning chose from when these took nothing new, and those were chosen last."""
        return _opened(self._topology, closed, resting)

    def _look(self, now: datetime) -> "_Seen":
        seen = self._seen  # once: any thread may exchange it
        if seen is None or not seen.is_recent(now):
            seen = self._seen = _Seen.of(self._sightings(), at=now)
        return seen

    def _sightings(self) -> Mapping[str, Sighting | None]:
        try:
            return self._store.read(
                lambda view: {name: sighting_of(view, name) for name in self._members}
            )
        except StoreError:
            return {}  # whoever stores the message hears of it


@attrs.frozen
class _Seen:
    """The channels that were unable for long when somebody looked last, for each priority."""

    at: datetime
    resting: Mapping[Priority, frozenset[str]]

    def is_recent(self, now: datetime) -> bool:
        return timedelta(0) <= now - self.at < _INTERVAL

    @classmethod
    def of(cls, sightings: Mapping[str, Sighting | None], *, at: datetime) -> "_Seen":
        return cls(
            at=at,
            resting={
                priority: frozenset(
                    name
                    for name, sighting in sightings.items()
                    if sighting is not None and sighting.is_unable(priority, at=at)
                )
                for priority in Priority
            },
        )


@lru_cache(maxsize=64)  # the same one for all messages: plans are kept by their topology
def _opened(topology: Topology, closed: frozenset[str], resting: frozenset[str]) -> Topology:
    if closed:
        topology = topology.without(closed)
    return topology.with_resting(resting) if resting else topology

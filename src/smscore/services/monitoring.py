"""
Keeping watch over the channels: how each is goes into the store, and a person hears of trouble.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from smscore.domain.events import NO_MESSAGE, Event
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, UnitOfWork, View, commit
from smscore.ports.transport import ChannelHealth
from smscore.services._sightings import Sighting, keep_sighting, sighting_of

__all__ = ["Monitoring"]

_log = logging.getLogger(__name__)

_COUNTED = "events"


class Monitoring:
    """
    The use case *watch*. Call :meth:`run_once` about twice a second, for the ``channels`` that run
    here; and on one of several servers :meth:`look_for_absent`, for those that run nowhere.

    What it tells is an event, ``channel.down`` or ``channel.up``, and a line in the log.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        channels: Callable[[], Collection[str]],
        health: Callable[[str], ChannelHealth],
        absent: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._store = store
        self._clock = clock
        self._health = health
        self._channels = channels
        self._absent = absent
        self._kept: dict[str, Sighting] = {}
        self._kept_absent: dict[str, Sighting] = {}

    def run_once(self) -> int:
        """Look at every channel, and say of how many there was something to write down."""
        found = {name: self._health(name) for name in self._channels()}
        self._kept, count = self._look(found, self._kept)
        return count

    def look_for_absent(self) -> int:
        """The same for the channels that no server runs."""
        found = {
            name: ChannelHealth(is_ready=False, detail=why) for name, why in self._absent().items()
        }
        self._kept_absent, count = self._look(found, self._kept_absent)
        return count

    def _look(
        self, found: Mapping[str, ChannelHealth], before: dict[str, Sighting]
    ) -> tuple[dict[str, Sighting], int]:
        """What is kept of these channels now, and of how many that is news."""
        new = found.keys() - before.keys()  # others have looked at them since, if anybody has
        earlier = self._store.read(lambda view: _read(view, new)) if new else {}
        kept = {name: one for name, one in (before | earlier).items() if name in found}
        now = self._clock.now()
        seen = {name: _seen(health, kept.get(name), at=now) for name, health in found.items()}
        news = {name: one for name, one in seen.items() if one.is_news_after(kept.get(name))}
        if news:
            commit(self._store, lambda work: _keep(work, news, kept))
            _tell(news, kept)
        return kept | news, len(news)


def _read(view: View, names: Collection[str]) -> dict[str, Sighting]:
    found = {name: sighting_of(view, name) for name in names}
    return {name: sighting for name, sighting in found.items() if sighting is not None}


def _seen(health: ChannelHealth, earlier: Sighting | None, *, at: datetime) -> Sighting:
    if earlier is None:
        return Sighting.first(health, at=at)
    return earlier.followed_by(health, at=at)


def _keep(work: UnitOfWork, news: Mapping[str, Sighting], kept: Mapping[str, Sighting]) -> None:
    for name, sighting in news.items():
        keep_sighting(work, name, sighting)
        if (kind := _turn(sighting, kept.get(name))) is not None:
            work.events.add(_event(work, kind, name, sighting))


def _event(work: UnitOfWork, kind: str, channel: str, sighting: Sighting) -> Event:
    counted = int(work.journal.get(channel="", key=_COUNTED) or b"0") + 1
    work.journal.put(channel="", key=_COUNTED, value=b"%d" % counted)
    return Event(
        message=NO_MESSAGE,
        account=None,
        sequence=counted,
        kind=kind,
        at=sighting.at,
        detail={"channel": channel, "why": sighting.health.detail},
    )


def _turn(sighting: Sighting, earlier: Sighting | None) -> str | None:
    """The kind of event that the sighting is, if it is one."""
    was_down = earlier is not None and earlier.is_down
    if sighting.is_down is was_down:
        return None
    return "channel.down" if sighting.is_down else "channel.up"


def _tell(news: Mapping[str, Sighting], kept: Mapping[str, Sighting]) -> None:
    for name, sighting in news.items():
        match _turn(sighting, kept.get(name)):
            case "channel.down":
                _log.error("channel %s is down: %s", name, sighting.health.detail)
            case "channel.up":
                _log.warning("channel %s is up again", name)

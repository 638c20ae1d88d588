"""
How things are, as readings: each compared with an upper threshold and a lower one.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta

import attrs

from smscore.config import AlertsConfig
from smscore.domain.alerts import AlertKind, Condition, Grade, Reading
from smscore.ports.storage import View
from smscore.ports.transport import ChannelHealth
from smscore.services._sightings import sighting_of

__all__ = ["Looking", "store_reading"]

_CREDIT_AGAIN = 1.25  # times the threshold
_QUEUE_AGAIN = 0.5
_SIM_AGAIN = 0.75
_SHOWN = 200  # silent phones


def store_reading(fault: str | None) -> Reading:
    """How the store is that has just been written to, or not."""
    return Reading(
        condition=Condition(kind=AlertKind.STORE_FAILING),
        grade=Grade.WELL if fault is None else Grade.BAD,
        detail=f"the store fails: {fault}" if fault else "the store works",
    )


@attrs.frozen(kw_only=True)
class Looking:
    """
    What is looked at: ``channels`` are all, ``own`` says which of them run here, and ``health`` how
    one of those is.
    """

    config: AlertsConfig
    channels: tuple[str, ...]
    own: Callable[[], Collection[str]]
    health: Callable[[str], ChannelHealth]
    silent_after: timedelta

    def without_store(self) -> Iterator[Reading]:
        """What can be known while the store fails."""
        for name in self.own():
            health = self.health(name)
            yield _channel(name, health)
            yield from self._sim(name, health)

    def everything(self, view: View, *, at: datetime) -> Iterator[Reading]:
        """All of it, but for the store itself."""
        for name in self.channels:
            sighting = sighting_of(view, name)
            if sighting is not None:
                yield _channel(name, sighting.health)
                yield from self._sim(name, sighting.health)
        yield from self._queues(view, at=at)
        yield from self._credits(view)
        yield self._dead_letters(view)
        yield from self._phones(view, at=at)

    def _sim(self, name: str, health: ChannelHealth) -> Iterator[Reading]:
        if health.fullness is None:
            return
        limit = self.config.sim_full
        yield Reading(
            condition=Condition(kind=AlertKind.SIM_FULL, subject=name),
            grade=_grade(health.fullness, bad=limit, well=_SIM_AGAIN * limit),
            detail=f"the store of {name} for what arrives is {health.fullness:.0%} full",
        )

    def _queues(self, view: View, *, at: datetime) -> Iterator[Reading]:
        backlog = view.outbox.backlog()
        limit = self.config.queue_age
        for name, oldest in view.outbox.oldest(backlog).items():
            age = (at - oldest).total_seconds()
            yield Reading(
                condition=Condition(kind=AlertKind.QUEUE_AGE, subject=name),
                grade=_grade(age, bad=limit, well=_QUEUE_AGAIN * limit),
                detail=f"{backlog[name]} wait for {name}, the oldest for {age / 60:.0f} min",
            )

    def _credits(self, view: View) -> Iterator[Reading]:
        limit = self.config.low_credit
        if limit is None:
            return
        for one in view.accounts.all():
            if one.credits is not None:
                yield Reading(
                    condition=Condition(kind=AlertKind.LOW_CREDIT, subject=one.name),
                    grade=_grade(-one.credits, bad=-limit, well=-_CREDIT_AGAIN * limit),
                    detail=f"{one.name} has {one.credits} credits left",
                )

    def _dead_letters(self, view: View) -> Reading:
        count, limit = sum(view.webhooks.given_up().values()), self.config.dead_letters
        return Reading(
            condition=Condition(kind=AlertKind.DEAD_LETTERS),
            grade=_grade(count, bad=limit, well=limit // 2),
            detail=f"deliveries given up: {count}; 'smscore check' says to whom",
        )

    def _phones(self, view: View, *, at: datetime) -> Iterator[Reading]:
        found = view.devices.silent(since=at - self.silent_after, limit=_SHOWN)
        names: Mapping[int, str] = (
            {one.id: one.name for one in view.accounts.all()} if found else {}
        )
        for one in found:
            title = f"{_on_a_line(one.name) or 'unnamed'} of {names.get(one.account, '')}"
            seen = one.last_seen.isoformat(timespec="seconds").replace("+00:00", "Z")
            yield Reading(
                condition=Condition(kind=AlertKind.PHONE_SILENT, subject=title),
                grade=Grade.BAD,
                detail=f"{title} is silent since {seen}",
            )


def _channel(name: str, health: ChannelHealth) -> Reading:
    now = "can send again, for now" if health.is_ready else "cannot send"
    return Reading(
        condition=Condition(kind=AlertKind.CHANNEL_DOWN, subject=name),
        grade=Grade.WELL if health.is_ready else Grade.BAD,
        detail=f"{name} {now}: {health.detail}",
    )


def _on_a_line(name: str) -> str:
    """A name that its phone has chosen, without what would end a line."""
    return "".join(char if char.isprintable() else "\ufffd" for char in name)


def _grade(value: float, *, bad: float, well: float) -> Grade:
    if value >= bad:
        return Grade.BAD
    return Grade.WELL if value <= well else Grade.BETWEEN

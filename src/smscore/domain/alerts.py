"""
Alerts to operators: what has not been well for long enough, and who has been told of it.

Nothing here looks at anything. What was seen goes in as readings; a board says which conditions are
raised; a listener knows what one receiver has heard, and so what it has to hear next.
"""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import attrs

__all__ = [
    "MOST_AT_ONCE",
    "AlertKind",
    "Board",
    "Condition",
    "Grade",
    "Heard",
    "Listener",
    "News",
    "Patience",
    "Reading",
    "Turn",
    "Watched",
]

MOST_AT_ONCE = 100
"""News that a receiver is told at a time; the others come next."""

_MOMENT = timedelta(seconds=10)
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(minutes=10)


class AlertKind(enum.StrEnum):
    """What can be wrong."""

    CHANNEL_DOWN = "channel_down"
    QUEUE_AGE = "queue_age"
    STORE_FAILING = "store_failing"
    LOW_CREDIT = "low_credit"
    SIM_FULL = "sim_full"
    DEAD_LETTERS = "dead_letters"
    PHONE_SILENT = "phone_silent"


class Grade(enum.StrEnum):
    """How something is: beyond the upper threshold, between both, or below the lower one."""

    BAD = "bad"
    BETWEEN = "between"
    WELL = "well"


class Turn(enum.StrEnum):
    """What a receiver hears of a condition."""

    RAISED = "raised"
    REMINDED = "reminded"
    CLEARED = "cleared"


@attrs.frozen(kw_only=True, order=True)
class Condition:
    """One thing that can be wrong; ``subject`` is what it is wrong with, such as a channel."""

    kind: AlertKind
    subject: str = ""


@attrs.frozen(kw_only=True)
class Reading:
    """How something was when it was looked at; ``detail`` says it to people."""

    condition: Condition
    grade: Grade
    detail: str


@attrs.frozen(kw_only=True)
class Patience:
    """
    How long something must be bad until it is raised, by kind, and well until it is cleared.

    What is bad again before it was well for so long goes on where it was: bad moments add up.
    """

    until_raised: Mapping[AlertKind, timedelta]
    until_cleared: timedelta


@attrs.frozen(kw_only=True)
class Watched:
    """
    A condition that is raised, or may soon be.

    Until it is raised ``bad_for`` are the seconds for which it has been bad, in sum; ``well_since``
    is since when it has been well, and ``seen_at`` when it was looked at last, then ``was_bad``.
    """

    condition: Condition
    detail: str = ""
    raised_at: datetime | None = None
    bad_for: float | None = None  # None: never, or that is forgotten
    well_since: datetime | None = None
    seen_at: datetime | None = None
    was_bad: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to remember."""
        return self.raised_at is None and self.bad_for is None

    def seen(self, grade: Grade, *, at: datetime, patience: Patience) -> "Watched":
        """After another look. What is neither bad nor well counts for neither."""
        well_since = None
        if grade is Grade.WELL:
            well_since = min(self.well_since or at, at)  # a clock may be set back
            if at - well_since >= patience.until_cleared:
                return Watched(condition=self.condition)
        after = attrs.evolve(self, seen_at=at, well_since=well_since, was_bad=grade is Grade.BAD)
        if grade is not Grade.BAD or self.raised_at is not None:
            return after
        bad_for = (self.bad_for or 0.0) + self._passed(at).total_seconds()
        if timedelta(seconds=bad_for) >= self._until_raised(patience):
            return attrs.evolve(after, raised_at=at, bad_for=None)
        return attrs.evolve(after, bad_for=bad_for)

    def _passed(self, at: datetime) -> timedelta:
        """For how long what is bad now has been so: of the time before nobody knows much."""
        passed = max(at - (self.seen_at or at), timedelta(0))
        return passed if self.was_bad else min(passed, _MOMENT)

    def _until_raised(self, patience: Patience) -> timedelta:
        return patience.until_raised.get(self.condition.kind, timedelta(0))


@attrs.frozen(kw_only=True)
class Board:
    """All conditions that are raised or may soon be; at most one of each."""

    watched: tuple[Watched, ...] = ()

    @property
    def raised(self) -> tuple[Watched, ...]:
        """Those that are raised, in the order of their kinds."""
        return tuple(one for one in self.watched if one.raised_at is not None)

    def seen(
        self,
        readings: Iterable[Reading],
        *,
        looked_at: Collection[AlertKind],
        at: datetime,
        patience: Patience,
    ) -> "Board":
        """
        After another look.

        What has no reading is well, if its kind was ``looked_at``; otherwise nobody knows, and it
        stays as it is.
        """
        known = {one.condition: one for one in self.watched}
        found = {one.condition: one for one in readings}
        after = []
        for condition in sorted({*known, *found}):
            before = known.get(condition, Watched(condition=condition))
            reading = found.get(condition)
            if reading is not None:
                grade, before = reading.grade, attrs.evolve(before, detail=reading.detail)
            else:
                grade = Grade.WELL if condition.kind in looked_at else Grade.BETWEEN
            after.append(before.seen(grade, at=at, patience=patience))
        return Board(watched=tuple(one for one in after if not one.is_idle))

    def resumed(self) -> "Board":
        """After nobody has looked for a while: what is raised stays so, all times begin anew."""
        raised = (
            Watched(condition=one.condition, detail=one.detail, raised_at=one.raised_at)
            for one in self.raised
        )
        return Board(watched=tuple(raised))


@attrs.frozen(kw_only=True)
class Heard:
    """
    What a receiver has heard of a condition, and when.

    If it is not sure that it did, since its answer was lost, it hears the same again.
    """

    condition: Condition
    raised_at: datetime
    at: datetime
    is_sure: bool = True


@attrs.frozen(kw_only=True)
class News:
    """One thing that a receiver is told."""

    turn: Turn
    condition: Condition
    raised_at: datetime
    detail: str = ""


@attrs.frozen(kw_only=True)
class Listener:
    """
    What one receiver has been told, so often (``told``), last ``told_at``.

    It is told by comparing what it has heard with what is so: whatever came and went while it could
    not be reached needs no words.
    """

    heard: tuple[Heard, ...] = ()
    told: int = 0
    told_at: datetime | None = None
    failures: int = 0  # in a row
    failed_at: datetime | None = None

    def news(
        self, board: Board, *, at: datetime, pause: timedelta, remind_after: timedelta
    ) -> Sequence[News]:
        """What is to be told now: nothing within ``pause`` of the last time, or after a failure."""
        if _is_within(pause, self.told_at, at) or _is_within(self._back_off, self.failed_at, at):
            return ()
        raised = {(one.condition, one.raised_at) for one in board.raised}
        cleared = [
            News(turn=Turn.CLEARED, condition=one.condition, raised_at=one.raised_at)
            for one in self.heard
            if (one.condition, one.raised_at) not in raised
        ]
        # First what is over: a condition that came back is heard of in the right order.
        return (*cleared, *self._about(board, at=at, remind_after=remind_after))[:MOST_AT_ONCE]

    def was_told(self, news: Sequence[News], *, at: datetime) -> "Listener":
        """After it has heard these."""
        return attrs.evolve(
            self,
            heard=self._after(news, at=at, is_sure=True),
            told=self.told + 1,
            told_at=at,
            failures=0,
            failed_at=None,
        )

    def was_not_told(self, news: Sequence[News], *, at: datetime) -> "Listener":
        """After nobody knows whether it has heard these."""
        tried = [one for one in news if one.turn is Turn.RAISED]
        return attrs.evolve(
            self,
            heard=self._after(tried, at=at, is_sure=False),
            failures=self.failures + 1,
            failed_at=at,
        )

    @property
    def _back_off(self) -> timedelta:
        return min(_FIRST_PAUSE * 2.0 ** min(self.failures - 1, 10), _LONGEST_PAUSE)

    def _about(self, board: Board, *, at: datetime, remind_after: timedelta) -> Iterable[News]:
        heard = {(one.condition, one.raised_at): one for one in self.heard}
        for one in board.raised:
            if one.raised_at is None:
                continue
            before = heard.get((one.condition, one.raised_at))
            if before is None or not before.is_sure:
                turn = Turn.RAISED
            elif at - before.at >= remind_after:
                turn = Turn.REMINDED
            else:
                continue
            yield News(
                turn=turn, condition=one.condition, raised_at=one.raised_at, detail=one.detail
            )

    def _after(self, news: Sequence[News], *, at: datetime, is_sure: bool) -> tuple[Heard, ...]:
        kept = {(one.condition, one.raised_at): one for one in self.heard}
        for one in news:
            key = (one.condition, one.raised_at)
            if one.turn is Turn.CLEARED:
                kept.pop(key, None)
            else:
                kept[key] = Heard(
                    condition=one.condition, raised_at=one.raised_at, at=at, is_sure=is_sure
                )
        return tuple(kept.values())


def _is_within(time: timedelta, since: datetime | None, at: datetime) -> bool:
    """Whether so much has not yet passed; a clock that was set back holds up nothing."""
    return since is not None and timedelta(0) <= at - since < time

"""
What to try next with a sick modem: a ladder of remedies, each more thorough than the one before.

It decides only; somebody else does. What is too often in vain ends: a modem that would be reset
for ever is put aside until a person or another day comes.
"""

import enum

import attrs

__all__ = ["Ladder", "Rung"]

_PROBATION = 300.0  # so long a modem must be well until it counts as such
_BETWEEN_CLIMBS = 900.0
_DAY = 86_400.0
_MOST_CLIMBS = 5  # in a day


class Rung(enum.IntEnum):
    """The remedies, from the gentlest on."""

    RESYNC = 1  # leave whatever it is in the middle of
    REOPEN = 2  # close the port and open it again
    DEFAULTS = 3  # its own defaults instead of what somebody set
    RADIO = 4  # the radio off and on, which also wakes SIMs
    RESET = 5  # it starts anew
    USB_RESET = 6  # a program of the operator's
    POWER_CYCLE = 7  # another


@attrs.frozen(kw_only=True)
class Ladder:
    """
    How far the recovery of one modem has come; moments are on the monotonic clock.

    ``rungs`` are those that can be tried with this modem.
    """

    rungs: tuple[Rung, ...] = (Rung.RESYNC, Rung.REOPEN, Rung.DEFAULTS, Rung.RADIO, Rung.RESET)
    rung: Rung | None = None  # tried last
    tried: int = 0  # of all
    well_since: float | None = None
    climbs: tuple[float, ...] = ()  # when the top was reached in vain, within a day
    is_aside: bool = False

    def sick(self, *, now: float, least: Rung = Rung.RESYNC) -> "Ladder":
        """
        The modem is sick, or still is: one rung up, or none if :attr:`rung` is None then.

        Gentler ones than ``least`` are left out. Without a rung it must wait until
        :meth:`next_climb`.
        """
        ladder = self.settled(now=now)
        if ladder.climbs and ladder.rung is None and now < ladder.next_climb():
            return ladder
        higher = [rung for rung in ladder.rungs if rung > (ladder.rung or 0) and rung >= least]
        if not higher:
            return _exhausted(ladder, now=now)
        return attrs.evolve(
            ladder, rung=higher[0], tried=ladder.tried + 1, well_since=None, is_aside=False
        )

    def well(self, *, now: float) -> "Ladder":
        """The modem works; on probation, if it was sick."""
        since = now if self.well_since is None else self.well_since
        return attrs.evolve(self, well_since=since, is_aside=False).settled(now=now)

    def settled(self, *, now: float) -> "Ladder":
        """As time alone makes it: after its probation a modem begins at the bottom again."""
        is_over = self.well_since is not None and now - self.well_since >= _PROBATION
        climbs = tuple(moment for moment in self.climbs if now - moment < _DAY)
        rung = None if is_over else self.rung
        is_aside = self.is_aside and len(climbs) >= _MOST_CLIMBS
        return attrs.evolve(self, rung=rung, climbs=climbs, is_aside=is_aside)

    def with_rungs(self, rungs: tuple[Rung, ...]) -> "Ladder":
        """For a modem with which these can be tried."""
        return attrs.evolve(self, rungs=rungs)

    def next_climb(self) -> float:
        """When the ladder may be climbed from the bottom again, if it has been in vain."""
        if self.is_aside:
            return self.climbs[-_MOST_CLIMBS] + _DAY
        return self.climbs[-1] + _BETWEEN_CLIMBS if self.climbs else 0.0

    @property
    def is_recovering(self) -> bool:
        """Whether it was sick not long ago."""
        return self.rung is not None


def _exhausted(ladder: Ladder, *, now: float) -> Ladder:
    climbs = (*ladder.climbs, now)
    is_aside = len(climbs) >= _MOST_CLIMBS
    return attrs.evolve(ladder, rung=None, climbs=climbs, is_aside=is_aside, well_since=None)

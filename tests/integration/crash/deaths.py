"""
The ways in which a server is killed, or its database: at any moment, or at a point that has a name.
"""

import enum
import random
from collections.abc import Sequence

import attrs
from world import World

__all__ = [
    "OF_RECOVERY",
    "POINTS",
    "AtMoment",
    "AtPoint",
    "Death",
    "Moment",
    "OfDatabase",
    "OfOne",
    "at_any_moment",
    "at_points",
    "names_of_points",
    "of_several",
    "some_deaths",
]

POINTS = {
    # A submission's unit of work, and the answer to it.
    "before-submission": 15,
    "inside-submission": 15,
    "after-submission": 15,
    # All other units: claims, marks, receipts, reports, what arrives, what phones do.
    "before-custody": 60,
    "inside-custody": 60,
    "after-custody": 60,
    # A server that finds what the one before it left behind.
    "before-recovery": 2,
    "inside-recovery": 2,
    "after-recovery": 2,
    # A message on its way to the modem.
    "after-claim": 10,
    "before-submitting": 10,
    "after-submitting": 10,
    "after-modem-accepted": 10,
    "after-accepted": 10,
    "between-parts": 4,
    "before-receipt": 8,
    "before-refused": 2,
    "after-refused": 2,
    # What the modem brings.
    "on-report": 10,
    "after-report": 10,
    "on-inbound": 4,
    "after-inbound": 4,
    # An orderly end.
    "before-channel-closes": 3,
    "after-channel-closed": 3,
    "before-hand-back": 2,
    "inside-hand-back": 2,
    "after-hand-back": 2,
    "before-store-closes": 1,
    "after-store-closed": 1,
}
"""Every point's name, and the last of its occasions in one life that may be the fatal one."""

OF_RECOVERY = frozenset({"before-recovery", "inside-recovery", "after-recovery"})
_OF_THE_END = frozenset(list(POINTS)[-7:])
_PATIENCE = 12.0  # seconds until an occasion is taken for one that does not come

# A server that begins or ends without its database has nothing to begin or end with.
_DATABASES_TOO = tuple(point for point in POINTS if point not in OF_RECOVERY | _OF_THE_END)


class Moment(enum.StrEnum):
    """A time of a server's life."""

    STARTING = "after it began"
    WORKING = "after it was up"
    STOPPING = "after it was asked to stop"


@attrs.frozen(kw_only=True)
class AtMoment:
    """So many seconds into a moment of its life."""

    moment: Moment
    seconds: float

    def __str__(self) -> str:
        return f"{self.seconds:.3f} s {self.moment}"

    def come(self, world: World) -> bool:
        """Start the server and kill it; False: it had ended by itself."""
        world.start()
        if self.moment is not Moment.STARTING:
            world.await_up()
        if self.moment is Moment.STOPPING:
            world.ask_to_stop()
        if not world.await_end(self.seconds):
            world.kill()
            world.await_end()
        return world.was_killed

    def surer(self) -> "AtMoment":
        """The same a little earlier in life, when it does not end by itself."""
        return AtMoment(moment=Moment.WORKING, seconds=min(self.seconds, 1.0))


@attrs.frozen(kw_only=True)
class OfDatabase:
    """So many seconds after the server was up its database ends, and is away for a while."""

    seconds: float
    away: float  # seconds

    def __str__(self) -> str:
        return f"{self.seconds:.3f} s after it was up the database, for {self.away:.3f} s"

    def come(self, world: World) -> bool:
        """Start the server, kill its database, and see both go on."""
        world.start()
        world.await_up()
        assert not world.await_end(self.seconds), "the server ended by itself"
        world.database.kill()
        _see_it_back(world, away=self.away)
        return True

    def surer(self) -> None:
        """It always comes."""


@attrs.frozen(kw_only=True)
class OfOne:
    """One of several processes ends while the others go on, and is away for a while."""

    name: str
    seconds: float
    away: float  # seconds

    def __str__(self) -> str:
        return f"{self.seconds:.3f} s after it was up {self.name}, for {self.away:.3f} s"

    def come(self, world: World) -> bool:
        """Start those that do not run, kill the one, and start it again."""
        world.start()
        assert world.await_up(), "one of them ended at its start"
        assert not world.await_end(self.seconds), "they ended by themselves"
        world.kill_one(self.name)
        assert not world.await_end(self.away), "the others ended as well"
        world.start()
        return True

    def surer(self) -> None:
        """It always comes."""


@attrs.frozen(kw_only=True)
class AtPoint:
    """
    The occasion-th time that the server gets to a point.

    ``away``: it is the database that dies there, for so many seconds.
    """

    point: str
    occasion: int
    away: float | None = None

    def __str__(self) -> str:
        of_database = f" the database, for {self.away:.3f} s" if self.away is not None else ""
        return f"{self.point}:{self.occasion}{of_database}"

    @property
    def name(self) -> str:
        """Under which it is counted."""
        return self.point if self.away is None else f"{self.point} of the database"

    def come(self, world: World) -> bool:
        """Start the server and see who is to die; False: the occasion did not come."""
        if self.away is not None:
            return self._come_to_database(world, away=self.away)
        if self.point in OF_RECOVERY:
            # Whoever finds nothing has nothing to recover.
            world.start(kill_at="after-submitting:1")
            world.await_up()
            assert world.await_end(), "the server sends nothing"
        world.start(kill_at=str(self))
        if self.point in _OF_THE_END and world.await_up():
            world.await_end(0.5)
            world.ask_to_stop()
        else:
            world.await_up()
        is_at_its_point = world.await_end(_PATIENCE)
        if not is_at_its_point:
            world.kill()
            world.await_end()
        return world.was_killed and is_at_its_point

    def _come_to_database(self, world: World, *, away: float) -> bool:
        world.start(kill_at=f"{self.point}:{self.occasion}", whom="database")
        world.await_up()
        if not world.database.await_end(_PATIENCE):
            world.kill()
            world.await_end()
            return False
        _see_it_back(world, away=away)
        return True

    def surer(self) -> "AtPoint | None":
        """The same point on its first occasion; None: it was that."""
        return None if self.occasion == 1 else attrs.evolve(self, occasion=1)


Death = AtMoment | AtPoint | OfDatabase | OfOne


def at_any_moment(
    count: int, *, chance: random.Random, has_server: bool = False
) -> Sequence[Death]:
    """
    Most of them at work, some while it starts and recovers, some while it stops.

    ``has_server``: every fifth is one of the database.
    """
    return [
        _of_the_database(chance) if has_server and number % 5 == 0 else _at_some_moment(chance)
        for number in range(count)
    ]


def at_points(chance: random.Random, *, has_server: bool = False) -> Sequence[Death]:
    """Each point once, on an occasion of its own; ``has_server``: for its database as well."""
    deaths = [
        AtPoint(point=point, occasion=chance.randint(1, last)) for point, last in POINTS.items()
    ]
    if has_server:
        deaths += [
            AtPoint(point=point, occasion=chance.randint(1, POINTS[point]), away=_some_time(chance))
            for point in _DATABASES_TOO
        ]
    return deaths


def some_deaths(count: int, *, chance: random.Random, has_server: bool = False) -> Sequence[Death]:
    """So many at any moment, and one at each point, in any order."""
    deaths = [
        *at_any_moment(count, chance=chance, has_server=has_server),
        *at_points(chance, has_server=has_server),
    ]
    chance.shuffle(deaths)
    return deaths


def of_several(count: int, *, names: Sequence[str], chance: random.Random) -> Sequence[Death]:
    """Of one of these processes at any moment; every fifth is one of the database."""
    return [
        _of_the_database(chance)
        if number % 5 == 0
        else OfOne(
            name=chance.choice(names), seconds=chance.uniform(0.0, 1.5), away=_some_time(chance)
        )
        for number in range(count)
    ]


def names_of_points(*, has_server: bool) -> Sequence[str]:
    """Of all that :func:`at_points` has."""
    return [death.name for death in at_points(random.Random(0), has_server=has_server)]


def _of_the_database(chance: random.Random) -> Death:
    return OfDatabase(seconds=chance.uniform(0.0, 1.5), away=_some_time(chance))


def _some_time(chance: random.Random) -> float:
    """Mostly as short as a restart, at times longer than a commit is asked for."""
    return chance.uniform(0.0, 1.0) if chance.random() < 0.9 else chance.uniform(10.0, 13.0)


def _see_it_back(world: World, *, away: float) -> None:
    """
    The database comes back, the server finds it by itself, and then ends in order.

    Unless it was about to begin: then it has ended, and said why.
    """
    has_given_up = world.await_end(away)
    world.restore_database()
    if has_given_up:
        return
    world.await_work()
    world.ask_to_stop()
    assert world.await_end(), "the server does not stop"


def _at_some_moment(chance: random.Random) -> Death:
    draw = chance.random()
    if draw < 0.15:
        return AtMoment(moment=Moment.STARTING, seconds=chance.uniform(0.0, 1.5))
    if draw < 0.3:
        return AtMoment(moment=Moment.STOPPING, seconds=chance.uniform(0.0, 0.4))
    return AtMoment(moment=Moment.WORKING, seconds=chance.uniform(0.0, 1.5))

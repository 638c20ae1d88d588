"""
One world: a load, one death after another, and the questions at the end.
"""

import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
from checks import findings
from deaths import AtPoint, Death
from evidence import gather
from installation import POLICIES
from load import Load
from witness import Witness
from world import World

import smscore
from smscore.domain.deliveries import Status
from smscore.ports.storage import View

__all__ = ["Outcome", "Plan", "Tell", "run", "stumbles"]

_UNDER_WAY = (Status.QUEUED, Status.SENDING, Status.SCHEDULED)
_ALL = 10_000_000
_PATIENCE, _LOOK = 45.0, 0.2  # seconds
_EACH = 10  # deaths, a line of progress

_WITHOUT_DATABASE = "smscore.errors.StoreUnavailable: "
_FIRST_WORDS = re.compile(r"^\S.*", re.MULTILINE)
_CAUSE = re.compile(r"^(The above exception was|During handling of)", re.MULTILINE)

Tell = Callable[[str], None]


@attrs.frozen(kw_only=True)
class Plan:
    """What is to be lived through, and where."""

    directory: Path
    deaths: Sequence[Death]
    seed: int
    store: str = "sqlite"
    layout: str = "one"


@attrs.frozen(kw_only=True)
class Outcome:
    """How it went; ``findings`` should be empty."""

    kills: int
    points: frozenset[str]  # that were fatal
    messages: int
    parts: int
    replays: int
    findings: Sequence[str]

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.messages} messages promised, {self.parts} parts sent, "
            f"{self.replays} answers replayed: "
            + (f"{len(self.findings)} findings" if self.findings else "all as it should be")
        )


def run(plan: Plan, *, tell: Tell) -> Outcome:
    """
    Live through the deaths and one last life, and look at what is left.

    Raises:
        AssertionError: the server ended by itself, or did not start or stop.
    """
    world = World(plan.directory, store=plan.store, layout=plan.layout)
    with world, Load(world, seed=plan.seed) as load:
        witness = Witness(world)
        world.on_up, world.on_stop = witness.see_life, witness.see_stop
        fatal = _die(world, plan.deaths, load, witness, tell=tell)
        world.start()
        assert world.await_up(), "the last life ended at its start"
        load.finish()
        unrest = _await_rest(world, load)
        evidence = gather(world, load, witness)
        world.ask_to_stop()
        assert world.await_end(), "the server does not stop"
        witness.see_death()
        return Outcome(
            kills=len(fatal),
            points=frozenset(death.name for death in fatal if isinstance(death, AtPoint)),
            messages=load.promised,
            parts=len(evidence.sendings),
            replays=sum(caller.replays for caller in load.callers),
            findings=[*unrest, *findings(evidence), *witness.faults, *_tracebacks(world)],
        )


def _die(
    world: World, deaths: Sequence[Death], load: Load, witness: Witness, *, tell: Tell
) -> list[Death]:
    """The deaths that came; one that did not is tried once more, where it is sure to."""
    came: list[Death] = []
    left = list(reversed(deaths))
    while left:
        death = left.pop()
        has_come = death.come(world)
        witness.see_death()
        load.check()
        if has_come:
            came.append(death)
            if len(came) % _EACH == 0:
                tell(f"  {len(came)} kills, {load.promised} messages promised; the last: {death}")
        else:
            surer = death.surer()
            tell(f"  did not come: {death}; instead: {surer}")
            left += [surer] if surer else []
    return came


def _await_rest(world: World, load: Load) -> Sequence[str]:
    """
    Wait until all that modems carry has left the queues, and all that was written arrived.

    As long as there is progress; what is wrong if there is none and something is left.
    """
    pause = threading.Event()
    with world.open() as gateway:
        waiting, left = _waiting(gateway, load), _PATIENCE
        while any(waiting) and left > 0:
            pause.wait(_LOOK)
            before, waiting = waiting, _waiting(gateway, load)
            left = _PATIENCE if waiting != before else left - _LOOK
    names = ["inbound", *POLICIES]
    return [f"waits for ever: {dict(zip(names, waiting, strict=True))}"] if any(waiting) else []


def _waiting(gateway: smscore.Gateway, load: Load) -> Sequence[int]:
    arrived = len(gateway.inquiry.inbound(limit=_ALL))
    return [
        max(0, len(load.correspondents.written) - arrived),
        *gateway.store.read(_under_way),
    ]


def _under_way(view: View) -> Sequence[int]:
    """By channel, all at one moment: messages pass from one to the next."""
    counts = [view.outbox.count(channel=channel) for channel in POLICIES]
    return [sum(count.get(status, 0) for status in _UNDER_WAY) for count in counts]


def _tracebacks(world: World) -> Sequence[str]:
    """What a killed server does not do is stumble, and one without its database on nothing else."""
    found = stumbles(world.server_log.read_text())
    if world.has_lost_database:
        found = [one for one in found if not one.startswith(_WITHOUT_DATABASE)]
    return (
        [f"{world.server_log} holds {len(found)} tracebacks, such as {found[0]}"] if found else []
    )


def stumbles(log: str) -> list[str]:
    """The errors at whose ends tracebacks stand, without those that were causes of others."""
    _, *those = log.split("Traceback (most recent call last):\n")
    errors = [(text, _FIRST_WORDS.search(text)) for text in those]
    return [found[0] for text, found in errors if found and not _CAUSE.search(text)]

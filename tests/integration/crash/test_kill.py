"""
The short form of the crash harness; ``make crash`` is the full one.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest
from deaths import OF_RECOVERY, AtPoint, Death, at_any_moment, at_points, of_several
from trial import Plan, run
from world import LAYOUTS


def some(chance: random.Random, *, moments: int, points: int, **of: bool) -> Sequence[Death]:
    deaths = [*at_any_moment(moments, chance=chance, **of)]
    deaths += chance.sample(at_points(chance, **of), points)
    chance.shuffle(deaths)
    return deaths


def live_through(plan: Plan) -> None:
    outcome = run(plan, tell=print)

    assert not outcome.findings, f"seed {plan.seed}, {[str(death) for death in plan.deaths]}"
    assert outcome.kills >= len(plan.deaths) - 2, f"seed {plan.seed}: {outcome}"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(directory=tmp_path, seed=random.randrange(1_000_000), deaths=())


@pytest.mark.slow
def test_a_killed_server_keeps_its_promises_and_sends_nothing_twice(plan: Plan) -> None:
    deaths = some(random.Random(plan.seed), moments=10, points=10)

    live_through(attrs.evolve(plan, deaths=deaths))


@pytest.mark.slow
def test_a_server_whose_postgresql_is_killed_as_well_does_so_too(plan: Plan) -> None:
    deaths = some(random.Random(plan.seed), moments=3, points=3, has_server=True)

    live_through(attrs.evolve(plan, store="postgresql", deaths=deaths))


@pytest.mark.slow
def test_a_server_on_postgresql_is_killed_while_it_recovers(plan: Plan) -> None:
    deaths = [AtPoint(point=point, occasion=1) for point in sorted(OF_RECOVERY)]

    outcome = run(attrs.evolve(plan, store="postgresql", deaths=deaths), tell=print)

    assert not outcome.findings
    assert outcome.points == OF_RECOVERY


@pytest.mark.slow
def test_several_servers_do_so_when_one_of_them_is_killed(
    plan: Plan, request: pytest.FixtureRequest
) -> None:
    count = 20 if request.config.getoption("nightly") else 2
    names = list(LAYOUTS["several"])
    deaths = of_several(count, names=names, chance=random.Random(plan.seed))

    live_through(attrs.evolve(plan, store="postgresql", layout="several", deaths=deaths))

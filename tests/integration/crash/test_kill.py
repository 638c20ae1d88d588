"""
The short form of the crash harness; ``make crash`` is the full one.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest
from deaths import Death, at_any_moment, at_points
from trial import Plan, run


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

"""
The short form of the crash harness, longer with ``--nightly``; ``make crash`` is the full one.
"""

import random
from pathlib import Path

import pytest
from deaths import at_any_moment, at_points
from trial import run

KILLS = 8
MANY_KILLS = 20


@pytest.mark.slow
def test_a_killed_server_keeps_its_promises_and_sends_nothing_twice(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = MANY_KILLS if request.config.getoption("nightly") else KILLS
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    deaths = [*at_any_moment(kills // 2, chance=chance)]
    deaths += chance.sample(at_points(chance), kills - len(deaths))
    chance.shuffle(deaths)

    outcome = run(tmp_path, deaths=deaths, seed=seed, tell=print)

    assert not outcome.findings, f"seed {seed}, {[str(death) for death in deaths]}"
    assert outcome.kills >= kills - 2, f"seed {seed}: {outcome}"

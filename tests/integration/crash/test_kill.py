"""
The short form of the crash harness; ``make crash`` is the full one.
"""

import random
from pathlib import Path

import pytest
from deaths import at_any_moment, at_points
from trial import run

KILLS = 20


@pytest.mark.slow
def test_a_killed_server_keeps_its_promises_and_sends_nothing_twice(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    deaths = [*at_any_moment(KILLS // 2, chance=chance)]
    deaths += chance.sample(at_points(chance), KILLS - len(deaths))
    chance.shuffle(deaths)

    outcome = run(tmp_path, deaths=deaths, seed=seed, tell=print)

    assert not outcome.findings, f"seed {seed}, {[str(death) for death in deaths]}"
    assert outcome.kills >= KILLS - 2, f"seed {seed}: {outcome}"

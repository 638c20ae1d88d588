"""
The full form of the crash harness: ``make crash``.

Kills a server at random moments and at every kill point, in one world after another, and asks at
the end of each whether anything that was promised is lost, doubled or left behind. 200 kills take
about eight minutes. What went wrong is printed, and its world's directory is kept.

With ``--store postgresql`` the database is a server's, and is killed as well: at every kill point,
and in every fifth of the random moments. With ``--layout several`` two servers take messages and
two send them; one of the four is killed at a time, or the database, at random moments.

A process is killed here, not a machine: what the system holds for the disk survives. That the
store waits for the disk is what other tests look at.
"""

import argparse
import random
import shutil
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from deaths import names_of_points, of_several, some_deaths
from storage import STORES
from trial import Plan, run
from world import LAYOUTS

_IN_ONE_WORLD = 60  # deaths


def main() -> int:
    """Run the worlds; 1 if something was found."""
    options = _options()
    began = time.monotonic()
    kills, found = _live(options)
    print(f"{kills} kills in {time.monotonic() - began:.0f} s, {len(found)} findings")
    for finding in found:
        print(f"FOUND {finding}")
    if found:
        print(f"seed {options.seed}, evidence in {options.directory}; once more with:")
        print(f"make crash ARGS='{_as_before(options)}'")
    return 1 if found else 0


def _live(options: argparse.Namespace) -> tuple[int, Sequence[str]]:
    """How often somebody was killed, and what is wrong."""
    seed, has_server = options.seed, options.store == "postgresql"
    chance = random.Random(seed)
    if options.layout == "one":
        points = names_of_points(has_server=has_server)
        deaths = some_deaths(options.kills, chance=chance, has_server=has_server)
    else:
        points = []
        deaths = of_several(options.kills, names=list(LAYOUTS[options.layout]), chance=chance)
    worlds = -(-len(deaths) // _IN_ONE_WORLD)
    _tell(f"seed {seed}: {len(deaths)} deaths in {worlds} worlds")
    came, fatal, found = 0, set[str](), list[str]()
    for number in range(1, worlds + 1):
        world = Plan(
            directory=options.directory / f"seed-{seed}-world-{number}",
            store=options.store,
            layout=options.layout,
            deaths=deaths[number - 1 :: worlds],
            seed=seed + number,
        )
        count, points, wrong = _live_once(world)
        came, fatal = came + count, fatal | points
        found += [f"world {number}: {one}" for one in wrong]
    missed = [point for point in points if point not in fatal]
    return came, found or [f"never reached: {point}" for point in missed]


def _live_once(plan: Plan) -> tuple[int, frozenset[str], Sequence[str]]:
    """In one world, whose directory is kept if something is wrong."""
    shutil.rmtree(plan.directory, ignore_errors=True)
    _tell(f"{plan.directory.name}: {len(plan.deaths)} deaths")
    try:
        outcome = run(plan, tell=_tell)
    except Exception as fault:  # noqa: BLE001  # the other worlds are to be lived through
        traceback.print_exc()
        return 0, frozenset(), [f"{type(fault).__name__}: {fault}"]
    _tell(f"  {outcome}")
    if not outcome.findings:
        shutil.rmtree(plan.directory)
    return outcome.kills, outcome.points, outcome.findings


def _tell(line: str) -> None:
    print(line, flush=True)


def _as_before(options: argparse.Namespace) -> str:
    kills = f"--seed {options.seed} --kills {options.kills}"
    return f"{kills} --store {options.store} --layout {options.layout}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="at random moments (default 200)")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument("--layout", choices=[*LAYOUTS], default="one", help="of the processes")
    parser.add_argument(
        "--directory", type=Path, default=Path("build/crash"), help="of the evidence"
    )
    options = parser.parse_args()
    if options.layout == "several" and options.store != "postgresql":
        parser.error("a file bears one process: --layout several needs --store postgresql")
    return options


if __name__ == "__main__":
    sys.exit(main())

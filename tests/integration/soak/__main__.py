"""
A soak: ``make soak``. A server under half of the load that it can keep up, for minutes or hours.

Clients submit on all three surfaces; four networks that take at once, a simulated modem and a phone
carry the messages; delivery reports come, and an endpoint is told of each. Once a minute what is
older than a minute is pruned, so that the database does not grow, nor what is cached of it.

What the server holds, which is memory, file descriptors, threads and tasks, is looked at every few
seconds. The first fifth after a warm-up is compared with the last; what is left without any load,
with what was there without any. The status is 1 if something grew, or if anything was refused, lost
or complained of.
"""

import argparse
import asyncio
import json
import math
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import uvloop
from soak_traffic import Clients
from soak_verdict import Finding, Minute, Sample, Traffic, judge
from soak_world import World, free_port

_SCRATCH = Path(__file__).parents[3] / "build"  # on a disk: /tmp may be memory
_REST = 12.0  # seconds: longer than idle connections are kept
_MOST_WARMING_UP = 180.0  # seconds
_EVERY, _MINUTE = 5.0, 60.0  # seconds
_FEWEST_MINUTES = 3
_HEAD = "  min answered   p50 ms   p99 ms  RSS KiB  fds threads tasks   db MiB"


@attrs.frozen(kw_only=True)
class Soak:
    """What was measured."""

    fastest: float  # messages a second
    rate: float
    samples: Sequence[Sample]
    minutes: Sequence[Minute]
    traffic: Traffic
    rested: tuple[Sample, Sample]
    complaints: Sequence[str]
    pruned: int
    more_open: Mapping[str, int]  # descriptors at rest, by what they are of
    warm_up: float


def main() -> int:
    """Soak, print, judge; 1 if something was found."""
    options = _options()
    # So that the server and its modem end with whoever is told to end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_SCRATCH, prefix="soak-") as name:
        sink = free_port()
        with World(Path(name), sink=sink) as world:
            soak = uvloop.run(_soak(world, options, sink=sink))
    samples = [one for one in soak.samples if one.at >= soak.warm_up]
    minutes = soak.minutes[math.ceil(soak.warm_up / _MINUTE) :]
    findings = judge(samples, minutes, soak.traffic, rested=soak.rested)
    if options.json:
        told = {**attrs.asdict(soak), "findings": [attrs.asdict(one) for one in findings]}
        print(json.dumps(told))
    else:
        _show(soak, findings)
    return 0 if all(one.is_well for one in findings) else 1


async def _soak(world: World, options: argparse.Namespace, *, sink: int) -> Soak:
    clients = Clients(world, sink=sink)
    endpoint = await clients.listen()
    _tell(f"a burst of {options.burst:g} s, to find how much can be kept up")
    fastest = await clients.burst(options.burst)
    rate, seconds = options.rate or fastest / 2, options.minutes * 60
    await asyncio.sleep(_REST)
    before, open_before = world.sample(0.0), world.open_files()
    _tell(f"{fastest:.0f} messages a second at most; {rate:.0f} for {options.minutes:g} minutes")
    samples: list[Sample] = []
    minutes: list[Minute] = []
    pruned: list[int] = []
    beside = [
        asyncio.create_task(one)
        for one in (
            _look(world, samples),
            _count(clients, minutes, samples),
            _prune(world, pruned),
        )
    ]
    await clients.load(rate, seconds)
    for task in beside:
        task.cancel()
    await asyncio.wait(beside)
    await asyncio.sleep(_REST)
    after, open_after = world.sample(seconds), world.open_files()
    endpoint.close()
    complaints = world.complaints()
    _keep(world, options.keep)
    for task in beside:
        if not task.cancelled():
            task.result()
    return Soak(
        fastest=fastest,
        rate=rate,
        warm_up=min(_MOST_WARMING_UP, seconds / 4),
        samples=samples,
        minutes=minutes,
        rested=(before, after),
        pruned=sum(pruned),
        more_open=dict(open_after - open_before),
        complaints=complaints[:20],
        traffic=Traffic(
            accepted=clients.accepted,
            refused=clients.refused,
            told=clients.told,
            wrong_signatures=clients.wrong_signatures,
            complaints=len(complaints),
        ),
    )


async def _look(world: World, samples: list[Sample]) -> None:
    began = asyncio.get_running_loop().time()
    while True:
        await asyncio.sleep(_EVERY)
        samples.append(world.sample(asyncio.get_running_loop().time() - began))


async def _count(clients: Clients, minutes: list[Minute], samples: list[Sample]) -> None:
    clients.minute()
    while True:
        await asyncio.sleep(_MINUTE)
        minutes.append(clients.minute())
        _tell(_line(len(minutes), minutes[-1], samples[-1]))


async def _prune(world: World, pruned: list[int]) -> None:
    while True:
        await asyncio.sleep(_MINUTE)
        command = await asyncio.create_subprocess_exec(
            *world.command("prune", "--older-than", "1m"),
            env=world.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        told, _ = await command.communicate()
        if command.returncode:
            raise RuntimeError(f"smscore prune ended with status {command.returncode}")
        pruned.append(json.loads(told)["messages"])


def _keep(world: World, directory: Path | None) -> None:
    """What the plugin has seen last, and the log."""
    if directory is not None:
        directory.mkdir(exist_ok=True)
        for name in ("inside.json", "serve.log"):
            shutil.copy(world.directory / name, directory)


def _line(minute: int, seen: Minute, held: Sample) -> str:
    return (
        f"{minute:4d} {seen.answered:8d} {seen.p50:8.1f} {seen.p99:8.1f} {held.rss:8d}"
        f" {held.descriptors:4d} {held.threads:7d} {held.tasks:5d} {held.database / 2**20:8.1f}"
    )


def _show(soak: Soak, findings: Sequence[Finding]) -> None:
    """The table."""
    print(f"at most {soak.fastest:.0f} messages a second, soaked at {soak.rate:.0f}")
    print(f"{soak.traffic.accepted} accepted, {soak.pruned} pruned; warm-up {soak.warm_up:.0f} s")
    print(_HEAD)
    held = {int(one.at // _MINUTE): one for one in soak.samples}
    for number, minute in enumerate(soak.minutes):
        if number in held:
            print(_line(number + 1, minute, held[number]))
    print(f"{'':27}{'before':>10} {'after':>10} {'allowed':>10}")
    for one in findings:
        mark = "" if one.is_well else "  <- NOT WELL"
        print(f"{one.what:27}{one.before:10.0f} {one.after:10.0f} {one.allowed:10.0f}{mark}")
    if soak.more_open:
        print(f"more open at rest: {soak.more_open}")
    for line in soak.complaints:
        print(f"the log: {line}")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="of load (default 20)")
    parser.add_argument("--burst", type=float, default=20.0, help="seconds (default 20)")
    parser.add_argument("--rate", type=float, help="messages a second (default: half of the most)")
    parser.add_argument("--json", action="store_true", help="all that was measured, as JSON")
    parser.add_argument("--keep", type=Path, help="a directory for the log, and what holds memory")
    options = parser.parse_args()
    if options.minutes < _FEWEST_MINUTES:
        parser.error(
            f"--minutes {options.minutes:g}: no fewer than {_FEWEST_MINUTES} tell anything"
        )
    return options


if __name__ == "__main__":
    sys.exit(main())

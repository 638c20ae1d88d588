"""
Measures what the documentation claims: ratios of medians over interleaved rounds.

Run with ``make bench``; writes ``benchmarks/RESULTS.md``. The numbers of the goals are those of
the performance page: 1 durable single submit, 2 CPU per message, 3 tail, 10 footprint.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path

import attrs
from _servers import HERE, Program, Running, ours, uvicorn

_KEY = "sk_naive"


@attrs.frozen(kw_only=True)
class Round:
    """One load on one program."""

    rate: float  # requests a second
    cpu: float  # microseconds a request
    p99: float  # milliseconds
    resident: float  # MiB afterwards


def main() -> int:
    """Measure, print, write."""
    options = _options()
    if shutil.which("wrk") is None:
        print("wrk is missing (Debian: apt-get install wrk); nothing was measured", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        submit = _submit(directory, rounds=options.rounds, seconds=options.seconds)
        footprint = _footprint(directory, rounds=options.rounds)
    report = _report(submit, footprint, options)
    print(report)
    if options.write:
        (HERE / "RESULTS.md").write_text(report)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds a load (default 5)")
    parser.add_argument("--no-write", dest="write", action="store_false", help="only print")
    return parser.parse_args()


def _submit(directory: Path, *, rounds: int, seconds: int) -> dict[str, list[Round]]:
    """Goals 1 to 3: the three programs run side by side and take the load in turn."""
    bare_command, _ = uvicorn("bare:app")
    naive_command, naive_environment = uvicorn(
        "naive:app", NAIVE_URL=f"sqlite:///{directory}/naive.db", NAIVE_KEY=_KEY
    )
    server, key = ours(directory)
    programs = [
        (Program(name="bare", command=bare_command), _KEY),
        (Program(name="naive", command=naive_command, environment=naive_environment), _KEY),
        (server, key),
    ]
    results: dict[str, list[Round]] = {program.name: [] for program, _ in programs}
    running = {program.name: Running(program, directory) for program, _ in programs}
    try:
        for number in range(rounds + 1):
            for program, secret in programs:
                measured = _load(running[program.name], secret, seconds=seconds if number else 2)
                print(f"round {number} {program.name}: {measured.rate:.0f}/s", file=sys.stderr)
                if number:  # round 0 warms up
                    results[program.name].append(measured)
    finally:
        for one in running.values():
            one.__exit__(None, None, None)
    return results


def _load(running: Running, key: str, *, seconds: int) -> Round:
    before = running.cpu_seconds()
    finished = subprocess.run(
        [
            *("wrk", "-t1", "-c32", f"-d{seconds}s", "--timeout", "30s", "--latency"),
            *("-s", str(HERE / "submit.lua"), f"http://127.0.0.1:{running.port}"),
        ],
        env={**os.environ, "BENCH_KEY": key},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(finished.stdout.strip().splitlines()[-1])
    if told["failed"]:
        raise RuntimeError(f"{told['failed']} requests of {told['requests']} failed")
    return Round(
        rate=told["requests"] / told["seconds"],
        cpu=(running.cpu_seconds() - before) / told["requests"] * 1e6,
        p99=told["p99_ms"],
        resident=running.resident_mib(),
    )


def _footprint(directory: Path, *, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Goal 10: seconds until the first answer and MiB after it, in turn."""
    command, _ = uvicorn("hello:app")
    fresh = directory / "footprint"
    fresh.mkdir()
    server, _ = ours(fresh)
    results: dict[str, list[tuple[float, float]]] = {"hello": [], "smscore": []}
    for number in range(rounds + 1):
        for program in (Program(name="hello", command=command), server):
            with Running(program, fresh) as running:
                if number:
                    measured = (running.seconds_to_answer, running.resident_mib())
                    results[program.name].append(measured)
    return results


def _report(
    submit: dict[str, list[Round]],
    footprint: dict[str, list[tuple[float, float]]],
    options: argparse.Namespace,
) -> str:
    rate = {name: statistics.median(one.rate for one in rounds) for name, rounds in submit.items()}
    cpu = {name: statistics.median(one.cpu for one in rounds) for name, rounds in submit.items()}
    p99 = {name: statistics.median(one.p99 for one in rounds) for name, rounds in submit.items()}
    start = {name: statistics.median(one for one, _ in got) for name, got in footprint.items()}
    resident = {name: statistics.median(one for _, one in got) for name, got in footprint.items()}
    goals = [
        _goal("1", "rate / bare Starlette", rate["smscore"] / rate["bare"], "≥ 0.40"),
        _goal("1", "rate / naive ORM", rate["smscore"] / rate["naive"], "≥ 7"),
        _goal("2", "CPU a message / bare Starlette", cpu["smscore"] / cpu["bare"], "≤ 2.5"),
        _goal("3", "p99 / bare Starlette", p99["smscore"] / p99["bare"], "≤ 3"),
        _goal("10", "seconds to answer / hello", start["smscore"] / start["hello"], "≤ 1.4"),
        _goal("10", "resident memory / hello", resident["smscore"] / resident["hello"], "≤ 1.4"),
    ]
    rows = [f"| {name} | {rate[name]:.0f} | {cpu[name]:.0f} | {p99[name]:.1f} |" for name in submit]
    sizes = [f"| {name} | {start[name]:.2f} | {resident[name]:.0f} |" for name in footprint]
    packages = ", ".join(
        f"{name} {version(name)}"
        for name in ("smscore", "starlette", "uvicorn", "uvloop", "httptools", "sqlmodel")
    )
    return "\n".join(
        [
            "# Results",
            "",
            "Written by `make bench`. Absolute rates drift between machines and hours; the ratios,",
            "medians over rounds in which the programs took the load in turn, are what counts.",
            "",
            f"{date.today()}, Python {platform.python_version()}, {os.cpu_count()} CPUs,",  # noqa: DTZ011
            f"{packages}.",
            f"{options.rounds} rounds of {options.seconds} s, `wrk -t1 -c32`, one process each,",
            "SQLite with `synchronous=FULL`; authentication, validation, segments, quota, credit,",
            "ledger and events are always on.",
            "",
            "| goal | ratio | measured | wanted | |",
            "|---|---|---|---|---|",
            *goals,
            "",
            "| `POST /v1/messages` | requests/s | CPU µs | p99 ms |",
            "|---|---|---|---|",
            *rows,
            "",
            "| start | seconds to answer | MiB |",
            "|---|---|---|",
            *sizes,
            "",
            (HERE / "profile.md").read_text(),
        ]
    )


def _goal(number: str, what: str, measured: float, wanted: str) -> str:
    sign, limit = wanted.split()
    is_met = measured >= float(limit) if sign == "≥" else measured <= float(limit)
    return f"| {number} | {what} | {measured:.2f} | {wanted} | {'met' if is_met else 'missed'} |"


if __name__ == "__main__":
    sys.exit(main())

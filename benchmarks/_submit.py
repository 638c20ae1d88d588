"""
Goals 1 to 3: durable single submits, what each costs, and the tail.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import attrs
from _results import circumstances, goal, table
from _servers import HERE, Program, Running, ours, uvicorn

_KEY = "sk_naive"


@attrs.frozen(kw_only=True)
class Round:
    """One load on one program."""

    rate: float  # requests a second
    cpu: float  # microseconds a request
    p99: float  # milliseconds


def measure(directory: Path, *, rounds: int, seconds: int) -> str:
    """The section of the results."""
    measured = _take_turns(directory, rounds=rounds, seconds=seconds)
    rate = {name: statistics.median(one.rate for one in got) for name, got in measured.items()}
    cpu = {name: statistics.median(one.cpu for one in got) for name, got in measured.items()}
    p99 = {name: statistics.median(one.p99 for one in got) for name, got in measured.items()}
    goals = [
        goal("1", "rate / bare Starlette", rate["smscore"] / rate["bare"], "≥ 0.40"),
        goal("1", "rate / naive ORM", rate["smscore"] / rate["naive"], "≥ 7"),
        goal("2", "CPU a message / bare Starlette", cpu["smscore"] / cpu["bare"], "≤ 2.5"),
        goal("3", "p99 / bare Starlette", p99["smscore"] / p99["bare"], "≤ 3"),
    ]
    rows = [
        (name, f"{rate[name]:.0f}", f"{cpu[name]:.0f}", f"{p99[name]:.1f}") for name in measured
    ]
    return "\n".join(
        [
            circumstances("smscore", "starlette", "uvicorn", "uvloop", "httptools", "sqlmodel"),
            f"{rounds} rounds of {seconds} s, `wrk -t1 -c32`, one process each,",
            "SQLite with `synchronous=FULL`; authentication, validation, segments, quota, credit,",
            "ledger and events are always on.",
            "",
            *table(("goal", "ratio", "measured", "wanted", ""), goals),
            "",
            *table(("`POST /v1/messages`", "requests/s", "CPU µs", "p99 ms"), rows),
        ]
    )


def _take_turns(directory: Path, *, rounds: int, seconds: int) -> dict[str, list[Round]]:
    """The three programs run side by side and take the load in turn."""
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
    )

"""
Loads on running programs: ``wrk`` with 32 connections, and what it measured.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import attrs

__all__ = ["CONNECTIONS", "Load", "Round", "Server", "by_median", "ratio", "sync_ms", "take_turns"]

_HERE = Path(__file__).parent
CONNECTIONS = 32


class Server(Protocol):
    """A program that runs, be it of one process or of several."""

    port: int

    def cpu_seconds(self) -> float:
        """User and system time of it so far."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@attrs.frozen(kw_only=True)
class Load:
    """What is asked of one program, again and again."""

    server: Server
    script: str  # for wrk
    key: str
    environment: Mapping[str, str] = {}
    messages: int = 1  # in a request
    threads: int = 1  # of wrk
    connections: int = CONNECTIONS
    beside: Callable[[], float] = float  # CPU seconds so far of what the server rests on


@attrs.frozen(kw_only=True)
class Round:
    """One turn of one program."""

    messages: int  # that were acknowledged
    rate: float  # messages a second
    cpu: float  # microseconds a message
    beside: float  # the same of what the server rests on
    p99: float  # milliseconds a request
    sync: float  # seconds until what was acknowledged is on the disk


def take_turns(
    loads: Mapping[str, Load], *, rounds: int, seconds: int
) -> Mapping[str, Sequence[Round]]:
    """
    Give each program the load in turn; what an untimed first round did is the first of its rounds.

    A ``sync`` after each turn, so that nobody pays for what another one left to the kernel.
    """
    results: dict[str, list[Round]] = {name: [] for name in loads}
    for number in range(rounds + 1):
        for name, load in loads.items():
            measured = _run(load, seconds=seconds if number else 2)
            print(f"round {number} of {rounds}, {name}: {measured.rate:.0f}/s", file=sys.stderr)
            results[name].append(measured)
    return results


def by_median(rounds: Sequence[Round], what: str) -> float:
    """The median of one thing, without the round that warmed up."""
    values: list[float] = [getattr(one, what) for one in rounds[1:]]
    return statistics.median(values)


def ratio(ours: Sequence[Round], theirs: Sequence[Round], what: str) -> float:
    """The median of each round's ratio: the machine's speed changes between rounds."""
    pairs = zip(ours[1:], theirs[1:], strict=True)
    ratios: list[float] = [getattr(a, what) / getattr(b, what) for a, b in pairs]
    return statistics.median(ratios)


def sync_ms(directory: Path) -> float:
    """Milliseconds that one small write takes until it is on the disk."""
    taken = []
    with (directory / "sync").open("wb", buffering=0) as file:
        for _ in range(50):
            started = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file)
            taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def _run(load: Load, *, seconds: int) -> Round:
    before, beside = load.server.cpu_seconds(), load.beside()
    finished = subprocess.run(
        [
            *("wrk", f"-t{load.threads}", f"-c{load.connections}", f"-d{seconds}s"),
            *("--timeout", "30s", "--latency"),
            *("-s", str(_HERE / load.script), f"http://127.0.0.1:{load.server.port}"),
        ],
        env={
            **os.environ,
            **load.environment,
            "BENCH_KEY": load.key,
            "BENCH_TOLD": str(_HERE / "told.lua"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(finished.stdout.strip().splitlines()[-1])
    if told["failed"]:
        raise RuntimeError(f"{told['failed']} requests of {told['requests']} failed")
    messages = told["requests"] * load.messages
    cpu, beside = load.server.cpu_seconds() - before, load.beside() - beside
    started = time.perf_counter()
    os.sync()
    return Round(
        messages=messages,
        rate=messages / told["seconds"],
        cpu=cpu / messages * 1e6,
        beside=beside / messages * 1e6,
        p99=told["p99_ms"],
        sync=time.perf_counter() - started,
    )

"""
Goal 4: batches of a hundred messages through the queue API.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from _load import CONNECTIONS, Load, Round, by_median, sync_ms, take_turns
from _results import Goal, circumstances, goals, machine, table
from _servers import Running, ours, prepare

_A_REQUEST = 100
_OWN, _SAME = "a text of its own to each", "one text to all"


def measure(directory: Path, *, rounds: int, seconds: int) -> str:
    """The section of the results."""
    sync = sync_ms(directory)
    results = _take_turns(directory, rounds=rounds, seconds=seconds)
    reached = [
        Goal(
            number="4",
            what=f"messages/s, {name}",
            measured=by_median(got, "rate"),
            wanted="≥ 50000",
            floor="≥ 25000",
        )
        for name, got in results.items()
    ]
    rows = [
        (
            name,
            f"{by_median(got, 'rate'):.0f}",
            f"{by_median(got, 'cpu'):.1f}",
            f"{by_median(got, 'p99'):.0f}",
        )
        for name, got in results.items()
    ]
    return "\n".join(
        [
            circumstances("smscore", "starlette", "uvicorn", "uvloop", "httptools"),
            machine(sync_ms=sync),
            f"{rounds} rounds of {seconds} s, `wrk -t1 -c{CONNECTIONS}`, {_A_REQUEST} messages a",
            "request, one process, SQLite with `synchronous=FULL`, everything on as above. All",
            "messages go into one database, which grows through the rounds.",
            "",
            *goals(reached),
            "",
            *table(("`POST queue`", "messages/s", "CPU µs a message", "p99 ms a request"), rows),
        ]
    )


def _take_turns(directory: Path, *, rounds: int, seconds: int) -> Mapping[str, Sequence[Round]]:
    prepared = prepare(directory)
    with Running(ours(prepared.config), directory) as server:
        loads = {
            name: Load(
                server=server,
                script="batch.lua",
                key=prepared.token,
                environment={"BENCH_TEXTS": texts},
                messages=_A_REQUEST,
            )
            for name, texts in ((_OWN, "own"), (_SAME, "same"))
        }
        return take_turns(loads, rounds=rounds, seconds=seconds)

"""
Goal 10: how soon a server answers once it is started, and what memory it holds then.
"""

import statistics
from pathlib import Path

from _results import Goal, circumstances, goals, table
from _servers import Program, Running, ours, prepare, uvicorn


def measure(directory: Path, *, rounds: int) -> str:
    """The section of the results."""
    measured = _take_turns(directory, rounds=rounds)
    start = {name: statistics.median(one for one, _ in got) for name, got in measured.items()}
    resident = {name: statistics.median(one for _, one in got) for name, got in measured.items()}
    reached = [
        Goal(
            number="10",
            what="seconds to answer / hello",
            measured=start["smscore"] / start["hello"],
            wanted="≤ 1.4",
        ),
        Goal(
            number="10",
            what="resident memory / hello",
            measured=resident["smscore"] / resident["hello"],
            wanted="≤ 1.4",
        ),
    ]
    rows = [(name, f"{start[name]:.2f}", f"{resident[name]:.0f}") for name in measured]
    return "\n".join(
        [
            circumstances("smscore", "starlette", "uvicorn", "uvloop", "httptools", "sqlmodel"),
            "",
            *goals(reached),
            "",
            *table(("start", "seconds to answer", "MiB"), rows),
        ]
    )


def _take_turns(directory: Path, *, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds until the first answer and MiB after it."""
    command, _ = uvicorn("hello:app")
    server = ours(prepare(directory).config)
    results: dict[str, list[tuple[float, float]]] = {"hello": [], "smscore": []}
    for number in range(rounds + 1):
        for program in (Program(name="hello", command=command), server):
            with Running(program, directory) as running:
                if number:  # round 0 warms up
                    measured = (running.seconds_to_answer, running.resident_mib())
                    results[program.name].append(measured)
    return results

"""
Goal 5, and that nothing slows down as the tables grow: the same work on databases of each size.
"""

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from _filling import Filled, fill
from _load import sync_ms
from _results import Goal, circumstances, goals, machine, table
from _servers import DATABASE, HERE

# Up to here each round has a fresh copy: what it adds and claims would change the size too much.
_COPIED_UP_TO = 10**5

Results = Mapping[int, Sequence[Mapping[str, float]]]  # by size; what at_size.py tells each round


def measure(directory: Path, *, rounds: int, counts: Sequence[int]) -> str:
    """The section of the results."""
    sync = sync_ms(directory)
    filled = [fill(directory / str(count), count=count) for count in counts]
    mib = {one.count: (one.directory / DATABASE).stat().st_size / 2**20 for one in filled}
    results = _take_turns(filled, rounds=rounds)
    return "\n".join(
        [
            circumstances("smscore"),
            machine(sync_ms=sync),
            f"{rounds} rounds in which the sizes take turns, each time in a new process. Through",
            "the product's own services, in process; every message of the table waits in one",
            "phone queue, with its event and its ledger entry. The ratios are medians of those of",
            "each round.",
            "",
            *goals(_goals(results)),
            "",
            *table(
                (
                    "messages, all waiting",
                    "MiB",
                    "submits/s, 32 at a time",
                    "claim of 200: query, ms",
                    "claim of 200: all of `pickup.fetch`, ms",
                    "claim of 200: `get_messages`, ms",
                    "`GET` by id, µs",
                ),
                [
                    (
                        f"{count:,}".replace(",", " "),
                        f"{mib[count]:.0f}",
                        f"{_median(got, 'submit'):.0f}",
                        f"{_median(got, 'claimable'):.2f}",
                        f"{_median(got, 'fetch'):.2f}",
                        f"{_median(got, 'poll'):.2f}",
                        f"{_median(got, 'get') * 1000:.0f}",
                    )
                    for count, got in results.items()
                ],
            ),
            "",
            "`pickup.fetch` reads 200 messages, moves each by the table of moves, writes it and",
            "its event, and commits; the query is `outbox.claimable` within it. `get_messages` is",
            "the whole call, from the request to the bytes of the answer, without the sockets.",
        ]
    )


def _take_turns(filled: Sequence[Filled], *, rounds: int) -> Results:
    """There and back, so that what drifts falls on all of them."""
    results: dict[int, list[Mapping[str, float]]] = {one.count: [] for one in filled}
    for number, one in itertools.product(range(rounds), range(len(filled))):
        size = filled[one if number % 2 else -1 - one]
        measured = _measure(size)
        shown = ", ".join(f"{what} {value:.2f}" for what, value in measured.items())
        print(f"round {number + 1} of {rounds}, {size.count} messages: {shown}", file=sys.stderr)
        results[size.count].append(measured)
    return results


def _measure(size: Filled) -> Mapping[str, float]:
    if size.count > _COPIED_UP_TO:
        return _run(size)
    copy = size.directory.with_name(f"{size.directory.name}-copy")
    shutil.copytree(size.directory, copy)
    try:
        return _run(attrs.evolve(size, directory=copy))
    finally:
        shutil.rmtree(copy)


def _run(size: Filled) -> Mapping[str, float]:
    os.sync()
    arguments = (str(size.directory), str(size.count), str(size.oldest), str(size.step))
    finished = subprocess.run(
        [sys.executable, str(HERE / "at_size.py"), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: Mapping[str, float] = json.loads(finished.stdout)
    return told


def _median(rounds: Sequence[Mapping[str, float]], what: str) -> float:
    return statistics.median(one[what] for one in rounds)


def _goals(results: Results) -> Sequence[Goal]:
    """Of each size beside the smallest; the claim's own limit at the largest."""
    smallest, *larger = results
    reached = [
        Goal(number="5", what=f"{title}, ms at {_power(larger[-1])}", measured=ms, wanted="≤ 2")
        for title, ms in (
            ("claim of 200, query", _median(results[larger[-1]], "claimable")),
            ("claim of 200, whole fetch", _median(results[larger[-1]], "fetch")),
        )
    ]
    for (what, title, number), count in itertools.product(_FLAT, larger):
        pairs = zip(results[count], results[smallest], strict=True)
        slower = statistics.median(here[what] / there[what] for here, there in pairs)
        reached.append(
            Goal(
                number=number,
                what=f"{title}, {_power(count)} / {_power(smallest)}",
                measured=1 / slower if what == "submit" else slower,
                wanted="≤ 1.5",
            )
        )
    return reached


_FLAT = (
    ("claimable", "claim of 200, query", "5"),
    ("fetch", "claim of 200, whole fetch", "5"),
    ("poll", "`get_messages?limit=200`", "5"),
    ("submit", "time of a submit", "flat"),
    ("get", "`GET` by id", "flat"),
)


def _power(count: int) -> str:
    return "10" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(len(str(count)) - 1))

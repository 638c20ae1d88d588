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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
from _filling import Filled, fill_postgres, fill_sqlite
from _load import sync_ms
from _postgres import SETTINGS, PostgresCluster, postgres, version_of
from _results import Goal, circumstances, goals, machine, table
from _servers import HERE

# Up to here each round has a fresh copy: what it adds and claims would change the size too much.
_COPIED_UP_TO = 10**5

Results = Mapping[int, Sequence[Mapping[str, float]]]  # by size; what at_size.py tells each round


def measure(directory: Path, *, rounds: int, counts: Sequence[int]) -> str:
    """The section of the results."""
    sync = sync_ms(directory)
    with postgres(directory) as cluster:
        filled = [
            *(fill_sqlite(directory / f"sqlite-{count}", count=count) for count in counts),
            *(
                fill_postgres(directory / f"postgres-{count}", count=count, cluster=cluster)
                for count in counts
            ),
        ]
        told = _take_turns(filled, rounds=rounds, cluster=cluster)
        version = version_of(cluster)
    stores: dict[str, dict[int, Sequence[Mapping[str, float]]]] = {}
    for size in filled:
        stores.setdefault(size.store, {})[size.count] = told[size.store, size.count]
    mib = {(size.store, size.count): size.mib for size in filled}
    settings = ", ".join(f"`{name} = {value}`" for name, value in SETTINGS.items())
    return "\n".join(
        [
            circumstances("smscore", "psycopg"),
            machine(sync_ms=sync),
            f"PostgreSQL {version} on the same machine, reached by a socket, {settings}.",
            f"{rounds} rounds in which stores and sizes take turns, each time in a new process.",
            "Through the product's own services, in process; every message of the table waits in",
            "one phone queue, with its event, its ledger entry and its idempotency key. The ratios",
            "are medians of those of each round.",
            "",
            *goals([goal for store, got in stores.items() for goal in _goals(store, got)]),
            "",
            *table(
                ("messages, all waiting", *(title for _, title, _ in _COLUMNS)),
                [
                    (
                        f"{store}, {_spaced(count)}",
                        f"{mib[store, count]:.0f}",
                        *(f"{_median(results, what):.{digits}f}" for what, _, digits in _MEASURED),
                    )
                    for store, got in stores.items()
                    for count, results in got.items()
                ],
            ),
            "",
            "Milliseconds, where nothing else is said. *Submits/s*: 32 at a time. *Claim*:",
            "200 messages, oldest first. Its *query* is `outbox.claimable`; *fetch* is",
            "`pickup.fetch`, which reads them, moves each by the table of moves, writes it and its",
            "event, and commits; *`get_messages`* is the whole call, from the request to the bytes",
            "of the answer, without the sockets. *`GET`*: by id. *Page*: the newest fifty of an",
            "account, and those that are queued. *Follow*: a hundred events behind a cursor.",
            "*Again*: a request whose idempotency key is known, and the commit. *Queues*: how long",
            "each is, and since when, for `channel list` and the metrics; *totals* are those of a",
            "status page. Both are asked for every few seconds at most, however many ask.",
        ]
    )


def _take_turns(
    filled: Sequence[Filled], *, rounds: int, cluster: PostgresCluster
) -> Mapping[tuple[str, int], Sequence[Mapping[str, float]]]:
    """There and back, so that what drifts falls on all of them."""
    results: dict[tuple[str, int], list[Mapping[str, float]]] = {
        (one.store, one.count): [] for one in filled
    }
    for number, one in itertools.product(range(rounds), range(len(filled))):
        size = filled[one if number % 2 else -1 - one]
        with _fresh(size, cluster) as prepared:
            measured = _run(prepared)
        shown = ", ".join(f"{what} {value:.2f}" for what, value in measured.items())
        print(
            f"round {number + 1} of {rounds}, {size.store}, {size.count} messages: {shown}",
            file=sys.stderr,
        )
        results[size.store, size.count].append(measured)
    return results


@contextmanager
def _fresh(size: Filled, cluster: PostgresCluster) -> Iterator[Filled]:
    """A copy, if what a round does to it is much in comparison."""
    if size.count > _COPIED_UP_TO:
        yield size
        return
    directory = size.directory.with_name(f"{size.directory.name}-copy")
    shutil.copytree(size.directory, directory)
    url = size.url
    if size.store == "PostgreSQL":
        url = cluster.copied_database(size.url)
        config = directory / "smscore.toml"
        config.write_text(config.read_text().replace(size.url, url))
    try:
        yield attrs.evolve(size, directory=directory, url=url)
    finally:
        shutil.rmtree(directory)
        if url != size.url:
            cluster.drop_database(url)


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


_MEASURED = (
    ("submit", "submits/s", 0),
    ("claimable", "claim: query", 2),
    ("fetch", "claim: fetch", 2),
    ("poll", "claim: `get_messages`", 2),
    ("get", "`GET`", 3),
    ("page", "page", 2),
    ("queued", "page of queued", 2),
    ("follow", "follow", 2),
    ("again", "again", 2),
    ("queues", "queues", 1),
    ("tally", "totals", 1),
)
_COLUMNS = (("mib", "MiB", 0), *_MEASURED)
_FLAT = (
    ("claimable", "claim of 200, query", "5"),
    ("fetch", "claim of 200, whole fetch", "5"),
    ("poll", "`get_messages?limit=200`", "5"),
    ("submit", "time of a submit", "flat"),
    ("get", "`GET` by id", "flat"),
    ("page", "page of messages", "flat"),
    ("queued", "page of queued messages", "flat"),
    ("follow", "following events", "flat"),
    ("again", "a known key", "flat"),
)
_CLAIM = {"SQLite": "≤ 2", "PostgreSQL": "≤ 5"}  # ms


def _goals(store: str, results: Results) -> Sequence[Goal]:
    """The largest beside the smallest, and the claim's own limit there."""
    smallest, *_, largest = results
    reached = [
        Goal(
            number="5",
            what=f"{store}: {title}, ms at {_power(largest)}",
            measured=_median(results[largest], what),
            wanted=_CLAIM[store],
        )
        for what, title, number in _FLAT[:2]
    ]
    for what, title, number in _FLAT:
        pairs = zip(results[largest], results[smallest], strict=True)
        slower = statistics.median(here[what] / there[what] for here, there in pairs)
        reached.append(
            Goal(
                number=number,
                what=f"{store}: {title}, {_power(largest)} / {_power(smallest)}",
                measured=1 / slower if what == "submit" else slower,
                wanted="≤ 1.5",
            )
        )
    return reached


def _power(count: int) -> str:
    return "10" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(len(str(count)) - 1))


def _spaced(count: int) -> str:
    return f"{count:,}".replace(",", " ")

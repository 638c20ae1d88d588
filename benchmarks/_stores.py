"""
Goal 6: the same submits on SQLite and on PostgreSQL, there by one server and by two.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs
import psycopg
from _load import CONNECTIONS, Load, Round, Server, by_median, ratio, sync_ms, take_turns
from _postgres import SETTINGS, PostgresCluster, cpu_seconds, postgres, version_of
from _results import Goal, circumstances, goals, machine, table
from _servers import Prepared, Running, ours, prepare

_SQLITE = "SQLite, one server"
_SQLITE_MORE = "SQLite, one server, 64 connections"
_ONE = "PostgreSQL, one server"
_ONE_MORE = f"{_ONE}, 64 connections"
_TWO = "PostgreSQL, two servers, an account each"
_TWO_MORE = f"{_TWO}, 64 connections"
_SHARED = "PostgreSQL, two servers, one account"
_SHARED_MORE = f"{_SHARED}, 64 connections"
_WITHOUT = (_SQLITE, _SQLITE_MORE)  # PostgreSQL

Results = Mapping[str, Sequence[Round]]


def measure(directory: Path, *, rounds: int, seconds: int) -> str:
    """The section of the results."""
    sync = sync_ms(directory)
    with postgres(directory) as cluster:
        results = _take_turns(directory, cluster, rounds=rounds, seconds=seconds)
        version = version_of(cluster)
    settings = ", ".join(f"`{name} = {value}`" for name, value in SETTINGS.items())
    return "\n".join(
        [
            circumstances("smscore", "psycopg", "uvicorn", "uvloop", "httptools"),
            machine(sync_ms=sync),
            f"PostgreSQL {version} on the same machine, reached by a socket, {settings};",
            "SQLite with `synchronous=FULL`. Both sync what they commit.",
            f"{rounds} rounds of {seconds} s, `wrk -t2 -c{CONNECTIONS}`, or `-c64` where it says",
            "so: of two servers each has half of them. Who has fewer has smaller commits.",
            "Servers, load and PostgreSQL share the processors. The ratios, medians of those of",
            "each round, are those of rows with as many connections.",
            "",
            *goals(_goals(results)),
            "",
            *table(
                (
                    "one message a request",
                    "requests/s",
                    "CPU µs of servers",
                    "CPU µs of PostgreSQL",
                    "p99 ms",
                ),
                [
                    (
                        name,
                        f"{by_median(got, 'rate'):.0f}",
                        f"{by_median(got, 'cpu'):.0f}",
                        f"{by_median(got, 'beside'):.0f}" if name not in _WITHOUT else "—",
                        f"{by_median(got, 'p99'):.1f}",
                    )
                    for name, got in results.items()
                ],
            ),
        ]
    )


@attrs.frozen
class _Several:
    """Servers that share a database."""

    servers: Sequence[Server]

    @property
    def port(self) -> int:
        return self.servers[0].port

    def cpu_seconds(self) -> float:
        return sum(server.cpu_seconds() for server in self.servers)

    def __enter__(self) -> "_Several":
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever started them ends them."""


def _take_turns(directory: Path, cluster: PostgresCluster, *, rounds: int, seconds: int) -> Results:
    """The servers run side by side and take the load in turn."""
    beside = functools.partial(cpu_seconds, cluster)
    urls: dict[str, str] = {}
    loads: dict[str, Load] = {}
    with ExitStack() as stack:
        for name, more, count in (
            (_SQLITE, _SQLITE_MORE, 1),
            (_ONE, _ONE_MORE, 1),
            (_TWO, _TWO_MORE, 2),
            (_SHARED, _SHARED_MORE, 2),
        ):
            at = directory / f"store{len(loads)}"
            at.mkdir()
            if name == _SQLITE:
                prepared = prepare(at)
            else:
                urls[name] = cluster.new_database()
                prepared = prepare(at, url=urls[name])
            servers = stack.enter_context(_running(prepared, at, count=count))
            keys = (prepared.key, prepared.other_key if name == _TWO else prepared.key)
            loads[name] = Load(
                server=servers,
                script="stores.lua",
                key=prepared.key,
                environment={
                    "BENCH_PORTS": ",".join(str(one.port) for one in servers.servers),
                    "BENCH_KEYS": ",".join(keys),
                },
                threads=2,
                beside=float if name == _SQLITE else beside,
            )
            loads[more] = attrs.evolve(loads[name], connections=2 * CONNECTIONS)
        results = take_turns(loads, rounds=rounds, seconds=seconds)
        for name, url in urls.items():
            those = [*results[name], *results[f"{name}, 64 connections"]]
            _check(url, those)
    return results


@contextmanager
def _running(prepared: Prepared, directory: Path, *, count: int) -> Iterator[_Several]:
    """The first one does everything, the others only take messages."""
    with ExitStack() as stack:
        start = stack.enter_context
        roles = ((), ("--role", "api"))[:count]
        yield _Several([start(Running(ours(prepared.config, *role), directory)) for role in roles])


def _check(url: str, rounds: Sequence[Round]) -> None:
    """All that were accepted are there."""
    with psycopg.connect(url) as link:
        [(stored,)] = link.execute("SELECT count(*) FROM smscore_messages").fetchall()
    accepted = sum(one.messages for one in rounds)
    if not accepted <= stored <= accepted + 2 * CONNECTIONS * len(rounds):
        raise RuntimeError(f"{accepted} messages were accepted, {stored} are stored")


def _goals(results: Results) -> Sequence[Goal]:
    return [
        Goal(
            number="6",
            what=f"{name} / SQLite",
            measured=ratio(results[name], results[beside], "rate"),
            wanted=wanted,
        )
        for name, beside, wanted in (
            (_ONE, _SQLITE, "≥ 0.8"),
            (_ONE_MORE, _SQLITE_MORE, "≥ 0.8"),
            (_TWO_MORE, _SQLITE_MORE, "≥ 1.2"),
            (_SHARED_MORE, _SQLITE_MORE, "≥ 0.8"),
            (_TWO, _SQLITE, "≥ 1.2"),
            (_SHARED, _SQLITE, "≥ 0.8"),
        )
    ]

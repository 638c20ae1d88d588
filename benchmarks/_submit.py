"""
Goals 1 to 3: durable single submits, what each costs, and the tail.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from _kannel import KEY, Kannel
from _kannel_programs import KannelPrograms, look_for_kannel
from _load import CONNECTIONS, Load, Round, by_median, ratio, sync_ms, take_turns
from _results import Goal, circumstances, goals, machine, table
from _servers import DATABASE, Program, Running, ours, prepare, uvicorn

_KEY = "sk_naive"
_OURS, _BARE, _NAIVE, _KANNEL = "smscore", "bare Starlette", "naive ORM", "Kannel"
_API_PHP = "smscore, api.php"

Results = Mapping[str, Sequence[Round]]


def measure(directory: Path, *, rounds: int, seconds: int) -> str:
    """The section of the results."""
    sync = sync_ms(directory)
    kannel, remark = _kannel()
    results, stored = _take_turns(directory, kannel, rounds=rounds, seconds=seconds)
    return "\n".join(
        [
            circumstances("smscore", "starlette", "uvicorn", "uvloop", "httptools", "sqlmodel"),
            machine(sync_ms=sync),
            f"{rounds} rounds of {seconds} s, `wrk -t1 -c{CONNECTIONS}`, one process each; the",
            "ratios are medians of those of each round. Ours: SQLite with `synchronous=FULL`;",
            "authentication, validation, segments, quota, credit, ledger and events are always on.",
            "The password of api.php is verified once, and then remembered for five minutes.",
            *remark,
            "",
            *goals(_goals(results)),
            "",
            *table(
                ("one message", "requests/s", "CPU µs", "p99 ms", "`sync` s", "stored of accepted"),
                [
                    (
                        name,
                        f"{by_median(got, 'rate'):.0f}",
                        f"{by_median(got, 'cpu'):.0f}",
                        f"{by_median(got, 'p99'):.1f}",
                        f"{by_median(got, 'sync'):.2f}",
                        stored.get(name, "—"),
                    )
                    for name, got in results.items()
                ],
            ),
            "",
            "`sync`: how long it takes after a turn until all that was accepted is on the disk.",
            f"Up to {CONNECTIONS} requests of each round are stored and no longer waited for.",
        ]
    )


def _kannel() -> tuple[KannelPrograms | None, Sequence[str]]:
    """The programs if they are here, and what is to be said about them."""
    programs, remark = look_for_kannel()
    if programs is None:
        return None, remark
    return programs, (
        f"Kannel {programs.version} of Debian: `bearerbox` and `smsbox`, a process each,",
        "`GET /cgi-bin/sendsms`, `store-type = spool`, logs errors only; its SMSC is out of reach,",
        "so that all that it accepts stays in one spool through all rounds. It never calls",
        "`fsync`: what it accepted in the last seconds does not survive a power cut.",
    )


def _take_turns(
    directory: Path, kannel: KannelPrograms | None, *, rounds: int, seconds: int
) -> tuple[Results, Mapping[str, str]]:
    """The programs run side by side and take the load in turn; what is found stored afterwards."""
    bare_command, _ = uvicorn("bare:app")
    naive_command, naive_environment = uvicorn(
        "naive:app", NAIVE_URL=f"sqlite:///{directory}/naive.db", NAIVE_KEY=_KEY
    )
    prepared = prepare(directory)
    bare = Program(name="bare", command=bare_command)
    naive = Program(name="naive", command=naive_command, environment=naive_environment)
    with ExitStack() as stack:
        start = stack.enter_context
        loads = {
            _BARE: _posting(start(Running(bare, directory)), _KEY),
            _NAIVE: _posting(start(Running(naive, directory)), _KEY),
        }
        box = start(Kannel(kannel, directory)) if kannel else None
        if box:
            loads[_KANNEL] = Load(server=box, script="sendsms.lua", key=KEY)
        server = start(Running(ours(prepared.config), directory))
        loads[_OURS] = _posting(server, prepared.key)
        loads[_API_PHP] = Load(server=server, script="api_php.lua", key=prepared.password)
        results = take_turns(loads, rounds=rounds, seconds=seconds)
        database = directory / DATABASE
        found = {
            _OURS: _rows(database, surface="provider"),
            _API_PHP: _rows(database, surface="gateway"),
        }
        if box:
            found[_KANNEL] = box.stored()
    return results, {name: _compared(found[name], results[name]) for name in found}


def _posting(server: Running, key: str) -> Load:
    return Load(server=server, script="submit.lua", key=key)


def _rows(database: Path, *, surface: str) -> int:
    connection = sqlite3.connect(database)
    try:
        row: tuple[int] = connection.execute(
            "SELECT count(*) FROM smscore_messages WHERE surface = ?", (surface,)
        ).fetchone()
    finally:
        connection.close()
    return row[0]


def _compared(stored: int, rounds: Sequence[Round]) -> str:
    accepted = sum(one.messages for one in rounds)
    if not accepted <= stored <= accepted + CONNECTIONS * len(rounds):
        raise RuntimeError(f"{accepted} messages were accepted, {stored} are stored")
    return f"{stored} of {accepted}"


def _goals(results: Results) -> Sequence[Goal]:
    ours = results[_OURS]

    def goal(number: str, what: str, beside: str, *, wanted: str, floor: str = "") -> Goal:
        titles = {"rate": "rate", "cpu": "CPU a message", "p99": "p99"}
        return Goal(
            number=number,
            what=f"{titles[what]} / {beside}",
            measured=ratio(ours, results[beside], what),
            wanted=wanted,
            floor=floor,
        )

    reached = [
        goal("1", "rate", _BARE, wanted="≥ 0.40"),
        goal("1", "rate", _NAIVE, wanted="≥ 7"),
        goal("2", "cpu", _BARE, wanted="≤ 2.5"),
        goal("3", "p99", _BARE, wanted="≤ 3"),
        Goal(
            number="1",
            what="rate of api.php / provider API",
            measured=ratio(results[_API_PHP], ours, "rate"),
            wanted="≥ 0.8",
        ),
    ]
    if _KANNEL in results:
        reached.insert(0, goal("1", "rate", _KANNEL, wanted="≥ 1.0", floor="≥ 0.7"))
        reached.insert(3, goal("2", "cpu", _KANNEL, wanted="≤ 0.8", floor="≤ 1.0"))
    return reached

"""
Goal 9: from a request to the calls that tell what became of its message.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import attrs
import smscore_instant
from _kannel import KEY, Kannel
from _kannel_programs import KannelPrograms, look_for_kannel
from _load import Server, sync_ms
from _results import Goal, circumstances, goals, machine, table
from _servers import HERE, Program, Running, free_port, ours

import smscore
from smscore import GatewayConfig
from smscore.bootstrap import migrate
from smscore.domain.routes import Route

_MANY = 8
_ON_THE_WAY = 500
_EACH_ROUND = 1_000_000  # numbers of messages that are set apart for it
_EVENTS = ("message.sent", "message.delivered")
_ONE, _GROUP, _KANNEL = "smscore, one channel", f"smscore, {_MANY} channels", "Kannel"


@attrs.frozen(kw_only=True)
class _Told:
    """One turn of one program."""

    rate: float  # messages a second whose calls have all come
    cpu: float  # microseconds a message
    messages: int


@attrs.frozen(kw_only=True)
class _Running:
    """A program, and how it is asked."""

    server: Server
    kind: str
    key: str
    secret: str = ""


Results = Mapping[str, Sequence[_Told]]


def measure(directory: Path, *, rounds: int, seconds: int) -> str:
    """The section of the results."""
    sync = sync_ms(directory)
    kannel, remark = look_for_kannel()
    results = _take_turns(directory, kannel, rounds=rounds, seconds=seconds)
    return "\n".join(
        [
            circumstances("smscore", "uvicorn", "uvloop", "httptools"),
            machine(sync_ms=sync),
            f"{rounds} rounds of {seconds} s after a second to warm up. One program sends single",
            "messages over 32 connections and is called twice for each: it was sent, it was",
            f"delivered. {_ON_THE_WAY} are on their way at a time, and the next one is sent when",
            "one has been told, so that nothing piles up; all that was accepted was told. Ours:",
            "one process, SQLite with `synchronous=FULL`, a webhook whose signatures are verified;",
            "the network, a plug-in, takes and reports at once: one channel, which is one thread,",
            f"or a group of {_MANY}.",
            *(_about(kannel) if kannel else remark),
            "",
            *goals(_goals(results)),
            "",
            *table(
                ("submit, report, calls", "messages/s", "calls/s", "CPU µs a message"),
                [
                    (
                        name,
                        f"{_median(got, 'rate'):.0f}",
                        f"{2 * _median(got, 'rate'):.0f}",
                        f"{_median(got, 'cpu'):.0f}",
                    )
                    for name, got in results.items()
                ],
            ),
        ]
    )


def _about(kannel: KannelPrograms) -> Sequence[str]:
    return (
        f"Kannel {kannel.version} of Debian: `bearerbox` and `smsbox`, `dlr-mask=9` and a",
        "`dlr-url` for each message, which is called unsigned; its network is its own",
        "`smsc = fake`. What is on its way is in a file (`store-type = file`), which it never",
        "syncs, and which reports are awaited is in memory (`dlr-storage = internal`).",
    )


def _take_turns(
    directory: Path, kannel: KannelPrograms | None, *, rounds: int, seconds: int
) -> Results:
    sink = free_port()
    with ExitStack() as stack:
        running: dict[str, _Running] = {}
        if kannel:
            box = stack.enter_context(Kannel(kannel, directory, is_instant=True))
            running[_KANNEL] = _Running(server=box, kind="kannel", key=KEY)
        for name, channels in ((_ONE, 1), (_GROUP, _MANY)):
            program, key, secret = _prepare(directory / str(channels), channels, sink=sink)
            server = stack.enter_context(Running(program, directory / str(channels)))
            running[name] = _Running(server=server, kind="smscore", key=key, secret=secret)
        results: dict[str, list[_Told]] = {name: [] for name in running}
        for number in range(rounds):
            for name, one in running.items():
                told = _turn(one, first=number * _EACH_ROUND, sink=sink, seconds=seconds)
                print(f"round {number + 1} of {rounds}, {name}: {told.rate:.0f}/s", file=sys.stderr)
                results[name].append(told)
    return results


def _turn(running: _Running, *, first: int, sink: int, seconds: int) -> _Told:
    load = {
        "kind": running.kind,
        "key": running.key,
        "secret": running.secret,
        "port": running.server.port,
        "sink": sink,
        "on_the_way": _ON_THE_WAY,
        "first": first,
        "warm_up": 1,
        "seconds": seconds,
    }
    before = running.server.cpu_seconds()
    finished = subprocess.run(
        [sys.executable, str(HERE / "events_load.py"), json.dumps(load)],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(finished.stdout)
    if told["refused"] or told["told"] != told["sent"]:
        raise RuntimeError(f"not all that was sent was told: {told} {finished.stderr[-500:]}")
    cpu = running.server.cpu_seconds() - before
    return _Told(rate=told["rate"], cpu=cpu / told["told"] * 1e6, messages=told["told"])


def _prepare(directory: Path, channels: int, *, sink: int) -> tuple[Program, str, str]:
    """A gateway whose messages go to the network, its key, and the secret of its webhook."""
    names = [f"n{number}" for number in range(channels)]
    directory.mkdir()
    path = directory / "smscore.toml"
    path.write_text(
        '[store]\nurl = "sqlite:///bench.db"\n[http]\naccess_log = false\n'
        '[webhooks]\nallow = ["127.0.0.0/8"]\n'
        + "".join(f'[channels.{name}]\ntransport = "instant"\n' for name in names)
        + f"[groups.all]\nchannels = {json.dumps(names)}\n"
    )
    config = GatewayConfig.from_toml(path)
    migrate(config)
    with smscore.build(config, plugins=[smscore_instant]) as gateway:
        administration = gateway.administration
        account = administration.create_account("bench", tariff="unlimited", credits=10**9)
        gateway.rules.apply([Route(name="all", channels=("all",))])
        key = administration.create_key("bench").secret
        _, secret = gateway.webhooks.add(
            account.id, url=f"http://127.0.0.1:{sink}/told", events=_EVENTS
        )
    # The one place has the plug-in, the other tells who may find it.
    found = os.pathsep.join((str(HERE), str(HERE / "plugin")))
    program = attrs.evolve(ours(path), environment={"PYTHONPATH": found})
    return program, key, secret


def _goals(results: Results) -> Sequence[Goal]:
    if _KANNEL not in results:
        return []
    theirs = results[_KANNEL]
    return [
        Goal(
            number="9",
            what=f"{what}, {name} / Kannel",
            measured=_ratio(results[name], theirs, value),
            wanted=wanted,
        )
        for name in (_ONE, _GROUP)
        for what, value, wanted in (("rate", "rate", "≥ 1.0"), ("CPU a message", "cpu", "≤ 1.0"))
        if value == "rate" or name == _GROUP
    ]


def _ratio(ours: Sequence[_Told], theirs: Sequence[_Told], what: str) -> float:
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in pairs)


def _median(told: Sequence[_Told], what: str) -> float:
    values: list[float] = [getattr(one, what) for one in told]
    return statistics.median(values)

"""
Goal 8: what one simulated modem carries, how soon it has a message, and that there can be many.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import attrs
from _load import sync_ms
from _results import Goal, circumstances, goals, machine, table
from _servers import HERE

import smscore
from smscore import Gateway, GatewayConfig
from smscore.bootstrap import migrate
from smscore.domain.deliveries import Status
from smscore.domain.messages import Surface
from smscore.domain.receipts import Receipt
from smscore.domain.routes import Route
from smscore.services.submission import Item, Submission

_MANY = 32
_MESSAGES = 1000  # for one modem; for all of many together
_SINGLE = 100  # one after the other, for the time that each takes
_PATIENCE = 120.0


@attrs.frozen(kw_only=True)
class _Turn:
    """One round with so many modems."""

    modems: int
    rate: float  # messages a second, from the first request to the last report
    wait: float  # milliseconds from a request to the modem, the median of single ones
    slowest: float  # the same, of the slowest in twenty


def measure(directory: Path, *, rounds: int) -> str:
    """The section of the results."""
    turns = {count: [_turn(directory, count) for _ in range(rounds)] for count in (1, _MANY)}
    one = turns[1]
    reached = [
        Goal(number="8", what="SMS/s, one modem", measured=_median(one, "rate"), wanted="≥ 100"),
        Goal(
            number="8",
            what="request to modem, median ms",
            measured=_median(one, "wait"),
            wanted="≤ 20",
        ),
        Goal(number="8", what="modems in one process", measured=_MANY, wanted="≥ 32"),
    ]
    rows = [
        (
            str(count),
            f"{_median(got, 'rate'):.0f}",
            f"{_median(got, 'wait'):.1f}",
            f"{_median(got, 'slowest'):.1f}",
        )
        for count, got in turns.items()
    ]
    return "\n".join(
        [
            circumstances("smscore", "pyserial"),
            machine(sync_ms=sync_ms(directory)),
            f"{rounds} rounds of {_MESSAGES} messages; the modems, a process of their own,",
            "answer at once on pseudo-terminals. Each message is claimed, marked before and after,",
            "sent and reported on, every step in a commit with `synchronous=FULL`.",
            "",
            *goals(reached),
            "",
            *table(("modems", "SMS/s, reported", "request to modem, ms", "p95 of it"), rows),
        ]
    )


def _median(turns: Sequence[_Turn], what: str) -> float:
    values: list[float] = [getattr(turn, what) for turn in turns]
    return statistics.median(values)


def _turn(directory: Path, count: int) -> _Turn:
    place = directory / f"modems-{time.monotonic_ns()}"
    place.mkdir()
    with _modems(place, count) as ports, _gateway(place, ports) as gateway, gateway.running():
        _await(lambda: all(gateway.health(name).is_ready for name in gateway.transports))
        waits = sorted(_waits(gateway, place))
        began = time.monotonic()
        asked = [_request(gateway, f"+49170{n:07}", f"Number {n}") for n in range(_MESSAGES)]
        for future in asked:
            future.result()
        _await(lambda: _arrived(gateway) == len(asked) + len(waits))
        seconds = time.monotonic() - began
    return _Turn(
        modems=count,
        rate=_MESSAGES / seconds,
        wait=statistics.median(waits) * 1000,
        slowest=waits[len(waits) * 95 // 100] * 1000,
    )


def _waits(gateway: Gateway, place: Path) -> Iterator[float]:
    """Seconds from a request to the modem, of single messages that find everybody idle."""
    asked = {}
    for number in range(_SINGLE):
        to = f"+49171{number:07}"
        asked[to] = gateway.clock.now()
        receipt = _request(gateway, to, "At once").result()
        gateway.inquiry.wait(receipt.accepted[0].message, timeout=_PATIENCE)
    for line in (place / "taken.jsonl").read_text().splitlines():
        taken = json.loads(line)
        if (at := asked.get(taken["recipient"])) is not None:
            yield (datetime.fromisoformat(taken["time"]) - at).total_seconds()


def _request(gateway: Gateway, to: str, text: str) -> Future[Receipt]:
    account = gateway.inquiry.account_named("bench").id
    items = (Item(to=to, text=text),)
    return gateway.submissions.begin(
        Submission(account=account, surface=Surface.LIBRARY, items=items)
    )


def _arrived(gateway: Gateway) -> int:
    return gateway.store.read(lambda view: view.outbox.count().get(Status.DELIVERED, 0))


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the modems did not come to an end in time")
        time.sleep(0.02)


@contextmanager
def _modems(place: Path, count: int) -> Iterator[Sequence[str]]:
    command = (sys.executable, str(HERE / "modem_rack.py"), str(place), str(count))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        told, leash = process.stdout, process.stdin
        assert told is not None and leash is not None  # noqa: PT018  # as asked for above
        yield told.readline().split()
        leash.close()


def _gateway(place: Path, ports: Sequence[str]) -> Gateway:
    names = {f"m{number}": port for number, port in enumerate(ports)}
    channels = "".join(
        f'[channels.{name}]\ntransport = "modem"\nport = "{port}"\ngap = 0\n'
        for name, port in names.items()
    )
    group = f"[groups.all]\nchannels = {json.dumps(list(names))}\n"
    path = place / "smscore.toml"
    path.write_text(f'[store]\nurl = "sqlite:///modems.db"\n{channels}{group}')
    config = GatewayConfig.from_toml(path)
    migrate(config)
    gateway = smscore.build(config)
    gateway.administration.create_account("bench")
    gateway.rules.apply([Route(name="all", channels=("all",))])
    return gateway

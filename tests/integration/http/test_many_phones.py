"""
Eight phones and four programs at one account: a few seconds, half a minute with ``--nightly``.

What the phones saw is compared with what the store wrote down in the order in which it did it.
"""

import heapq
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import attrs
import httpx2
import pytest
from server_process import PATIENCE, Server

from smscore.domain.deliveries import Status
from smscore.domain.events import Event
from smscore.domain.routes import Route

SEED = 20_260_301
PHONES, PROGRAMS = 8, 4
ENOUGH = 10  # messages of each program, however slow the machine is
PRIORITIES = ("low", "normal", "high")


class Crowd:
    """Everybody who calls the server, and what they were told."""

    def __init__(self, server: Server) -> None:
        self.accepted: list[str] = []
        self.answers: list[Sequence[str]] = []  # of get_messages
        self.told: dict[str, set[int]] = {}  # what phones said of each message
        self._server = server
        self._lock = threading.Lock()
        self._untold: list[tuple[str, int]] = []

    def run(self, *, seconds: float) -> None:
        """Until the time is over, everything is fetched, and every report is sent."""
        over = threading.Event()
        with ThreadPoolExecutor(PHONES + PROGRAMS) as pool:
            programs = [pool.submit(self._program, one, over) for one in range(PROGRAMS)]
            quiet = threading.Event()
            phones = [pool.submit(self._phone, one, quiet) for one in range(PHONES)]
            over.wait(seconds)
            over.set()
            for program in programs:
                program.result(PATIENCE)
            quiet.set()
            for phone in phones:
                phone.result(PATIENCE)
        self._tell_all()

    def _program(self, number: int, over: threading.Event) -> None:
        """Two post batches to the queue, two single messages of any priority to the provider."""
        chance = Random(SEED + number)
        submit = self._queue if number % 2 else self._send
        mine = 0
        with self._client() as client:
            while not over.wait(0.01) or mine < ENOUGH:
                hashes = submit(client, chance)
                mine += len(hashes)
                with self._lock:
                    self.accepted += hashes

    def _queue(self, client: httpx2.Client, chance: Random) -> Sequence[str]:
        batch = [{"phone": "0712345678", "message": "m"}] * chance.randint(1, 20)
        said = _ok(client.post(f"/api/{self._server.site.token}/queue", json=batch)).json()
        assert said["queued"] == len(batch)
        return [item["hash"] for item in said["items"]]

    def _send(self, client: httpx2.Client, chance: Random) -> Sequence[str]:
        wish = {"to": "+491701", "message": "m", "priority": chance.choice(PRIORITIES)}
        said = _ok(client.post("/v1/messages", json=wish, headers=self._server.site.bearer)).json()
        return [said["message_id"].removeprefix("msg_")]

    def _phone(self, number: int, quiet: threading.Event) -> None:
        """It fetches, reports what others fetched, and ends when nothing more will come."""
        chance = Random(SEED - 1 - number)
        with self._client() as client:
            while True:
                was_quiet = quiet.is_set()
                fetched = self._fetch(client, chance.choice((1, 5, 20, 200)))
                with self._lock:
                    self._untold += [report for one in fetched for report in _reports(one, chance)]
                    chance.shuffle(self._untold)
                    count = chance.randint(0, 60)
                    reports, self._untold = self._untold[:count], self._untold[count:]
                if reports:
                    self._tell(client, reports, device=f"phone {number}")
                if was_quiet and not fetched:
                    return

    def _fetch(self, client: httpx2.Client, limit: int) -> Sequence[str]:
        path = f"/api/{self._server.site.token}/get_messages"
        hashes = [one["hash"] for one in _ok(client.get(path, params={"limit": limit})).json()]
        with self._lock:
            self.answers.append(hashes)
        return hashes

    def _tell(
        self, client: httpx2.Client, reports: Sequence[tuple[str, int]], *, device: str
    ) -> None:
        entries = [{"hash": one, "status": status} for one, status in reports]
        report = {"device": device, "messages": entries}
        said = _ok(client.post(f"/api/{self._server.site.token}/status", json=report)).json()
        assert said == {"ok": True, "updated": len({one for one, _ in reports})}
        with self._lock:
            for one, status in reports:
                self.told.setdefault(one, set()).add(status)

    def _tell_all(self) -> None:
        with self._client() as client:
            for start in range(0, len(self._untold), 1000):
                self._tell(client, self._untold[start : start + 1000], device="the last")

    def _client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self._server.url, timeout=PATIENCE)


def _ok(reply: httpx2.Response) -> httpx2.Response:
    assert reply.status_code == 200, reply.text
    return reply


def _reports(message: str, chance: Random) -> Sequence[tuple[str, int]]:
    """What is said of a message, in any order: some of it twice, some contradictory."""
    return [(message, chance.choice((2, 2, 3))) for _ in range(chance.choice((1, 1, 2, 3)))]


@attrs.frozen
class Aftermath:
    """What the crowd saw, and what was stored of it."""

    crowd: Crowd
    events: Sequence[Event]
    priorities: Mapping[int, int]
    statuses: Mapping[str, Status]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def aftermath(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Aftermath:
    is_file = request.param == "sqlite"
    url = None if is_file else request.getfixturevalue("postgres").new_store()
    server = Server(tmp_path_factory.mktemp("crowd"), url=url)
    with server.gateway() as gateway:
        gateway.rules.apply([Route(name="all", channels=("phones",))])
    crowd = Crowd(server)
    with server:
        crowd.run(seconds=30.0 if request.config.getoption("nightly") else 2.0)
    stored = server.stored()
    return Aftermath(
        crowd=crowd,
        events=list(_events(server)),
        priorities={one.message.id: one.message.priority for one in stored},
        statuses={f"{one.message.id:016x}": one.delivery.status for one in stored},
    )


def _events(server: Server) -> Iterator[Event]:
    """Those of messages, in the order in which they were written."""
    with server.gateway() as gateway:
        cursor = 0
        while page := gateway.store.read(_page(cursor)):
            cursor = page[-1][0]
            yield from (event for _, event in page if event.message)


def _page(cursor: int) -> Callable[[Any], Any]:
    return lambda view: view.events.since(cursor, limit=1000)


def test_each_message_is_handed_out_exactly_once(aftermath: Aftermath) -> None:
    crowd = aftermath.crowd
    fetched = Counter(one for answer in crowd.answers for one in answer)

    assert len(crowd.accepted) >= PROGRAMS * ENOUGH
    assert fetched == Counter(crowd.accepted) == Counter(aftermath.statuses.keys())


def test_each_claim_takes_the_first_of_those_that_wait(aftermath: Aftermath) -> None:
    waiting: list[tuple[int, int]] = []
    claimed = 0
    for event in aftermath.events:
        rank = (-aftermath.priorities[event.message], event.message)
        if event.kind == "message.queued":
            heapq.heappush(waiting, rank)
        elif event.kind == "message.sending":
            assert heapq.heappop(waiting) == rank
            claimed += 1

    assert claimed == len(aftermath.crowd.accepted)
    assert not waiting


def test_a_phone_sees_the_order_of_the_claims(aftermath: Aftermath) -> None:
    for answer in aftermath.crowd.answers:
        ranks = [(-aftermath.priorities[int(one, 16)], one) for one in answer]
        assert ranks == sorted(ranks)


def test_all_reports_end_right_in_whatever_order_they_came(aftermath: Aftermath) -> None:
    assert aftermath.statuses == {
        one: Status.DELIVERED if 2 in said else Status.FAILED
        for one, said in aftermath.crowd.told.items()
    }


def test_no_end_is_told_twice(aftermath: Aftermath) -> None:
    ends = Counter(
        (event.message, event.kind)
        for event in aftermath.events
        if event.kind in ("message.delivered", "message.failed")
    )

    assert set(ends.values()) == {1}

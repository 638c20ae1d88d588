"""
An agent that is killed at any step: each text leaves once, and none is forgotten.

Gateway A hands out messages, the agent sends them by a simulated modem. After the kill everything
that A has handed out is put back into its queue, whether the agent had begun with it or not: the
worst that an operator can do.
"""

import itertools
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from databases import new_database

from smscore import GatewayConfig, build
from smscore.domain.deliveries import Status
from smscore.domain.devices import Device
from smscore_modem.simulator import Fault, ModemSimulator

PATIENCE = 30.0
PLUGINS = Path(__file__).parents[1] / "crash" / "plugin"
TEXTS = ["first", "second " * 30, "third"]
PARTS = 4  # the second one has two
FAR_OFF = datetime(2999, 1, 1, tzinfo=UTC)

_numbers = itertools.count(1)

CALLS = [
    f"{call} {when}"
    for call in ("get_messages", "status")
    for when in ("before", "unanswered", "after")
]
"""Before it is heard, when it was done and is not answered, when it is answered."""

POINTS = [
    "inside-submission",
    "after-submission",
    "after-submitting",
    "after-modem-accepted",
    "between-parts",
    "on-report",
]
"""Of the plugin that has kill points."""

MORE_POINTS = [
    "before-submission",
    "after-claim",
    "before-submitting",
    "after-accepted",
    "before-receipt",
    "after-report",
    # Whatever that is: it depends on who is faster.
    *(f"{when}-custody:{n}" for when in ("before", "inside", "after") for n in range(1, 32)),
]
"""With ``--nightly``."""

FAULTS = {"before the PDU": "prompt", "after the PDU": "pdu", "before the reference": "taken"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kill_at" in metafunc.fixturenames:
        more = MORE_POINTS if metafunc.config.getoption("nightly") else []
        metafunc.parametrize("kill_at", [*POINTS, *more])


class Proxy:
    """Between agent and server; ``on_step`` is told of each step of a call."""

    def __init__(self, url: str) -> None:
        self._server = urlsplit(url)
        self.on_step: Callable[[str], None] = lambda _: None
        self.passing = threading.Lock()  # held while a call is, even of one killed
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/api"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def ask(self, method: str, path: str, body: bytes) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection(self._server.hostname or "", self._server.port, timeout=10)
        try:
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with proxy.passing:
                    self._pass_on()

            def do_POST(self) -> None:
                with proxy.passing:
                    self._pass_on()

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = urlsplit(self.path).path.rpartition("/")[2]
                proxy.on_step(f"{call} before")
                answer, content = proxy.ask(self.command, self.path, body)
                # An empty answer comes with every poll: those with messages are the steps.
                has_news = call == "status" or content != b"[]"
                if has_news:
                    proxy.on_step(f"{call} unanswered")
                with suppress(OSError):
                    self.send_response(answer.status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                    self.wfile.flush()
                if has_news:
                    proxy.on_step(f"{call} after")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
                pass

        return Handler


class World:
    """An account of gateway A, a modem, and the agent between them, started and killed."""

    def __init__(self, start, server, directory: Path, modems: ModemSimulator, monkeypatch) -> None:
        self._start, self._directory, self._monkeypatch = start, directory, monkeypatch
        self._config, self._url = GatewayConfig.from_toml(server.config), f"{server.url}/api"
        self.modem = modems
        self.account = f"shop-{next(_numbers)}"
        with build(self._config) as gateway:
            created = gateway.administration.create_account(self.account, tariff="unlimited")
            self._account = created.id
            self._token = gateway.administration.token(self.account).secret
        self.proxy = Proxy(server.url)
        (directory / "token").write_text(self._token)
        new_database(directory / "agent.db")
        for name, store, transport in (
            ("agent.toml", "sqlite", "modem"),
            ("fragile.toml", "fragile:sqlite", "fragile-modem"),
        ):
            (directory / name).write_text(
                f'[store]\nurl = "{store}:///{directory}/agent.db"\n'
                '[security]\nkey_file = "agent.key"\n'
                f'[agent]\nserver = "{self.proxy.url}"\ntoken_file = "token"\ndevice = "attic"\n'
                "poll_every = 0.05\nreconnect_delay = 0.05\ndelivery_patience = 0.5\n"
                f'[channels.stick]\ntransport = "{transport}"\nport = "{modems.ports[0]}"\n'
                "gap = 0\nreconnect_delay = 0.05\n"
            )

    def queue(self) -> None:
        items = [{"phone": "+491701234567", "message": text} for text in TEXTS]
        answer = httpx2.post(f"{self._url}/{self._token}/queue", json=items)
        assert answer.json()["queued"] == len(TEXTS)

    def agent(self, *, kill_at: str | None = None):
        with self._monkeypatch.context() as patch:
            config = "agent.toml"
            if kill_at is not None:
                config = "fragile.toml"
                patch.setenv("PYTHONPATH", str(PLUGINS))
                patch.setenv("SMSCORE_KILL_AT", kill_at)
                patch.setenv("SMSCORE_KILL_NOTES", str(self._directory / "killed.notes"))
            return self._start("agent", "--config", config)

    def requeue(self) -> None:
        with self.proxy.passing, build(self._config) as gateway:
            gateway.phones.requeue(before=FAR_OFF, account=self.account)

    def statuses(self) -> Counter:
        with build(self._config) as gateway:
            found = gateway.inquiry.messages(account=self._account)
        return Counter(one.delivery.status for one in found)

    def device(self) -> Device:
        with build(self._config) as gateway:
            (found,) = gateway.phones.all(account=self.account)
        return found.device

    def sent(self) -> Counter:
        """How often the network took each part."""
        return Counter(one.submit.user_data.content for one in self.modem.taken)

    def in_doubt(self) -> int:
        with build(GatewayConfig.from_toml(self._directory / "agent.toml")) as gateway:
            return len(gateway.inquiry.messages(statuses=[Status.INDETERMINATE]))

    def settle(self) -> None:
        """Another life of the agent, until the server has heard of all that can be known."""
        self.requeue()
        self.agent().line()
        wait_for(lambda: self.statuses()[Status.DELIVERED] + self.in_doubt() == len(TEXTS))


def wait_for(condition: Callable[[], bool]) -> None:
    """Look now and then, for what nobody announces."""
    pause, tries = threading.Event(), int(PATIENCE / 0.1)
    while not condition():
        assert (tries := tries - 1), "it did not happen in time"
        pause.wait(0.1)


@pytest.fixture
def world(start, running_server, tmp_path, monkeypatch) -> Iterator[World]:
    directory = tmp_path / "modems"
    directory.mkdir()
    with ModemSimulator(modems=1, link_dir=directory, report_delay=0.01) as modems:
        world = World(start, running_server, tmp_path, modems, monkeypatch)
        try:
            yield world
        finally:
            world.proxy.close()


def test_an_agent_that_nobody_kills_sends_everything_once(world):
    world.queue()

    agent = world.agent()
    agent.line()
    wait_for(lambda: world.statuses() == {Status.DELIVERED: len(TEXTS)})

    assert sorted(world.sent().values()) == [1] * PARTS
    assert agent.stop() == 0
    device = world.device()
    assert (device.name, device.delivered) == ("attic", len(TEXTS))
    assert device.last_poll is not None


@pytest.mark.parametrize("step", CALLS)
def test_killed_in_the_middle_of_a_call_it_sends_everything_once(world, step):
    died = threading.Event()

    def kill(reached: str) -> None:
        if reached == step and not died.is_set():
            os.kill(agent.pid, signal.SIGKILL)
            died.set()

    world.queue()
    agent = world.agent()
    world.proxy.on_step = kill
    assert died.wait(PATIENCE)
    agent.wait()

    world.settle()

    assert max(world.sent().values()) == 1
    assert world.in_doubt() or world.sent().total() == PARTS


def test_killed_at_a_point_of_its_own_work_it_sends_everything_once(world, kill_at):
    world.queue()

    assert world.agent(kill_at=kill_at).wait() == -signal.SIGKILL
    world.settle()

    assert max(world.sent().values()) == 1
    assert world.in_doubt() or world.sent().total() == PARTS


@pytest.mark.parametrize("point", FAULTS)
def test_killed_while_the_modem_keeps_it_waiting_it_sends_nothing_twice(world, point):
    world.modem.begin_fault(f"silent at={FAULTS[point]}")
    world.queue()
    agent = world.agent()
    wait_for(lambda: Fault.SILENT in world.modem.modems[0].faults.present)
    agent.kill()
    world.modem.end_fault()

    world.settle()

    assert max(world.sent().values()) == 1
    assert world.in_doubt() or world.sent().total() == PARTS

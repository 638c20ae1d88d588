"""
Several servers as operators run them: processes of the command, on one PostgreSQL.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import attrs
import httpx2
from postgres import PostgresCluster

import smscore
from smscore.domain.credentials import Permission
from smscore.domain.deliveries import Delivery, Status
from smscore.domain.routes import Route
from smscore_modem.simulator import ModemSimulator

__all__ = ["PATIENCE", "Credentials", "Hosts", "Server", "Submitter", "until", "until_more"]

PATIENCE = 60.0
_PLUGINS = Path(__file__).parent / "plugin"
_UNDER_WAY = (Status.QUEUED, Status.SENDING, Status.SCHEDULED)
_ALL = 1_000_000
_CONFIG = """
[store]
url = "{url}"
[security]
key_file = "{directory}/smscore.key"
[server]
name = "{host}"
[http]
host = "{address}"
access_log = false
metrics = "open"
trusted_proxies = [{proxies}]
[channels.modem-1]
transport = "modem"
port = "{ports[0]}"
gap = 0
reconnect_delay = 0.1
runs_on = "alpha"
[channels.modem-2]
transport = "modem"
port = "{ports[1]}"
gap = 0
reconnect_delay = 0.1
runs_on = "beta"
[channels.anywhere]
transport = "anywhere"
log = "{directory}/anywhere.log"
[groups.modems]
channels = ["modem-1", "modem-2"]
"""


def until(condition: Callable[[], object], *, patience: float = PATIENCE) -> None:
    """Wait for something to become true."""
    pause, ends_at = threading.Event(), time.monotonic() + patience
    while not condition():
        assert time.monotonic() < ends_at, "it did not happen in time"
        pause.wait(0.05)


class Server:
    """A process of ``smscore serve``, which may be ended and started again."""

    def __init__(self, directory: Path, *, host: str, role: str) -> None:
        self.host, self.role = host, role
        self.log = directory / f"{host}-{role}.log"
        self._config = directory / host / "smscore.toml"
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        path = [str(_PLUGINS), *filter(None, [os.environ.get("PYTHONPATH")])]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "smscore_server", "serve", "--port", "0"),
                    *("--role", self.role, "--json", "--config", str(self._config)),
                ],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log.read_text()
        self.url = json.loads(line)["url"]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """As the host's end would."""
        self.send(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        self.send(signal.SIGTERM)
        assert self.wait() == 0, self.log.read_text()

    def wait(self) -> int:
        assert self._process is not None
        status = self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return status

    def end(self) -> None:
        """Whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.send_signal(signal.SIGCONT)
            self.wait()

    def ready(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx2.get(f"{self.url}/health/ready", timeout=PATIENCE).json()
        return found


@attrs.frozen(kw_only=True)
class Credentials:
    key: str
    poor: str  # that of an account with few credits
    token: str


class Hosts:
    """
    Two hosts with a modem each, which share a database. Alive within a ``with`` block.

    ``url`` is how they reach the database, if not as the tests do; ``addresses`` are those of hosts
    that have one of their own, and ``proxies`` those that are trusted.
    """

    def __init__(
        self,
        directory: Path,
        cluster: PostgresCluster,
        *,
        credits: int = 40,
        url: Callable[[str], str] = str,
        addresses: Mapping[str, str] = {},
        proxies: Sequence[str] = (),
    ) -> None:
        self.directory = directory
        self.cluster = cluster
        self._resources = ExitStack()
        (directory / "modems").mkdir()
        self.modems = ModemSimulator(
            modems=2, log=directory / "modems.log", link_dir=directory / "modems", report_delay=0.01
        )
        self.url = url(cluster.new_store())
        self._addresses, self._proxies = addresses, proxies
        self._credits = credits

    def __enter__(self) -> Self:
        self._resources.enter_context(self.modems)
        for host in ("alpha", "beta"):
            (self.directory / host).mkdir()
            self.configure(host)
        self._set_up()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def configure(self, host: str, *, without: str = "") -> None:
        text = _CONFIG.format(
            url=self.url,
            directory=self.directory,
            host=host,
            address=self._addresses.get(host, "127.0.0.1"),
            proxies=", ".join(f'"{one}"' for one in self._proxies),
            ports=self.modems.ports,
        )
        (self.directory / host / "smscore.toml").write_text(text.replace(without, ""))

    def server(self, host: str, role: str) -> Server:
        """One that runs."""
        server = Server(self.directory, host=host, role=role)
        self._resources.callback(server.end)
        server.start()
        return server

    def open(self) -> smscore.Gateway:
        """A gateway on the same database, beside the servers."""
        config = self.directory / "alpha" / "smscore.toml"
        return smscore.build(smscore.GatewayConfig.from_toml(config))

    def taken(self) -> list[tuple[str, str]]:
        """What the networks have: for whom, and which part."""
        path = self.directory / "anywhere.log"
        lines = path.read_text().splitlines() if path.exists() else []
        sent = [
            json.loads(line) for line in (self.directory / "modems.log").read_text().splitlines()
        ]
        return [
            *((line.split()[0], line.split()[1]) for line in lines),
            # Behind the modem's own count of what it has sent.
            *((one["recipient"], one["pdu"][:2] + one["pdu"][4:]) for one in sent),
        ]

    def deliveries(self) -> Sequence[Delivery]:
        with self.open() as gateway:
            found = gateway.store.read(lambda view: view.outbox.find(limit=_ALL))
        return [one.delivery for one in found]

    def is_at_rest(self) -> bool:
        return not any(one.status in _UNDER_WAY for one in self.deliveries())

    def _set_up(self) -> None:
        with self.open() as gateway:
            operator = gateway.administration
            operator.create_account("acme", tariff="unlimited", credits=_ALL, home_country="DE")
            operator.create_account(
                "poor", tariff="unlimited", credits=self._credits, home_country="DE"
            )
            operator.create_user(
                "apiuser",
                account="acme",
                password="correct horse",
                permissions=[Permission.API_SEND],
            )
            gateway.rules.apply(
                [
                    Route(name="one", prefixes=("+49170",), channels=("modem-1",)),
                    Route(name="two", prefixes=("+49171",), channels=("modem-2",)),
                    Route(name="rest", prefixes=("+49172",), channels=("anywhere",)),
                ]
            )
            self.credentials = Credentials(
                key=operator.create_key("acme").secret,
                poor=operator.create_key("poor").secret,
                token=operator.token("acme").secret,
            )


class Submitter:
    """
    Submits to one of the servers that answers, until it is stopped, and keeps book.

    A request that was not answered with success or a refusal is repeated under its key.
    """

    _numbers = itertools.count(10_000)

    def __init__(self, servers: Sequence[Server], key: str, *, pause: float = 0.1) -> None:
        self._servers = servers
        self._key = key
        self._pause = pause
        self._is_over = threading.Event()
        self.promised: dict[int, str] = {}
        self.refused = 0
        self.faults: list[str] = []
        self.unavailable = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        servers = itertools.cycle(self._servers)
        while not self._is_over.wait(self._pause):
            number = next(self._numbers)
            recipient = f"+4917{number % 3}{1_000_000 + number}"
            answered = False
            for server in servers:
                with suppress(httpx2.HTTPError):
                    answered = self._submit(server.url, recipient, number)
                if answered or self._is_over.wait(self._pause):
                    break

    def _submit(self, url: str, recipient: str, number: int) -> bool:
        answer = httpx2.post(
            f"{url}/v1/messages",
            headers={"Authorization": f"Bearer {self._key}", "Idempotency-Key": f"key-{number}"},
            json={"to": recipient, "message": "eins " * (1 + 40 * (number % 2))},
            timeout=PATIENCE,
        )
        body = answer.json()
        if answer.status_code == 200:
            self.promised[int(body["message_id"].removeprefix("msg_"), 16)] = recipient
            return True
        if answer.status_code == 503:
            self.unavailable += 1
            if body["success"] is not False or "code" not in body["error"]:
                self.faults.append(f"another shape: {body}")
            return False
        if answer.status_code == 402:
            self.refused += 1
            return True
        self.faults.append(f"{answer.status_code} {body}")
        return True


def until_more(than: int, submitters: Sequence[Submitter]) -> None:
    """Wait until so many messages more are promised than now."""
    before = sum(len(one.promised) for one in submitters)
    until(lambda: sum(len(one.promised) for one in submitters) >= before + than)

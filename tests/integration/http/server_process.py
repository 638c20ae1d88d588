"""
The server as operators run it, a process of its own, and clients that repeat until they are heard.
"""

import json
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import attrs
import httpx2
from databases import new_database
from doors import BY_NAME, Door
from log_search import search

import smscore
from smscore.domain.credentials import Permission
from smscore.domain.routes import Route
from smscore.ports.storage import Tracked

__all__ = ["PATIENCE", "Answer", "Client", "Server", "repeating"]

PATIENCE = 40.0
ROOM = resource.RLIM_INFINITY

# The modem is not there: what is for it is charged, and waits.
_CONFIG = """
[http]
access_log = false
metrics = "open"

[channels.modem]
transport = "modem"
port = "no-modem-here"
"""


class Server:
    """
    ``smscore serve`` in a directory, with one account and all its credentials.

    ``site`` is what a :class:`Door` asks for; ``config`` is added to its own; ``url`` is that of an
    empty store which is not in the directory. Alive within a ``with`` block; its files stay.
    """

    def __init__(
        self, directory: Path, *, config: str = "", url: str | None = None, **account: Any
    ) -> None:
        self._directory = directory
        self.database = directory / "smscore.db"
        self.log: list[str] = []
        store = "" if url is None else f'\n[store]\nurl = "{url}"\n'
        (directory / "smscore.toml").write_text(_CONFIG + config + store)
        if url is None:
            new_database(self.database)
        with self.gateway() as gateway:
            operator = gateway.administration
            operator.create_account(
                "acme", **{"tariff": "unlimited", "home_country": "DE", **account}
            )
            operator.create_user(
                "apiuser",
                account="acme",
                password="secret-word",
                permissions=[Permission.API_SEND],
            )
            gateway.rules.apply([Route(name="all", channels=("modem",))])
            key = operator.create_key("acme").secret
            self.site = SimpleNamespace(
                token=operator.token("acme").secret, bearer={"Authorization": f"Bearer {key}"}
            )

    def start(self) -> None:
        """Run it, and wait until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "smscore_server", "serve", "--port", "0", "--json"],
            cwd=self._directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # A pipe: files of the process may not grow on a full disk.
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._listener.join(PATIENCE)
        assert line, self.log
        self.url = json.loads(line)["url"]
        self.smtp = json.loads(line).get("smtp")

    def stop(self) -> int:
        """End it as an operator does, and say with which status."""
        with suppress(httpx2.TransportError):
            told = httpx2.get(f"{self.url}/metrics", timeout=PATIENCE).text
            search(told.splitlines(), of="/metrics", literally=("acme", "apiuser"))
        self._process.terminate()
        return self._await_end()

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._await_end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self.stop()

    def limit(self, size: int) -> None:
        """Let no file of the server grow beyond so many bytes."""
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, ROOM))

    def ready(self) -> tuple[int, str]:
        """What a load balancer is told."""
        reply = httpx2.get(f"{self.url}/health/ready", timeout=PATIENCE)
        return reply.status_code, reply.json()["status"]

    def files(self) -> Sequence[Path]:
        """The database, and what belongs to it."""
        return list(self._directory.glob("smscore.db*"))

    def gateway(self) -> smscore.Gateway:
        """A gateway on the same database, beside the server."""
        return smscore.build(self._config())

    def stored(self) -> Sequence[Tracked]:
        """All messages, oldest first."""
        found: list[Tracked] = []
        with self.gateway() as gateway:
            while page := gateway.inquiry.messages(
                before=found[-1].message.id if found else None, limit=1000
            ):
                found += page
        return found[::-1]

    def _await_end(self) -> int:
        status = self._process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()
        search(self.log, of="server")
        return status

    def _config(self) -> smscore.GatewayConfig:
        return smscore.GatewayConfig.from_toml(self._directory / "smscore.toml")

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line)


@attrs.frozen
class Answer:
    """What came back, as far as a refusal is about it."""

    status: int
    text: str
    retry_after: str | None


class Client:
    """
    Submits through one door, one message after another, each under a key of its own.

    It repeats a request under its key until it is accepted, as careful clients do; ``accepted``
    are the ids that it was told, ``refusals`` what else it heard, ``unheard`` why it heard nothing.
    """

    def __init__(self, server: Server, door: Door) -> None:
        self.door = door
        self.accepted: list[int] = []
        self.refusals: list[Answer] = []
        self.unheard: list[httpx2.TransportError] = []
        self._server = server
        self._heard = threading.Condition()

    def run(self, over: threading.Event) -> None:
        """Until it is over, and what was begun is accepted."""
        with httpx2.Client(timeout=PATIENCE) as client:
            while not over.wait(0.005):
                self._submit(client, f"{self.door.surface} {len(self.accepted)}")

    def await_accepted(self, number: int) -> None:
        """Wait until so many more were accepted."""
        with self._heard:
            goal = len(self.accepted) + number
            assert self._heard.wait_for(lambda: len(self.accepted) >= goal, PATIENCE)

    def await_refused(self, number: int = 1) -> None:
        """Wait until so many more were refused."""
        with self._heard:
            goal = len(self.refusals) + number
            assert self._heard.wait_for(lambda: len(self.refusals) >= goal, PATIENCE)

    def _submit(self, client: httpx2.Client, key: str) -> None:
        request = dict(self.door.request(self._server.site, key, text=f"{key} " + "long " * 20))
        path = request.pop("url")
        pause = threading.Event()
        while True:
            try:
                reply = client.request(url=f"{self._server.url}{path}", **request)
            except httpx2.TransportError as fault:
                self.unheard.append(fault)
            else:
                if reply.status_code == 200:
                    break
                answer = Answer(reply.status_code, reply.text, reply.headers.get("retry-after"))
                with self._heard:
                    self.refusals.append(answer)
                    self._heard.notify_all()
            pause.wait(0.05)
        with self._heard:
            self.accepted += self.door.ids(reply)
            self._heard.notify_all()


@contextmanager
def repeating(server: Server) -> Iterator[Sequence[Client]]:
    """A client of each surface, at work until the end of the block."""
    over = threading.Event()
    clients = [Client(server, door) for door in BY_NAME.values()]
    threads = [threading.Thread(target=client.run, args=(over,)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield clients
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)

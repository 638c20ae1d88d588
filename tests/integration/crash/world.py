"""
A gateway as operators run it, for being killed: a server process, modems, a database.
"""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import attrs
import httpx2
import storage

import smscore
from smscore.domain.credentials import Permission
from smscore.domain.deliveries import Status
from smscore.domain.routes import Route
from smscore_modem.simulator import ModemSimulator

__all__ = [
    "ATTEMPTS",
    "CREDITS",
    "DEAR",
    "FAILING",
    "POLICIES",
    "PREFIXES",
    "PRICES",
    "REFUSED",
    "Credentials",
    "World",
]

CREDITS = 1_000_000
ATTEMPTS = {"modem-1": 2, "modem-2": 6, "modem-3": 2}
POLICIES = {"modem-1": "indeterminate", "modem-2": "resend", "modem-3": "fail"}
PRICES = {"modem-1": 1, "modem-2": 2, "modem-3": 3}
PREFIXES = {"modem-1": "+49170", "modem-2": "+49171", "modem-3": "+49172"}
DEAR = "+49174"  # charged for the dearest channel, carried by the cheapest
REFUSED = "+99905"  # by every modem
FAILING = "+99901"  # taken, and reported as failed

_PATIENCE, _LOOK = 60.0, 0.1  # seconds; a channel may pause for half of it before it goes on
_PLUGINS = (Path(__file__).parent / "plugin", Path(__file__).parents[2])  # and what it imports
_CONFIG = """
[store]
url = "{store}"

[http]
access_log = false
explain = true
"""
_CHANNEL = """
[channels.{name}]
transport = "{transport}"
port = "{port}"
gap = 0
price = {price}
account = "acme"
in_doubt = "{policy}"
retry = {{ max_attempts = {attempts}, first_delay = 0.1, factor = 1.0 }}
"""
_GROUP = """
[groups.modems]
channels = ["modem-1", "modem-2", "modem-3"]
"""


@attrs.frozen(kw_only=True)
class Credentials:
    """What the three surfaces ask for."""

    user: str
    password: str
    token: str
    key: str


class World:
    """
    Start, kill and restart the server; the modems and the log of what they took live on.

    A *life* lasts until the next death: that of the server, or of the database under it; ``life``
    counts them. Alive within a ``with`` block.
    """

    def __init__(self, directory: Path, *, store: str = "sqlite") -> None:
        self.directory = directory.absolute()
        self.store = store
        self.log = self.directory / "simulator.log"
        self.notes = self.directory / "killed.log"
        self.server_log = self.directory / "server.log"
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.is_up = threading.Event()
        self.is_gone = threading.Event()  # for whoever waits for the server to come back
        self.life = 0
        self.was_killed = False  # the last time
        self.has_lost_database = False
        self.on_up: Callable[[], None] = lambda: None
        self.on_stop: Callable[[], None] = lambda: None
        self._taken_before: list[int] = []  # by life: how many parts the network had by then
        self._server: subprocess.Popen[bytes] | None = None
        links = self.directory / "modems"
        links.mkdir(parents=True, exist_ok=True)
        self.simulator = ModemSimulator(modems=len(POLICIES), log=self.log, link_dir=links)
        self._resources = ExitStack()

    def start(self, *, kill_at: str | None = None, whom: str = "server") -> None:
        """
        Start the server, and do not wait for it.

        With ``kill_at`` it runs with the plugin of the kill points, otherwise as it is delivered;
        ``whom``: itself or the ``database``.
        """
        assert self._server is None, "the server runs already"
        self._begin_life()
        environment = dict(os.environ)
        config = "smscore.toml"
        if kill_at is not None:
            path = [*map(str, _PLUGINS), *filter(None, [environment.get("PYTHONPATH")])]
            environment["PYTHONPATH"] = os.pathsep.join(path)
            environment["SMSCORE_KILL_AT"] = kill_at
            environment["SMSCORE_KILL_NOTES"] = str(self.notes)
            if whom == "database":
                environment["SMSCORE_KILL_POSTGRES"] = str(self.database.process)
            config = "fragile.toml"
        command = (
            *(sys.executable, "-m", "smscore_server", "serve"),
            *("--config", str(self.directory / config), "--port", str(self.port)),
        )
        with self.server_log.open("ab") as log:
            how = f"{kill_at}, the {whom}" if kill_at else "as delivered"
            log.write(f"== life {self.life}: {how}\n".encode())
            log.flush()
            self._server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def await_up(self) -> bool:
        """Wait until the server answers; False: it died before."""
        pause = threading.Event()
        for _ in range(int(_PATIENCE / 0.03)):
            if not self.is_alive:
                return False
            with suppress(httpx2.TransportError):
                if httpx2.get(f"{self.origin}/health/live").status_code == 200:
                    self.is_up.set()
                    self.on_up()
                    return True
            pause.wait(0.03)
        raise AssertionError("the server did not come up")

    def restore_database(self) -> None:
        """Start the database that has ended; the server, which has lost it, begins another life."""
        self._begin_life()
        self.has_lost_database = True
        self.database.start()

    def await_work(self) -> None:
        """Wait until the server has mended all that it held when its database went."""
        held = self._held()
        pause = threading.Event()
        for _ in range(int(_PATIENCE / _LOOK)):
            if held.isdisjoint(self._held()):
                return
            pause.wait(_LOOK)
        raise AssertionError(f"the server does not go on with {held & self._held()}")

    @property
    def database(self) -> storage.Server:
        """The one that can be killed."""
        assert isinstance(self._storage, storage.Server), "this world has a file"
        return self._storage

    @property
    def is_alive(self) -> bool:
        """Whether the server runs at this moment."""
        return self._server is not None and self._server.poll() is None

    def kill(self) -> None:
        """End the server as a power cut does."""
        assert self._server is not None
        self._server.kill()

    def ask_to_stop(self) -> None:
        """End the server as an operator does."""
        assert self._server is not None
        self.on_stop()
        self._server.terminate()

    def await_end(self, timeout: float = _PATIENCE) -> bool:
        """
        Wait until the server is gone; False: it runs still.

        Raises:
            AssertionError: it ended by itself, and not in order.
        """
        assert self._server is not None
        try:
            status = self._server.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        self._server = None
        has_begun = self.is_up.is_set()
        self.is_up.clear()
        is_right = status in (0, -signal.SIGKILL)
        if self.store == "postgresql":  # without which it does not begin
            is_right |= status == 1 and not has_begun and not self.database.is_running
        assert is_right, f"the server ended with status {status}"
        self.was_killed = status != 0
        return True

    def taken(self) -> Sequence[Sequence[dict[str, str]]]:
        """The lines of the modems' log: what the network took, by the lives of the server."""
        lines = self._taken()
        places = [*self._taken_before, len(lines)]
        return [lines[begin:end] for begin, end in itertools.pairwise(places)]

    def open(self) -> smscore.Gateway:
        """A gateway on the same database, beside the server."""
        return smscore.build(smscore.GatewayConfig.from_toml(self.directory / "smscore.toml"))

    def __enter__(self) -> Self:
        self._resources.enter_context(self.simulator)
        self._storage = self._resources.enter_context(storage.a_storage(self.store, self.directory))
        self._resources.callback(self._end_server)
        url = self._storage.url
        self._write_config("smscore.toml", store=url, transport="modem")
        self._write_config("fragile.toml", store=f"fragile:{url}", transport="fragile-modem")
        self.credentials = self._set_up()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_gone.set()
        self._resources.close()

    def _held(self) -> set[tuple[int, int]]:
        """What channels have begun, and how far it was by then."""
        with self.open() as gateway:
            found = gateway.inquiry.messages(statuses=[Status.SENDING], limit=10_000)
        held = [one.delivery for one in found if one.delivery.channel in POLICIES]
        return {(delivery.message, delivery.sequence) for delivery in held}

    def _begin_life(self) -> None:
        self._taken_before.append(len(self._taken()))
        self.life += 1

    def _end_server(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def _taken(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def _write_config(self, name: str, *, store: str, transport: str) -> None:
        parts = [_CONFIG.format(store=store)]
        for (channel, policy), port in zip(POLICIES.items(), self.simulator.ports, strict=True):
            parts.append(
                _CHANNEL.format(
                    name=channel,
                    transport=transport,
                    port=port,
                    price=PRICES[channel],
                    policy=policy,
                    attempts=ATTEMPTS[channel],
                )
            )
        (self.directory / name).write_text("".join([*parts, _GROUP]))

    def _set_up(self) -> Credentials:
        smscore.migrate(smscore.GatewayConfig.from_toml(self.directory / "smscore.toml"))
        with self.open() as gateway:
            operator = gateway.administration
            operator.create_account("acme", tariff="unlimited", credits=CREDITS, home_country="DE")
            operator.create_user(
                "apiuser",
                account="acme",
                password="correct horse",
                permissions=[Permission.API_SEND],
            )
            gateway.rules.apply(_rules())
            return Credentials(
                user="apiuser",
                password="correct horse",
                token=operator.token("acme").secret,
                key=operator.create_key("acme").secret,
            )


def _rules() -> list[Route]:
    return [
        *(
            Route(name=f"to-{channel}", prefixes=(prefix,), channels=(channel,))
            for channel, prefix in PREFIXES.items()
        ),
        Route(name="dear", prefixes=(DEAR,), channels=("modem-1", "modem-3")),
        Route(name="others", prefixes=(REFUSED, FAILING), channels=("modems",)),
    ]


def _free_port() -> int:
    # Below those that the system gives to callers: one of them could take it while the server is
    # down, or call itself.
    for _ in range(100):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is no free port")

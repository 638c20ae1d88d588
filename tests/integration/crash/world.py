"""
A gateway as operators run it, for being killed: a server process, a simulator process, a database.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs
import httpx2

import smscore
from smscore.domain.credentials import Permission
from smscore.domain.deliveries import Status

_PATIENCE = 30.0
_CONFIG = """
[channels.modem-1]
transport = "modem"
port = "{first}"

[channels.modem-2]
transport = "modem"
port = "{second}"

[groups.modems]
channels = ["modem-1", "modem-2"]
"""
CREDITS = 5_000
UNDER_WAY = (Status.QUEUED, Status.SENDING, Status.SCHEDULED)


@attrs.frozen(kw_only=True)
class Credentials:
    """What the three surfaces ask for."""

    user: str
    password: str
    token: str
    key: str


class World:
    """Start, kill and restart the server; the simulator and its log live on."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "simulator.log"
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.is_up = threading.Event()
        self._server: subprocess.Popen[bytes] | None = None
        self._simulator = self._start_simulator()
        self.config = directory / "smscore.toml"
        self.credentials = self._set_up()

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        command = ("serve", "--config", str(self.config), "--port", str(self.port))
        with (self.directory / "server.log").open("ab") as log:
            self._server = _run(command, stdout=log, stderr=log)
        pause = threading.Event()
        for _ in range(int(_PATIENCE / 0.05)):
            assert self._server.poll() is None, (self.directory / "server.log").read_text()
            with suppress(httpx2.TransportError):
                if httpx2.get(f"{self.origin}/health/live").status_code == 200:
                    self.is_up.set()
                    return
            pause.wait(0.05)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        """End the server as a power cut does."""
        assert self._server is not None
        self.is_up.clear()
        os.kill(self._server.pid, signal.SIGKILL)
        self._server.wait()

    def open(self) -> smscore.Gateway:
        """A gateway on the same database, beside the server."""
        return smscore.build(smscore.GatewayConfig.from_toml(self.config))

    def parts_in_log(self) -> Counter[tuple[str, str]]:
        """How often the network took each part: recipient, and PDU without its reference."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return Counter((line["recipient"], _without_reference(line["pdu"])) for line in lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in (self._server, self._simulator):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(_PATIENCE)
            if process is not None and process.stdout is not None:
                process.stdout.close()

    def _start_simulator(self) -> subprocess.Popen[bytes]:
        command = ("simulate", "--modems", "2", "--log", str(self.log), "--json")
        process = _run(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        self._ports = [modem["port"] for modem in json.loads(process.stdout.readline())["modems"]]
        return process

    def _set_up(self) -> Credentials:
        first, second = self._ports
        self.config.write_text(_CONFIG.format(first=first, second=second))
        smscore.migrate(smscore.GatewayConfig.from_toml(self.config))
        with self.open() as gateway:
            operator = gateway.administration
            operator.create_account("acme", tariff="unlimited", credits=CREDITS, home_country="DE")
            operator.create_user(
                "apiuser",
                account="acme",
                password="correct horse",
                permissions=[Permission.API_SEND],
            )
            return Credentials(
                user="apiuser",
                password="correct horse",
                token=operator.token("acme").secret,
                key=operator.create_key("acme").secret,
            )


def _run(command: tuple[str, ...], **streams: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "smscore_server", *command], **streams)  # type: ignore[call-overload,no-any-return]


def _without_reference(pdu: str) -> str:
    """The octet after the first one of the TPDU is the sender's own count (23.040, 9.2.2.2)."""
    reference = 2 * (1 + int(pdu[:2], 16)) + 2
    return pdu[:reference] + pdu[reference + 2 :]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

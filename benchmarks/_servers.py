"""
The programs under test, each a process of its own: started, measured from outside, ended.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

import smscore
from smscore import GatewayConfig
from smscore.bootstrap import migrate
from smscore.domain.credentials import Permission
from smscore.domain.routes import Route

__all__ = [
    "DATABASE",
    "HERE",
    "Prepared",
    "Program",
    "Running",
    "free_port",
    "ours",
    "prepare",
    "uvicorn",
]

HERE = Path(__file__).parent
DATABASE = "bench.db"
_TICKS = os.sysconf("SC_CLK_TCK")
_PASSWORD = "benchmark"
_PATIENCE = 30  # seconds
_CONFIG = """
[store]
url = "{url}"

[http]
access_log = false  # the yardsticks write none either

[channels.unplugged]
transport = "modem"
port = "/dev/no-such-modem"
"""


@attrs.frozen(kw_only=True)
class Program:
    """What to start, and how to know that it answers."""

    name: str
    command: tuple[str, ...]  # "{port}" stands for the port on which it is to answer
    environment: Mapping[str, str] = attrs.field(factory=dict)
    health: str = "/health/live"
    port: int = 0  # 0: a free one


class Running:
    """One started program on the loopback."""

    def __init__(self, program: Program, directory: Path) -> None:
        self.port = program.port or free_port()
        command = [part.replace("{port}", str(self.port)) for part in program.command]
        self._health = f"http://127.0.0.1:{self.port}{program.health}"
        self._log = (directory / f"{program.name}.log").open("ab")
        started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env={**_environment(), "PYTHONPATH": str(HERE), **program.environment},
            stdout=self._log,
            stderr=self._log,
        )
        try:
            self._wait(program.name)
        except RuntimeError:
            self.__exit__(None, None, None)
            raise
        self.seconds_to_answer = time.perf_counter() - started

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mib(self) -> float:
        """Memory that the process holds."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _wait(self, name: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                told = Path(self._log.name).read_text(errors="replace").strip()
                raise RuntimeError(f"{name} ended at once:\n{told[-2000:]}")
            try:
                urllib.request.urlopen(self._health, timeout=1).close()
                return
            except urllib.error.HTTPError:
                return  # it answers, if only with 404 or 405
            except OSError:
                time.sleep(0.005)
        raise RuntimeError(f"{name} did not answer within {_PATIENCE} s")


def _environment() -> dict[str, str]:
    """This process's own, in which Python keeps its bytecode, as an installed package has it."""
    return {key: it for key, it in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def uvicorn(app: str, **environment: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command that serves one of the yardsticks as the bundled server serves itself."""
    command = (
        *(sys.executable, "-m", "uvicorn", app, "--port", "{port}", "--loop", "uvloop"),
        *("--http", "httptools", "--no-access-log", "--log-level", "warning"),
    )
    return command, environment


@attrs.frozen(kw_only=True)
class Prepared:
    """A gateway's directory, with an account of the tariff unlimited."""

    config: Path
    key: str  # of the provider API
    token: str  # of the queue API
    password: str  # of the gateway API's user, who is called "bench" as well
    other_key: str  # of the provider API, of the account "other"


def prepare(directory: Path, *, url: str = f"sqlite:///{DATABASE}") -> Prepared:
    """
    Make a database with the accounts ``bench`` and ``other``.

    Their messages wait for phones that never ask; the modem behind them sets their price.
    """
    path = directory / "smscore.toml"
    path.write_text(_CONFIG.format(url=url))
    config = GatewayConfig.from_toml(path)
    migrate(config)
    with smscore.build(config) as gateway:
        administration = gateway.administration
        for name in ("bench", "other"):
            administration.create_account(name, tariff="unlimited", credits=10**9)
        administration.create_user(
            "bench", account="bench", password=_PASSWORD, permissions=[Permission.API_SEND]
        )
        gateway.rules.apply([Route(name="wait", channels=("phones", "unplugged"))])
        return Prepared(
            config=path,
            key=administration.create_key("bench").secret,
            token=administration.token("bench").secret,
            password=_PASSWORD,
            other_key=administration.create_key("other").secret,
        )


def ours(config: Path, *options: str) -> Program:
    """The bundled server."""
    serve = ("-m", "smscore_server", "serve", "--config", str(config), "--port", "{port}")
    return Program(name="smscore", command=(sys.executable, *serve, *options))


def free_port() -> int:
    """A port of the loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

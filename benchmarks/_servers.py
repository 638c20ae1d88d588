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
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

import smscore
from smscore import GatewayConfig
from smscore.bootstrap import migrate
from smscore.domain.routing import Route

HERE = Path(__file__).parent
TICKS = os.sysconf("SC_CLK_TCK")
_CONFIG = """
[store]
url = "sqlite:///bench.db"

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
    command: tuple[str, ...]
    environment: dict[str, str] = attrs.field(factory=dict)
    health: str = "/health/live"


class Running:
    """One started program on a free port of the loopback."""

    def __init__(self, program: Program, directory: Path) -> None:
        self.port = _free_port()
        command = [part.replace("{port}", str(self.port)) for part in program.command]
        self._health = f"http://127.0.0.1:{self.port}{program.health}"
        self._log = (directory / f"{program.name}.log").open("ab")
        started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, **program.environment, "PYTHONPATH": str(HERE)},
            stdout=self._log,
            stderr=self._log,
        )
        self._wait(program.name)
        self.seconds_to_answer = time.perf_counter() - started

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

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
        self._process.wait(timeout=30)
        self._log.close()

    def _wait(self, name: str) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"{name} ended at once; see its log")
            try:
                urllib.request.urlopen(self._health, timeout=1).close()
                return
            except urllib.error.HTTPError:
                return  # it answers, if only with 404 or 405
            except OSError:
                time.sleep(0.005)
        raise RuntimeError(f"{name} did not answer within 30 s")


def uvicorn(app: str, **environment: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command that serves one of the yardsticks as the bundled server serves itself."""
    command = (
        *(sys.executable, "-m", "uvicorn", app, "--port", "{port}", "--loop", "uvloop"),
        *("--http", "httptools", "--no-access-log", "--log-level", "warning"),
    )
    return command, environment


def ours(directory: Path) -> tuple[Program, str]:
    """The bundled server with an account of the tariff unlimited, and that account's key."""
    path = directory / "smscore.toml"
    path.write_text(_CONFIG)
    config = GatewayConfig.from_toml(path)
    migrate(config)
    with smscore.build(config) as gateway:
        administration = gateway.administration
        administration.create_account("bench", tariff="unlimited", credits=10**9)
        # Messages wait for a phone that never asks; the modem behind it sets their price.
        administration.apply_rules([Route(name="wait", channels=("phones", "unplugged"))])
        key = administration.create_key("bench").secret
    serve = ("-m", "smscore_server", "serve", "--config", str(path), "--port", "{port}")
    return Program(name="smscore", command=(sys.executable, *serve)), key


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

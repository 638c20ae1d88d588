"""
The gateway of a soak: its server, a process of its own, and a simulated modem beside it.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import attrs
import httpx2
from soak_verdict import Sample

import smscore
from smscore.bootstrap import migrate
from smscore.domain.credentials import Permission
from smscore.domain.routes import Route

__all__ = ["FAST", "MODEM", "PASSWORD", "PHONES", "USER", "World", "free_port"]

FAST, MODEM, PHONES = "+49170", "+49171", "+49172"
"""How numbers begin that the instant networks carry, the simulated modem, the phones."""
USER, PASSWORD = "apiuser", "good password"

_PATIENCE = 60.0
_NETWORKS = 4
_HERE = Path(__file__).parent
_BENCHMARKS = _HERE.parents[2] / "benchmarks"
_PLUGINS = (_HERE / "plugin", _BENCHMARKS / "plugin", _BENCHMARKS)
_CONFIG = """
[store]
url = "sqlite:///{directory}/smscore.db"

[http]
access_log = false
metrics = "open"

[webhooks]
allow = ["127.0.0.0/8"]

[channels.watched]
transport = "watched"
file = "{directory}/inside.json"

[channels.modem]
transport = "modem"
port = "{port}"
gap = 0

[groups.networks]
channels = {networks}
"""


@attrs.frozen(kw_only=True)
class Credentials:
    """What the surfaces ask for, and the secret of the webhook."""

    key: str
    token: str
    secret: str


class World:
    """Alive within a ``with`` block; ``sink`` is the port of the endpoint that is told."""

    def __init__(self, directory: Path, *, sink: int) -> None:
        self.directory = directory.absolute()
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._sink = sink
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        with self._resources as resources:
            simulator = self._start("simulate", "--modems", "1", "--report-delay", "0.2")
            port = json.loads(simulator.stdout.readline())["modems"][0]["port"]  # type: ignore[union-attr]  # it is a pipe
            self.credentials = self._furnish(port)
            self._server = self._start("serve", "--port", str(self.port))
            self._await_up()
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def sample(self, at: float) -> Sample:
        """What the server holds now."""
        process = Path(f"/proc/{self._server.pid}")
        status = dict(
            line.split(":", 1)
            for line in (process / "status").read_text().splitlines()
            if ":" in line
        )
        files = self.open_files()
        return Sample(
            at=at,
            rss=int(status["VmRSS"].split()[0]),
            descriptors=files.total(),
            of_database=sum(
                count for name, count in files.items() if name.startswith("smscore.db")
            ),
            threads=int(status["Threads"]),
            tasks=int(self.inside().get("tasks", 0)),
            database=sum(file.stat().st_size for file in self.directory.glob("smscore.db*")),
        )

    def open_files(self) -> Counter[str]:
        """What the descriptors are of, by their kinds and names."""
        found: Counter[str] = Counter()
        for one in Path(f"/proc/{self._server.pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                target = str(one.readlink())
                found[target.partition(":[")[0].removeprefix(f"{self.directory}/")] += 1
        return found

    def inside(self) -> dict[str, Any]:
        """What the plugin has seen last."""
        with suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads((self.directory / "inside.json").read_text())
            return found
        return {}

    def command(self, *words: str) -> Sequence[str]:
        """A command beside the server, that answers in JSON."""
        config = str(self.directory / "smscore.toml")
        return (*_program(words[0]), *words[1:], "--json", "--config", config)

    def complaints(self) -> Sequence[str]:
        """Lines of the log that are no mere news, and what is wrong with the ledger."""
        lines = (self.directory / "serve.log").read_text(errors="replace").splitlines()
        statement = subprocess.run(
            self.command("account", "statement", "acme", "--limit", "1"),
            env=self.environment,
            capture_output=True,
            check=False,
        )
        wrong = [f"the ledger: {statement.stderr.decode()}"] if statement.returncode else []
        return [line for line in lines if "INFO" not in line] + wrong

    @property
    def environment(self) -> dict[str, str]:
        """With the plugins to be found."""
        known = filter(None, [os.environ.get("PYTHONPATH")])
        return {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, _PLUGINS), *known])}

    def _start(self, command: str, *options: str) -> "subprocess.Popen[bytes]":
        log = self._resources.enter_context((self.directory / f"{command}.log").open("ab"))
        process = subprocess.Popen(
            [*_program(command), *options, "--json"],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        self._resources.callback(_end, process)
        return process

    def _furnish(self, port: str) -> Credentials:
        networks = [f"network-{number}" for number in range(_NETWORKS)]
        path = self.directory / "smscore.toml"
        path.write_text(
            _CONFIG.format(directory=self.directory, port=port, networks=json.dumps(networks))
            + "".join(f'[channels.{name}]\ntransport = "instant"\n' for name in networks)
        )
        sys.path[:0] = [str(one) for one in _PLUGINS]
        config = smscore.GatewayConfig.from_toml(path)
        migrate(config)
        with smscore.build(config) as gateway:
            operator = gateway.administration
            account = operator.create_account("acme", tariff="unlimited", credits=10**9)
            operator.create_user(
                USER, account="acme", password=PASSWORD, permissions=[Permission.API_SEND]
            )
            gateway.rules.apply(
                [
                    Route(name="fast", prefixes=(FAST,), channels=("networks",)),
                    Route(name="modem", prefixes=(MODEM,), channels=("modem",)),
                    Route(name="phones", prefixes=(PHONES,), channels=("phones",)),
                ]
            )
            _, secret = gateway.webhooks.add(
                account.id,
                url=f"http://127.0.0.1:{self._sink}/told",
                events=["message.sent", "message.delivered"],
            )
            return Credentials(
                key=operator.create_key("acme").secret,
                token=operator.token("acme").secret,
                secret=secret,
            )

    def _await_up(self) -> None:
        pause = threading.Event()
        for _ in range(int(_PATIENCE / 0.1)):
            assert self._server.poll() is None, (self.directory / "serve.log").read_text()
            with suppress(httpx2.TransportError):
                if httpx2.get(f"{self.origin}/health/ready").status_code == 200:
                    return
            pause.wait(0.1)
        raise AssertionError("the server did not come up")


def _program(command: str) -> Sequence[str]:
    return (sys.executable, "-P", "-m", "smscore_server", command)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    assert process.stdout is not None
    process.stdout.close()


def free_port() -> int:
    """One of the loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

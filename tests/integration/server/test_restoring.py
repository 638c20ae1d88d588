"""
What was backed up comes back as the page for operators says, word for word, on both stores.
"""

import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import httpx2
import pytest
from click.testing import CliRunner
from endpoints import OK, Endpoint
from pages import blocks, page
from postgres import QUICK, PostgresCluster, a_cluster

from smscore_modem.simulator import ModemSimulator
from smscore_server.cli import smscore

PATIENCE = 30.0
PAGE = page("operating.md")
SECTION = PAGE.partition("## Backup and restore\n")[2].partition("\n## ")[0]
BACKUP, PAUSE_AND_LOOK = blocks(SECTION, "sh")
DUMP, RESTORE = blocks(SECTION, "text")
LOGIN = {"username": "monitor", "password": "good password"}
TO, OPTED_OUT = "+491701234567", "+491709999999"


class Place:
    """An installation, and the ways of the page to back it up and to put it back."""

    def __init__(self, directory: Path, resources: ExitStack) -> None:
        self.directory = directory
        self._resources = resources
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        self.environment.pop("SMSCORE_CONFIG", None)

    def run(self, *arguments: str, stdin: str = "") -> Any:
        """The answer of a command."""
        config = str(self.directory / "smscore.toml")
        result = CliRunner().invoke(
            smscore, [*arguments, "--config", config, "--json"], input=stdin
        )
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def shell(self, script: str) -> str:
        """What a person pastes into a terminal; ``check`` finds that there is no server."""
        done = subprocess.run(
            ["sh", "-c", script.replace("smscore check", "smscore check || true")],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def init(self) -> None:
        raise NotImplementedError

    def back_up(self) -> None:
        raise NotImplementedError

    def lose(self) -> None:
        """Everything but the configuration and the backup."""
        raise NotImplementedError

    def restore(self) -> None:
        raise NotImplementedError


class OnSqlite(Place):
    def init(self) -> None:
        self.shell("smscore init")

    def back_up(self) -> None:
        self._shown = self.shell(f"set -e\n{BACKUP}")

    def lose(self) -> None:
        kept = {"smscore.toml", "backups", "modems"}
        for path in self.directory.iterdir():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def restore(self) -> None:
        steps = re.findall(r"^  (\S.*)$", self._shown, re.MULTILINE)
        assert len(steps) == 5, self._shown
        self.shell("set -e\n" + "\n".join(steps))


class OnPostgres(Place):
    def init(self) -> None:
        self._use(self._resources.enter_context(a_cluster(**QUICK)))
        self.shell("createdb --encoding=UTF8 --template=template0 smscore")
        self.shell(f"smscore init --store '{self._url}'")

    def back_up(self) -> None:
        self.shell(f"set -e\n{DUMP}")

    def lose(self) -> None:
        """Another server of PostgreSQL, in which there is nothing."""
        old = self._url
        self._cluster.stop()
        self._use(self._resources.enter_context(a_cluster(**QUICK)))
        (self.directory / "smscore.key").unlink()
        config = self.directory / "smscore.toml"
        config.write_text(config.read_text().replace(old, self._url))

    def restore(self) -> None:
        self.shell(f"set -e\n{RESTORE}")

    def _use(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        self._url = cluster.url("smscore")
        programs = f"{cluster.programs}:{self.environment['PATH']}"
        self.environment |= {
            "PATH": programs,
            "PGHOST": str(cluster.directory),
            "PGUSER": "smscore",
        }


@pytest.fixture(params=[OnSqlite, OnPostgres])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, modems: ModemSimulator
) -> Iterator[Place]:
    """With a modem that nobody has opened yet, and an account that waits for it."""
    with ExitStack() as resources:
        place: Place = request.param(tmp_path, resources)
        place.init()
        config = tmp_path / "smscore.toml"
        allowed = '[webhooks]\nallow = ["127.0.0.0/8"]'
        config.write_text(
            config.read_text().replace("[webhooks]", allowed)
            + f'[channels.modem-1]\ntransport = "modem"\nport = "{modems.ports[0]}"\n'
            "reconnect_delay = 0.05\ngap = 0\n"
        )
        yield place


@pytest.fixture
def modems(tmp_path: Path) -> Iterator[ModemSimulator]:
    directory = tmp_path / "modems"
    directory.mkdir()
    with ModemSimulator(modems=1, link_dir=directory, report_delay=0.01) as simulator:
        yield simulator


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    def behave(connection: socket.socket) -> bool:
        connection.sendall(OK)
        return True

    endpoint = Endpoint(behave)
    yield endpoint
    endpoint.close()


@attrs.frozen(kw_only=True)
class Secrets:
    """What people and programs were told once."""

    key: str
    token: str
    webhook: str


def furnish(place: Place, endpoint: Endpoint) -> Secrets:
    place.run("account", "create", "shop", "--credits", "100", "--country", "DE")
    place.run(
        *("user", "create", "monitor", "--account", "shop", "--permission", "api.send"),
        "--password-stdin",
        stdin=LOGIN["password"] + "\n",
    )
    place.run("consent", "opt-out", OPTED_OUT, "--account", "shop")
    return Secrets(
        key=place.run("key", "create", "--account", "shop")["key"],
        token=place.run("token", "create", "--account", "shop")["token"],
        webhook=place.run(
            *("webhooks", "add", endpoint.url(), "--account", "shop"),
            *("--event", "message.delivered"),
        )["secret"],
    )


def send(place: Place, text: str, *options: str) -> str:
    sent = place.run("send", "--account", "shop", "--to", TO, *options, text)
    return str(sent["id"])


def wait_until(condition: Callable[[], bool]) -> None:
    pause, tries = threading.Event(), int(PATIENCE / 0.05)
    while not condition():
        assert (tries := tries - 1), "it did not happen in time"
        pause.wait(0.05)


def is_delivered(place: Place, message: str) -> Callable[[], bool]:
    return lambda: place.run("status", message)["status"] == "delivered"


def state(place: Place) -> dict[str, Any]:
    """All that is to be the same again."""
    return {
        "messages": place.run("messages", "list"),
        "stories": [place.run("explain", one["id"]) for one in place.run("messages", "list")],
        "statement": place.run("account", "statement", "shop"),
        "account": place.run("account", "show", "shop"),
        "opted out": place.run("consent", "list"),
        "webhooks": place.run("webhooks", "list"),
    }


def texts(modems: ModemSimulator) -> Sequence[str]:
    return sorted(one.submit.user_data.content.decode() for one in modems.taken)


def is_signed(request: bytes, secret: str) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)x-smsprovider-signature: (\S+)", head)
    assert found, head
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() == found[1].decode()


def test_what_was_backed_up_comes_back_and_goes_on(place, modems, endpoint, start):
    secrets = furnish(place, endpoint)
    with_server(start, place, lambda _: wait_until(is_delivered(place, send(place, "first"))))
    waiting, later = send(place, "waiting"), send(place, "later", "--not-before", "2h")
    before = state(place)
    place.back_up()
    with_server(start, place, lambda _: wait_until(is_delivered(place, waiting)))
    lost = send(place, "lost")

    place.lose()
    place.restore()

    assert state(place) == before
    assert before["statement"]["adds_up"]
    shown = place.shell(f"set -e\n{PAUSE_AND_LOOK}")
    assert waiting in shown
    assert later in shown
    assert lost not in shown
    # What has gone out since is called back, and so is sent once.
    place.run("messages", "cancel", waiting)
    told = len(endpoint.requests)

    def go_on(url: str) -> None:
        place.run("channel", "resume", "modem-1")
        sent = httpx2.post(
            f"{url}/v1/messages",
            json={"to": TO, "message": "afterwards"},
            headers={"Authorization": f"Bearer {secrets.key}"},
        )
        by_password = httpx2.post(f"{url}/api.php", data={**LOGIN, "to": TO, "text": "by password"})
        refused = httpx2.post(f"{url}/api.php", data={**LOGIN, "to": OPTED_OUT, "text": "no"})
        polled = httpx2.get(f"{url}/api/{secrets.token}/get_messages")
        stranger = httpx2.get(f"{url}/api/{'0' * 64}/get_messages")

        assert (sent.status_code, polled.status_code) == (200, 200)
        assert by_password.text.startswith("OK")
        assert not refused.text.startswith("OK")
        assert stranger.status_code != 200
        wait_until(lambda: len(endpoint.requests) >= told + 2)

    with_server(start, place, go_on)
    assert texts(modems) == ["afterwards", "by password", "first", "waiting"]
    assert place.run("status", later)["status"] == "scheduled"
    assert all(is_signed(one, secrets.webhook) for one in endpoint.requests)
    assert place.run("account", "statement", "shop")["adds_up"]


def with_server(start: Any, place: Place, work: Callable[[str], None]) -> None:
    server = start("serve", "--port", "0", "--json")
    try:
        work(json.loads(server.line())["url"])
    finally:
        assert server.stop() == 0

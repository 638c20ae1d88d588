"""
What the queue API is called with: the collection for Postman, run by newman, and apprise.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from server_process import Server

from smscore.domain.deliveries import Status
from smscore.testing import an_app_manifest

pytestmark = pytest.mark.peers

PATIENCE = 120.0
PHONE = "0712345678"


@pytest.fixture
def newman(peers_directory: Path) -> str:
    program = peers_directory / "node_modules/.bin/newman"
    if shutil.which("node") is None or not program.exists():
        pytest.skip("newman is not installed; 'make test-peers' does it")
    return str(program)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    with server.gateway() as gateway:
        gateway.rules.apply([])  # what the queue API queues is for phones
    with server:
        yield server


def run(newman: str, server: Server, told: Path) -> dict[str, Any]:
    """What newman says of a run of the collection, with the token that its user has written."""
    served = f"{server.url}/postman"
    command = [newman, "run", f"{served}/collection", "--environment", f"{served}/environment"]
    command += ["--env-var", f"api_token={server.site.token}"]
    command += ["--reporters", "cli,json", "--reporter-json-export", str(told)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "NO_UPDATE_NOTIFIER": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(told.read_text())["run"]
    return said


def publish(server: Server) -> None:
    """Two versions of an app, of which the older one is active."""
    with server.gateway() as gateway:
        for code, content in ((5, b"the active one"), (10, b"a later one")):
            digest = sha256(content).hexdigest()
            path = gateway.config.app_file(digest)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            manifest = an_app_manifest(code=code, version=f"1.{code}")
            gateway.apps.publish(manifest, digest=digest, size=len(content), activate=code == 5)


def test_every_assertion_of_the_collection_holds_without_an_app_and_with_one(
    newman: str, server: Server, tmp_path: Path
) -> None:
    runs = [run(newman, server, tmp_path / "without.json")]
    publish(server)
    runs.append(run(newman, server, tmp_path / "with.json"))

    assert [one["failures"] for one in runs] == [[], []]
    assert all(one["stats"]["assertions"]["total"] > 50 for one in runs)
    statuses = [[one["response"]["code"] for one in each["executions"][:4]] for each in runs]
    assert statuses == [[404, 200, 404, 404], [200] * 4]
    # What it queues it also reports.
    assert [one.delivery.status for one in server.stored()] == [Status.DELIVERED] * 10


# apprise, whose plug-in for JSON posts an object.


@pytest.fixture
def apprise(peer_python: str, server: Server) -> Callable[..., int]:
    program = str(Path(peer_python).with_name("apprise"))
    host = server.url.removeprefix("http://")

    def notify(text: str, *, phone: str = PHONE, token: str = server.site.token) -> int:
        address = f"json://{host}/api/{token}/queue?:phone={phone}"
        done = subprocess.run(
            [program, "-b", text, address],
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode

    return notify


@pytest.mark.parametrize("text", ["Disk full on web-1", "Größe: 100 % & mehr + x 😀"])
def test_apprise_queues(apprise: Callable[..., int], server: Server, text: str) -> None:
    assert apprise(text) == 0

    [tracked] = server.stored()
    assert (tracked.message.text, tracked.message.recipient_as_given) == (text, PHONE)


@pytest.mark.parametrize("wrong", [{"phone": "12345"}, {"token": "wrong"}])
def test_apprise_sees_a_refusal(
    apprise: Callable[..., int], server: Server, wrong: dict[str, str]
) -> None:
    assert apprise("Test", **wrong) != 0

    assert server.stored() == []

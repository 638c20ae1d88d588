"""
What the description says, asked of a running server by schemathesis: requests that it allows and
requests that it does not, one after another and in turns that the links lead to.
"""

import os
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from server_process import Server

from smscore.testing import an_app_manifest

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
PATIENCE = 1200.0
APP = bytes(1000)

# Both check what strangers are told, and those have ten calls a second.
OF_STRANGERS = "ignored_auth,missing_required_header"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One with an app to download."""
    server = Server(tmp_path_factory.mktemp("server"))
    with server.gateway() as gateway:
        digest = sha256(APP).hexdigest()
        path = gateway.config.app_file(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(APP)
        gateway.apps.publish(an_app_manifest(code=5), digest=digest, size=len(APP), activate=True)
    with server:
        yield server


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> str:
    """How many requests each call gets, beside those that are the same in every run."""
    # An account has at most 100 webhooks.
    return "60" if request.config.getoption("nightly") else "20"


def run(server: Server, python: str, *options: str) -> None:
    """Run it; its exit status says whether there was a failure."""
    program = Path(python).with_name("schemathesis")
    if not program.exists():
        pytest.skip(f"there is no {program}; 'make test-peers' installs it")
    asked = subprocess.run(
        [
            str(program),
            "--config-file",
            str(HERE / "schemathesis.toml"),
            "run",
            f"{server.url}/openapi.json",
            "--seed=1",
            "--continue-on-failure",
            "--no-color",
            *options,
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=server.database.parent,
        env={
            **os.environ,
            "PYTHONPATH": str(HERE),
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "SMSCORE_KEY": server.site.bearer["Authorization"].removeprefix("Bearer "),
            "SMSCORE_TOKEN": server.site.token,
        },
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_every_call_keeps_what_is_said_of_it(
    server: Server, peer_python: str, examples: str
) -> None:
    run(server, peer_python, f"--max-examples={examples}", f"--exclude-checks={OF_STRANGERS}")


def test_no_call_lets_strangers_in(server: Server, peer_python: str) -> None:
    run(
        server,
        peer_python,
        "--max-examples=5",
        f"--checks={OF_STRANGERS}",
        "--rate-limit=10/s",
        "--include-path-regex=^/(v1/|api/messages)",
    )

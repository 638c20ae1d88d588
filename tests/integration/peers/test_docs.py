"""
The page about the API in a browser: all calls are on it, and nothing comes from elsewhere.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from server_process import Server

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
PATIENCE = 300.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="module")
def seen(server: Server, peers_directory: Path) -> Any:
    """What a visitor of the page sees."""
    node, chromium = shutil.which("node"), shutil.which("chromium")
    modules = peers_directory / "node_modules"
    if node is None or chromium is None or not (modules / "playwright-core").exists():
        pytest.skip("there is no Chromium, or nothing to drive it; 'make test-peers' installs both")
    looked = subprocess.run(
        [node, str(HERE / "look_at_docs.js"), chromium, f"{server.url}/docs"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "NODE_PATH": str(modules)},
        check=False,
    )
    assert looked.returncode == 0, looked.stderr
    return json.loads(looked.stdout)


def test_every_call_and_every_event_is_on_the_page(server: Server, seen: Any) -> None:
    document = httpx2.get(f"{server.url}/openapi.json").json()
    shown = {one.rpartition("-")[2] for one in seen["ids"]}

    for part in ("paths", "webhooks"):
        for calls in document[part].values():
            for call in calls.values():
                assert call["operationId"] in shown


def test_the_browser_complains_about_nothing(seen: Any) -> None:
    assert seen["complaints"] == []


def test_nothing_comes_from_elsewhere(server: Server, seen: Any) -> None:
    assert [one for one in seen["requests"] if not one.startswith((server.url, "data:"))] == []


def test_a_call_can_be_tried_on_the_page(seen: Any) -> None:
    assert json.loads(seen["said"]) == {"status": "ok"}

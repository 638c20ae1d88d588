"""
Apps that others made, published and downloaded by programs that others made.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from server_process import Server

from smscore_server.cli import smscore

pytestmark = pytest.mark.peers

PATIENCE = 60.0
APPS = {
    "io.appium.settings": "node_modules/io.appium.settings/apks/settings_apk-debug.apk",
    "com.github.uiautomator": "python/files/uiautomator2/assets/app-uiautomator.apk",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path) as server:
        yield server


@pytest.fixture(params=APPS)
def app(request: pytest.FixtureRequest, peers_directory: Path) -> tuple[str, Path]:
    """The name of a package, and its file."""
    path = peers_directory / APPS[request.param]
    if not path.exists():
        pytest.skip(f"there is no {path}; 'make test-peers' installs it")
    return request.param, path


def said(tmp_path: Path, *arguments: str) -> Any:
    """What ``smscore app`` says in JSON."""
    config = str(tmp_path / "smscore.toml")
    result = CliRunner().invoke(smscore, ["app", *arguments, "--json", "--config", config])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def downloads(server: Server, tmp_path: Path) -> int:
    """Of the only version, when all requests have come to their end."""
    assert server.stop() == 0
    (version,) = said(tmp_path, "list")
    return int(version["downloads"])


def run(*command: str, directory: Path) -> str:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; 'make test-peers' does it")
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_real_app_is_published_found_and_downloaded(
    app: tuple[str, Path], server: Server, tmp_path: Path
) -> None:
    package, path = app

    published = said(tmp_path, "publish", str(path), "--activate")
    answer = json.loads(run("curl", "-s", f"{server.url}/api/app-version", directory=tmp_path))
    run("curl", "-sf", "-OJ", answer["downloadUrl"], directory=tmp_path)

    assert (published["package"], published["size"]) == (package, path.stat().st_size)
    assert len(published["certificates"]) == 1
    assert answer["versionCode"] == published["code"]
    downloaded = tmp_path / f"app-v{answer['version']}.apk"
    assert downloaded.read_bytes() == path.read_bytes()
    assert downloads(server, tmp_path) == 1


def test_what_the_package_says_is_what_the_app_says(peers_directory: Path, tmp_path: Path) -> None:
    path = peers_directory / APPS["io.appium.settings"]
    if not path.exists():
        pytest.skip(f"there is no {path}; 'make test-peers' installs it")
    named = json.loads((path.parents[1] / "package.json").read_text())
    Server(tmp_path)

    assert said(tmp_path, "publish", str(path))["version"] == named["version"]


def test_a_download_that_was_cut_off_is_resumed_and_counts_once(
    app: tuple[str, Path], server: Server, tmp_path: Path
) -> None:
    content = app[1].read_bytes()
    code = said(tmp_path, "publish", str(app[1]))["code"]
    url = f"{server.url}/api/download/{code}"
    run("curl", "-sf", "-r", "0-999999", "-o", "half.apk", url, directory=tmp_path)

    run("curl", "-sf", "-C", "-", "-o", "half.apk", url, directory=tmp_path)

    assert (tmp_path / "half.apk").read_bytes() == content
    assert downloads(server, tmp_path) == 1


def test_a_download_manager_with_several_connections_counts_once(
    app: tuple[str, Path], server: Server, tmp_path: Path
) -> None:
    code = said(tmp_path, "publish", str(app[1]))["code"]
    url = f"{server.url}/api/download/{code}"
    options = ("--split=4", "--max-connection-per-server=4", "--min-split-size=1M", "--out=app")

    run("aria2c", "--no-conf", *options, url, directory=tmp_path)

    assert (tmp_path / "app").read_bytes() == app[1].read_bytes()
    assert downloads(server, tmp_path) == 1

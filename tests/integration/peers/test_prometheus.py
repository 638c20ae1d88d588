"""
The metrics, as Prometheus and its tool read them.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
DOCS = HERE.parents[2] / "docs"
PAGE = (DOCS / "operating.md").read_text("utf-8")
PATIENCE = 60.0
LOGIN = {"username": "apiuser", "password": "secret"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running server that was asked to send something."""
    directory = tmp_path_factory.mktemp("served")
    server = subprocess.Popen(
        [sys.executable, "-P", str(HERE / "serve_gateway.py"), str(directory), "-83"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    url = json.loads(server.stdout.readline())
    for to in ("00491701234567", "nobody"):
        httpx2.post(f"{url}/api.php", data={**LOGIN, "to": to, "text": "x"}, timeout=PATIENCE)
    yield url
    server.terminate()
    server.communicate(timeout=PATIENCE)


def promtool(*arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed; 'make test-peers' does it")
    return subprocess.run(
        ["promtool", *arguments],
        input=told,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_metrics_are_as_prometheus_wants_them(url):
    reply = httpx2.get(f"{url}/metrics", auth=tuple(LOGIN.values()), timeout=PATIENCE)

    checked = promtool("check", "metrics", told=reply.text)

    assert reply.status_code == 200
    # It ends with 3 and names them, if any are named or told otherwise than is the custom.
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


# The files for monitoring.


def test_the_alerts_are_rules():
    checked = promtool("check", "rules", str(DOCS / "monitoring/alerts.yml"))

    assert checked.returncode == 0, checked.stderr


def test_the_alerts_go_off_when_they_should_and_not_otherwise(tmp_path):
    shutil.copy(DOCS / "monitoring/alerts.yml", tmp_path)
    shutil.copy(HERE / "alerts_tests.yml", tmp_path)

    tested = promtool("test", "rules", str(tmp_path / "alerts_tests.yml"))

    assert tested.returncode == 0, tested.stderr


def test_the_expressions_of_the_board_can_be_read(tmp_path):
    board = json.loads((DOCS / "monitoring/board.json").read_text("utf-8"))
    targets = [target for panel in board["panels"] for target in panel.get("targets", ())]
    rules = [
        {"record": f"panel:{place}", "expr": target["expr"].replace("$__rate_interval", "1m")}
        for place, target in enumerate(targets)
    ]
    file = tmp_path / "board.json"  # which is YAML as well
    file.write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))

    checked = promtool("check", "rules", str(file))

    assert len(rules) > 20
    assert checked.returncode == 0, checked.stderr


def test_prometheus_reads_the_metrics_as_the_page_says(url, tmp_path, watch: Callable[..., Any]):
    (example,) = re.findall(r"```yaml\n(scrape_configs:.*?)```", PAGE, re.DOTALL)
    password = tmp_path / "password"
    password.write_text(LOGIN["password"])
    config = tmp_path / "prometheus.yml"
    shutil.copy(DOCS / "monitoring/alerts.yml", tmp_path)
    config.write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [alerts.yml]\n"
        + example.replace("127.0.0.1:8080", urlsplit(url).netloc)
        .replace("username: prometheus", f"username: {LOGIN['username']}")
        .replace("/etc/prometheus/smscore.password", str(password))
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    prometheus = watch(
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={address}",
    )
    prometheus.wait_for("Server is ready")

    deadline = monotonic() + PATIENCE
    query = 'smscore_submissions_total{surface="gateway",outcome="accepted"}'
    while not (found := ask(address, query)) and monotonic() < deadline:
        threading.Event().wait(0.2)

    assert [one["value"][1] for one in found] == ["1"]
    assert [one["metric"]["instance"] for one in found] == [urlsplit(url).netloc]
    assert not ask(address, 'ALERTS{alertstate="firing"}')


def ask(address: str, query: str) -> list[Any]:
    """What Prometheus knows."""
    reply = httpx2.get(f"http://{address}/api/v1/query", params={"query": query}, timeout=PATIENCE)
    result: list[Any] = reply.json()["data"]["result"]
    return result

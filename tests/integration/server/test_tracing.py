"""
The traces of a server, as a collector gets them.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from log_search import search
from postgres import QUICK, a_cluster

from smscore import GatewayConfig, build
from smscore.domain.messages import MessageId
from smscore.domain.routes import Route
from smscore.domain.traces import root_of, trace_of
from smscore_server.cli import smscore

PATIENCE = 60.0
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(ThreadingHTTPServer):
    """Takes spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.bodies: list[str] = []
        self.changed = threading.Condition()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/traces"

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for body in self.bodies
            for resource in json.loads(body)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Collector)
        body = self.rfile.read(int(self.headers["content-length"]))
        assert (self.path, self.headers["content-type"]) == ("/v1/traces", "application/json")
        with self.server.changed:
            self.server.bodies.append(body.decode())
            self.server.changed.notify_all()
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Not on standard error."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        yield collector
        collector.shutdown()
        thread.join()


@pytest.fixture
def send(installation: Path, answer, start, channel):
    """Sends a message through a server that traces, and ends it: the message, the key, the log."""

    def send(endpoint: str) -> tuple[MessageId, str, str]:
        config = installation / "smscore.toml"
        commented = '# endpoint = "http://127.0.0.1:4318/v1/traces"'
        assert commented in config.read_text()
        config.write_text(config.read_text().replace(commented, f'endpoint = "{endpoint}"'))
        answer("account", "create", "shop")
        key = answer("key", "create", "--account", "shop")["key"]
        server = start("serve", "--port", "0", "--json")
        url = json.loads(server.line())["url"]
        sent = httpx2.post(
            f"{url}/v1/messages",
            json={"to": "+491701234567", "message": "a confidential text"},
            headers={"authorization": f"Bearer {key}", "traceparent": CALLER},
            timeout=30,
        )
        log = server.end()
        assert sent.status_code == 200, log
        return MessageId(int(sent.json()["message_id"].removeprefix("msg_"), 16)), key, log

    return send


def test_a_server_sends_its_traces(collector: Collector, send):
    message, key, _ = send(collector.endpoint)

    (span,) = collector.spans
    assert (span["name"], span["kind"]) == ("request", 2)
    assert span["traceId"] == f"{trace_of(message):032x}"
    assert span["spanId"] == f"{root_of(message):016x}"
    assert [link["traceId"] for link in span["links"]] == [CALLER.split("-")[1]]
    assert int(span["endTimeUnixNano"]) >= int(span["startTimeUnixNano"]) > 0
    search(collector.bodies, of="traces")
    for word in ("confidential", "491701234567", "shop", key):
        assert not any(word in body for body in collector.bodies)


def test_a_server_without_channels_sends_its_traces_while_it_runs(
    collector: Collector, tmp_path: Path, start
):
    with a_cluster(**QUICK) as cluster:
        made = CliRunner().invoke(
            smscore, ["init", "--dir", str(tmp_path), "--store", cluster.new_store()]
        )
        assert made.exit_code == 0, made.output
        config = tmp_path / "smscore.toml"
        traced = f'[tracing]\nendpoint = "{collector.endpoint}"'
        config.write_text(config.read_text().replace("[tracing]", traced))
        with build(GatewayConfig.from_toml(config)) as gateway:
            gateway.administration.create_account("shop")
            key = gateway.administration.create_key("shop").secret
            gateway.rules.apply([Route(name="all", channels=("phones",))])
        server = start("serve", "--role", "api", "--port", "0", "--json")
        sent = httpx2.post(
            f"{json.loads(server.line())['url']}/v1/messages",
            json={"to": "+491701234567", "message": "m"},
            headers={"authorization": f"Bearer {key}"},
            timeout=30,
        )

        assert sent.status_code == 200, sent.text
        with collector.changed:
            assert collector.changed.wait_for(lambda: collector.spans, PATIENCE)
        (span,) = collector.spans
        assert span["name"] == "request"
        assert server.stop() == 0


def test_a_collector_that_is_away_holds_up_nothing(send):
    _, _, log = send("http://127.0.0.1:9/v1/traces")

    assert "1 spans are lost: ConnectError" in log


def test_an_endpoint_that_is_no_address_is_refused(installation: Path, command):
    config = installation / "smscore.toml"
    config.write_text(config.read_text().replace("[tracing]", '[tracing]\nendpoint = "here:4318"'))

    result = command("serve", "--port", "0")

    assert result.exit_code != 0
    assert "[tracing] endpoint" in result.stderr

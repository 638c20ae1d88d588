"""
One trace from the request to the endpoint that is told, through a modem: all parts are real ones.
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from databases import new_database
from endpoints import OK, Endpoint
from log_search import search
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.testclient import TestClient

from smscore import Gateway, GatewayConfig, build
from smscore.domain.messages import MessageId
from smscore.domain.traces import root_of, trace_of
from smscore_http import create_app
from smscore_modem.simulator import ModemSimulator
from smscore_tracing import TRACED, Tracing

PATIENCE = 30.0
TEXT = "a confidential text " * 10  # two parts


class Exporter(InMemorySpanExporter):
    """Keeps spans; whoever waits for one is woken."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        with self._changed:
            result = super().export(spans)
            self._changed.notify_all()
        return result

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.get_finished_spans() if span.name == name]

    def wait_for(self, name: str, count: int = 1) -> list[ReadableSpan]:
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.named(name)) >= count, PATIENCE)
        assert enough, [span.name for span in self.get_finished_spans()]
        return self.named(name)


@pytest.fixture
def exporter() -> Exporter:
    return Exporter()


@pytest.fixture
def simulator() -> Iterator[ModemSimulator]:
    with ModemSimulator(modems=1, report_delay=0.01) as simulator:
        yield simulator


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    def behave(connection) -> bool:
        connection.sendall(OK)
        return True

    endpoint = Endpoint(behave)
    yield endpoint
    endpoint.close()


@pytest.fixture
def gateway(
    tmp_path: Path, simulator: ModemSimulator, endpoint: Endpoint, exporter: Exporter
) -> Iterator[Gateway]:
    """It runs, is traced, and tells the endpoint when a message was delivered."""
    new_database(tmp_path / "smscore.db")
    config = GatewayConfig.from_mapping(
        {
            "store": {"url": f"sqlite:///{tmp_path}/smscore.db"},
            "webhooks": {"allow": ["127.0.0.0/8"]},
            "channels": {
                "m1": {
                    "transport": "modem",
                    "port": simulator.ports[0],
                    "gap": 0.0,
                    "retry": {"first_delay": 0.1},
                }
            },
        },
        directory=tmp_path,
    )
    with build(config) as gateway:
        tracing = Tracing(SimpleSpanProcessor(exporter))
        gateway.measure(tracing)
        gateway.observe(tracing.happened, kinds=TRACED)
        account = gateway.administration.create_account("acme", home_country="DE")
        gateway.webhooks.add(account.id, url=endpoint.url(), events=["message.delivered"])
        with gateway.running():
            yield gateway
        tracing.close()


def send(gateway: Gateway) -> MessageId:
    """By the provider API."""
    key = gateway.administration.create_key("acme").secret
    with TestClient(create_app(gateway)) as client:
        reply = client.post(
            "/v1/messages",
            json={"to": "+491701234567", "message": TEXT},
            headers={"Authorization": f"Bearer {key}"},
        )
    assert reply.status_code == 200, reply.text
    return MessageId(int(reply.json()["message_id"].removeprefix("msg_"), 16))


def test_one_trace_joins_request_pdus_reports_and_webhook(gateway, endpoint, exporter):
    message = send(gateway)
    exporter.wait_for("webhook")
    exporter.wait_for("report", 2)
    spans = exporter.get_finished_spans()
    (request,), (send_,), pdus = (exporter.named(name) for name in ("request", "send", "pdu"))

    assert {span.context.trace_id for span in spans} == {trace_of(message)}
    assert {span.name for span in spans} == {"request", "send", "pdu", "report", "webhook"}
    assert (request.context.span_id, request.parent) == (root_of(message), None)
    assert [pdu.parent.span_id for pdu in pdus] == [send_.context.span_id] * 2
    for span in (send_, *exporter.named("report"), *exporter.named("webhook")):
        assert span.parent.span_id == root_of(message)
    assert len(endpoint.requests) == 1


def test_a_pdu_has_its_number_the_networks_reference_and_the_modems_answer(gateway, exporter):
    message = send(gateway)
    exporter.wait_for("webhook")
    (send_,), pdus = exporter.named("send"), exporter.named("pdu")
    parts = gateway.inquiry.message(message).delivery.parts

    assert [pdu.attributes["smscore.part"] for pdu in pdus] == [1, 2]
    assert [pdu.attributes["smscore.answer"] for pdu in pdus] == ["OK"] * 2
    references = [pdu.attributes["smscore.reference"] for pdu in pdus]
    assert references == [part.reference for part in parts]
    for pdu in pdus:
        assert send_.start_time <= pdu.start_time <= pdu.end_time
    written = "\n".join(span.to_json() for span in exporter.get_finished_spans())
    search(written.splitlines(), of="spans")
    for word in ("confidential", TEXT.encode().hex()[:16], "491701234567", "acme"):
        assert word not in written.lower()


def test_a_refused_pdu_and_the_one_that_passed_are_below_their_own_tries(
    gateway, simulator, exporter
):
    simulator.begin_fault("refuses cms=38 times=1")  # 27.005, 3.2.5: the network is out of order
    send(gateway)
    tries = exporter.wait_for("send", 2)
    pdus = exporter.wait_for("pdu", 3)

    assert [one.attributes["smscore.result"] for one in tries] == ["retried", "sent"]
    below = [[pdu for pdu in pdus if pdu.parent.span_id == one.context.span_id] for one in tries]
    assert [[pdu.attributes["smscore.part"] for pdu in each] for each in below] == [[1], [1, 2]]
    ((refused,), passed) = below
    assert refused.attributes["smscore.answer"] == "+CMS ERROR: 38"
    assert refused.status.status_code is StatusCode.ERROR
    assert not any(pdu.status.status_code is StatusCode.ERROR for pdu in passed)

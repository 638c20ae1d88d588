"""
The trace of a message: one id from the request to the endpoint that is told, and nothing secret.
"""

import pytest
from log_search import search
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from smscore.domain.deliveries import ReportOutcome
from smscore.domain.routes import Route
from smscore.domain.traces import root_of, trace_of
from smscore.errors import PermanentFailure, TemporaryFailure
from smscore.ports.webhooks import Answer
from smscore.testing import FakeSender, a_report, a_webhook
from smscore_tracing import TRACED, Tracing

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE_OF_CALLER = 0x0AF7651916CD43DD8448EB211C80319C


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def traced(make_site, exporter):
    """A site whose account has a webhook, and which is traced from the beginning."""
    return trace(make_site(webhook_sender=FakeSender()), exporter)


def trace(site, exporter, **options):
    site.store.run(lambda work: work.webhooks.save(a_webhook())).result()
    tracing = Tracing(SimpleSpanProcessor(exporter), **options)
    site.gateway.measure(tracing)
    site.gateway.observe(tracing.happened, kinds=TRACED)
    site.gateway.run_pending()
    exporter.clear()
    return site


def go_round(site) -> None:
    for _ in range(4):
        site.gateway.run_pending()


def named(exporter, name):
    return [span for span in exporter.get_finished_spans() if span.name == name]


def a_whole_life(site):
    """A message is requested, sent, reported; its endpoint is told of all that."""
    reply = site.send(message="a confidential text")
    go_round(site)
    (message,) = site.stored()
    site.transport.report(message.message.id)
    go_round(site)
    return reply, message.message.id


def test_one_trace_joins_request_pdu_report_and_webhook(traced, exporter):
    _, message = a_whole_life(traced)
    spans = exporter.get_finished_spans()

    assert {span.context.trace_id for span in spans} == {trace_of(message)}
    assert {span.name for span in spans} == {"request", "send", "report", "webhook"}
    (request,) = named(exporter, "request")
    assert request.context.span_id == root_of(message)
    assert request.parent is None
    for span in spans:
        assert span is request or span.parent.span_id == root_of(message)


def test_the_trace_goes_on_in_another_process(make_site, exporter, tmp_path):
    first = make_site(directory=tmp_path)
    trace(first, exporter)
    first.send()
    go_round(first)
    (message,) = first.stored()
    number = message.message.id
    first.close()
    later = InMemorySpanExporter()
    second = trace(make_site(directory=tmp_path), later)
    (part,) = second.stored()[0].delivery.parts
    report = a_report(reference=part.reference, recipient=message.message.recipient)
    second.gateway.reception.reported(report)
    go_round(second)

    (report,) = named(later, "report")
    assert report.context.trace_id == trace_of(number)
    assert report.parent.span_id == named(exporter, "request")[0].context.span_id


def test_two_processes_that_hear_the_same_tell_the_same_spans(traced, exporter):
    other = InMemorySpanExporter()
    tracing = Tracing(SimpleSpanProcessor(other))
    traced.gateway.observe(tracing.happened, kinds=TRACED)
    traced.transport.fail_next(TemporaryFailure("busy"))
    reply = traced.send()
    go_round(traced)
    traced.clock.move(minutes=1)
    go_round(traced)
    traced.transport.report(traced.stored()[0].message.id)
    go_round(traced)

    assert reply.status_code == 200
    for name, count in (("send", 2), ("report", 1)):
        spans = [span.context.span_id for span in named(exporter, name)]
        assert len(set(spans)) == count
        assert [span.context.span_id for span in named(other, name)] == spans


def test_a_process_that_hears_of_no_events_tells_its_requests(make_site, exporter):
    site = make_site()
    tracing = Tracing(SimpleSpanProcessor(exporter))
    site.gateway.measure(tracing)
    site.send()

    tracing.catch_up()

    assert [span.name for span in exporter.get_finished_spans()] == ["request"]


def test_the_callers_own_trace_is_linked(traced, exporter):
    for door in ("/v1/messages", "/api.php"):
        traced.client.headers["traceparent"] = CALLER
        reply = traced.send() if door == "/v1/messages" else traced.api_php()
        assert reply.status_code < 300
    traced.queue({"phone": "0712345678", "message": "m"})
    go_round(traced)

    requests = named(exporter, "request")
    assert [request.attributes["smscore.surface"] for request in requests] == [
        "provider",
        "gateway",
        "queue",
    ]
    for request in requests:
        (link,) = request.links
        assert link.context.trace_id == TRACE_OF_CALLER
        assert request.context.trace_id != TRACE_OF_CALLER


@pytest.mark.parametrize(
    "traceparent",
    ["", "nonsense", f"ff{CALLER[2:]}", f"{CALLER}-x", f"00-{'0' * 32}-{'1' * 16}-01"],
)
def test_a_caller_that_cannot_be_understood_is_served_all_the_same(traced, exporter, traceparent):
    traced.client.headers["traceparent"] = traceparent
    assert traced.send().status_code == 200
    go_round(traced)

    (request,) = named(exporter, "request")
    assert request.links == ()


def test_messages_of_one_request_have_traces_of_their_own_that_are_linked(traced, exporter):
    traced.queue([{"phone": f"071234567{digit}", "message": "m"} for digit in range(3)])
    go_round(traced)

    first, *others = named(exporter, "request")
    assert len({span.context.trace_id for span in (first, *others)}) == 3
    assert [link.context.span_id for one in others for link in one.links] == [
        first.context.span_id
    ] * 2


def test_each_try_is_a_span_and_a_failure_shows(traced, exporter):
    traced.transport.fail_next(TemporaryFailure("busy"))
    traced.send()
    go_round(traced)
    traced.transport.fail_next(PermanentFailure("no"))
    traced.clock.move(minutes=1)
    go_round(traced)

    tries = named(exporter, "send")
    assert [one.attributes["smscore.result"] for one in tries] == ["retried", "failed"]
    assert [one.attributes["smscore.attempt"] for one in tries] == [1, 2]
    assert [one.status.status_code is StatusCode.ERROR for one in tries] == [False, True]


def test_a_report_of_failure_is_one(traced, exporter):
    traced.send()
    go_round(traced)
    traced.transport.report(traced.stored()[0].message.id, ReportOutcome.FAILED)
    go_round(traced)

    (report,) = named(exporter, "report")
    assert report.attributes["smscore.outcome"] == "failed"
    assert report.status.status_code is StatusCode.ERROR


def test_an_endpoint_that_does_not_hear_shows(make_site, exporter):
    sender = FakeSender(lambda _: Answer(seconds=0.5, status=503))
    site = trace(make_site(webhook_sender=sender), exporter)
    site.send()
    go_round(site)

    call = named(exporter, "webhook")[0]
    assert call.attributes["http.response.status_code"] == 503
    assert call.end_time - call.start_time == 500_000_000
    assert call.status.status_code is StatusCode.ERROR


def test_what_a_phone_has_done_is_a_try_and_a_report(traced, exporter):
    traced.gateway.rules.apply([Route(name="all", channels=("phones",))])
    traced.send()
    (item,) = traced.fetch().json()
    traced.clock.move(minutes=1)
    traced.tell({"messages": [{"hash": item["hash"], "status": 2}]})
    go_round(traced)

    (one,) = named(exporter, "send")
    (report,) = named(exporter, "report")
    assert one.end_time - one.start_time == 60_000_000_000
    assert [span.attributes["smscore.channel"] for span in (one, report)] == ["phones"] * 2


def test_no_span_holds_what_is_nobodys_business(traced, exporter):
    a_whole_life(traced)
    traced.gateway.rules.apply([Route(name="all", channels=("phones",))])
    traced.send(message="a confidential text")
    traced.fetch(device="pixel-of-somebody")
    go_round(traced)
    written = "\n".join(span.to_json() for span in exporter.get_finished_spans())

    search(written.splitlines(), of="spans")
    words = ("acme", "491701234567", "confidential", "pixel", "example.org", "apiuser")
    for word in (*words, traced.key, traced.token):
        assert word not in written


def test_of_few_messages_all_is_traced_or_nothing(make_site, exporter):
    site = trace(make_site(), exporter, ratio=0.5)
    for _ in range(40):
        site.send()
    for _ in range(10):
        go_round(site)

    requests = {span.context.trace_id for span in named(exporter, "request")}
    assert 5 < len(requests) < 35
    assert {span.context.trace_id for span in named(exporter, "send")} == requests

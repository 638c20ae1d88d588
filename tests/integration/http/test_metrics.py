"""
Numbers about the gateway, as Prometheus reads them.
"""

import sys
from typing import Any

import pytest
from log_search import search
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_text

from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import ReportOutcome
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Route
from smscore.errors import ConfigurationError, Indeterminate, PermanentFailure, StoreUnavailable
from smscore.ports.transport import ChannelHealth
from smscore.ports.webhooks import Answer
from smscore.testing import FakeSender, FakeTransport, a_part, a_report, a_webhook
from smscore_http.metrics._families import FAMILIES

LOGIN = ("apiuser", "secret-word")
OPEN_METRICS = "application/openmetrics-text;version=1.0.0"


@pytest.fixture
def site(make_site):
    return make_site(http={"metrics": "open"})


class FaintModem(FakeTransport):
    """Hears its network, and has no SIM."""

    def health(self):
        return ChannelHealth(is_ready=False, detail="no SIM", signal_dbm=-87, is_alarming=True)


def to_the_phones(site) -> None:
    site.gateway.rules.apply([Route(name="all", channels=("phones",))])


def numbers(site, **options: Any) -> dict[str, float]:
    """All samples, each by its name and labels as they are written."""
    reply = site.client.get("/metrics", **options)
    assert reply.status_code == 200
    search(reply.text.splitlines(), of="/metrics")
    lines = (line for line in reply.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def run(site) -> dict[str, float]:
    """One round of everything; then the numbers."""
    site.gateway.run_pending()
    return numbers(site)


# Who may read it.


def test_nothing_is_there_unless_it_is_asked_for(make_site):
    assert make_site().client.get("/metrics").status_code == 404


@pytest.mark.parametrize("login", [None, ("apiuser", "wrong-word"), ("nobody", "secret-word")])
def test_strangers_are_asked_to_log_in(make_site, login):
    site = make_site(http={"metrics": "login"}, permission="metrics")

    reply = site.client.get("/metrics", auth=login)

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Basic ")
    assert "smscore_" not in reply.text


@pytest.mark.parametrize("permission", ["", "api.send", "admin"])
def test_users_need_the_permission_for_it(make_site, permission):
    site = make_site(http={"metrics": "login"}, permission=permission)

    reply = site.client.get("/metrics", auth=LOGIN)

    assert reply.status_code == 403
    assert "smscore_" not in reply.text


def test_a_user_with_the_permission_reads_it(make_site):
    site = make_site(http={"metrics": "login"}, permission="metrics")

    assert numbers(site, auth=LOGIN)["smscore_store_readable"] == 1


def test_the_permission_is_for_nothing_else(make_site):
    site = make_site(http={"metrics": "login"}, permission="metrics")

    assert site.api_php().status_code == 403


def test_without_the_library_a_gateway_says_how_to_get_it(make_site, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    for name in [one for one in sys.modules if one.startswith("smscore_http.metrics._")]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(ConfigurationError, match=r"pip install 'smscore\[metrics\]'"):
        make_site(http={"metrics": "open"})


# How it is written.


@pytest.mark.parametrize(("accept", "read"), [("", read_text), (OPEN_METRICS, read_open)])
def test_it_is_written_as_its_reader_wants_it(site, accept, read):
    site.send()
    reply = site.client.get("/metrics", headers={"accept": accept})

    names = {family.name for family in read(reply.text)}

    assert names >= {family.name.removesuffix("_total") for family in FAMILIES}


def test_it_says_what_everything_means(site):
    text = site.client.get("/metrics").text

    for family in FAMILIES:
        assert f"# HELP {family.name} {family.help}\n" in text
        assert f"# TYPE {family.name} {family.kind}\n" in text


def test_what_would_tell_whose_messages_they_are_is_not_in_it(make_site):
    site = make_site(http={"metrics": "open"})
    to_the_phones(site)
    site.send(message="a confidential text")
    site.fetch(device="pixel-of-somebody")
    site.gateway.run_pending()
    text = site.client.get("/metrics").text

    for word in ("acme", "491701234567", "confidential", "pixel", "apiuser", site.key, site.token):
        assert word not in text


def test_alerts_are_counted_by_kind_where_somebody_hears_of_them(make_site):
    receivers = {"ops": {"url": "https://ops.example/"}}
    alerts = {"receivers": receivers, "low_credit": 100, "hold": 0}
    site = make_site(
        http={"metrics": "open"}, alerts=alerts, webhook_sender=FakeSender(), credits=40
    )
    site.gateway.run_pending()
    found = numbers(site)

    assert found['smscore_alerts{kind="low_credit"}'] == 1
    assert found['smscore_alerts{kind="channel_down"}'] == 0
    assert "smscore_alerts{" not in make_site(http={"metrics": "open"}).client.get("/metrics").text


# Submissions.


def test_a_request_is_counted_by_its_door_and_its_outcome(site):
    site.send()
    site.queue([{"phone": f"0170123456{digit}", "message": "one"} for digit in "78"])
    found = numbers(site)

    accepted = 'smscore_submissions_total{outcome="accepted",surface="%s"}'
    assert [found[accepted % surface] for surface in ("provider", "queue")] == [1, 1]
    assert found['smscore_messages_accepted_total{surface="provider"}'] == 1
    assert found['smscore_messages_accepted_total{surface="queue"}'] == 2


def test_a_refusal_is_counted_by_its_code(make_site):
    site = make_site(http={"metrics": "open"}, credits=0)
    site.send()
    found = numbers(site)

    refused = 'smscore_submissions_total{outcome="insufficient_credits",surface="provider"}'
    assert found[refused] == 1


def test_what_the_store_refuses_is_counted_as_the_operators_affair(site):
    site.store.is_full = True
    site.send()
    site.store.is_full = False
    site.store.fail(StoreUnavailable("gone"))
    site.send()
    site.store.fail(None)
    found = numbers(site)

    counted = 'smscore_submissions_total{outcome="%s",surface="provider"}'
    assert [found[counted % one] for one in ("overloaded", "store_unavailable")] == [1, 1]


def test_a_repeated_request_is_a_replay_and_brings_no_message(site):
    headers = {**site.bearer, "idempotency-key": "k"}
    for _ in range(2):
        content = {"to": "+491701234567", "message": "hello"}
        site.client.post("/v1/messages", json=content, headers=headers)
    found = numbers(site)

    assert found['smscore_submissions_total{outcome="replayed",surface="provider"}'] == 1
    assert found['smscore_messages_accepted_total{surface="provider"}'] == 1


# What becomes of messages.


@pytest.mark.parametrize(
    ("failure", "result", "status"),
    [
        (None, "sent", None),
        (PermanentFailure("no"), "failed", "failed"),
        (Indeterminate("perhaps"), "indeterminate", None),
    ],
)
def test_what_a_channel_makes_of_a_message_is_counted(site, failure, result, status):
    if failure is not None:
        site.transport.fail_next(failure)
    site.send()
    found = run(site)

    assert found[f'smscore_sends_total{{channel="fake",result="{result}"}}'] == 1
    assert sum(value for name, value in found.items() if name.startswith("smscore_sends_")) == 1
    assert status is None or found[f'smscore_messages_ended_total{{status="{status}"}}'] == 1


def test_a_report_is_counted_by_what_it_says(site):
    site.send()
    site.gateway.run_pending()
    (message,) = site.stored()
    (part,) = message.delivery.parts
    report = a_report(
        reference=part.reference,
        recipient=PhoneNumber.parse("+491701234567"),
        outcome=ReportOutcome.FAILED,
    )
    site.gateway.reception.reported(report)
    found = run(site)

    assert found['smscore_delivery_reports_total{channel="fake",outcome="failed"}'] == 1
    assert found['smscore_sends_total{channel="fake",result="failed"}'] == 0
    assert found['smscore_messages_ended_total{status="failed"}'] == 1


def test_what_a_phone_says_is_a_report_of_all_phones(site):
    to_the_phones(site)
    site.send()
    (item,) = site.fetch().json()
    site.tell({"messages": [{"hash": item["hash"], "status": 2}]})
    found = run(site)

    assert found['smscore_delivery_reports_total{channel="phones",outcome="delivered"}'] == 1


def test_a_message_that_came_in_is_counted(site):
    site.gateway.reception.received(a_part())
    found = run(site)

    assert found['smscore_messages_received_total{channel="fake",kind="sms"}'] == 1


# How things stand.


def test_a_queue_tells_how_long_and_how_old_it_is(site):
    site.send()
    site.send()
    site.clock.move(minutes=2)
    found = numbers(site)

    assert found['smscore_queue_messages{channel="fake"}'] == 2
    assert found['smscore_queue_oldest_seconds{channel="fake"}'] == 120


def test_the_queues_of_phones_are_one(site):
    to_the_phones(site)
    site.send()

    assert numbers(site)['smscore_queue_messages{channel="phones"}'] == 1


def test_a_channel_tells_its_signal_and_whether_it_is_down(make_site):
    site = make_site(http={"metrics": "open"}, transports={"modem": FaintModem()})
    found = run(site)

    assert found['smscore_channel_ready{channel="modem"}'] == 0
    assert found['smscore_channel_down{channel="modem"}'] == 1
    assert found['smscore_channel_signal_dbm{channel="modem"}'] == -87


def test_a_paused_channel_is_told(site):
    site.gateway.administration.set_channel_mode("fake", ChannelMode.PAUSED)
    found = numbers(site)

    assert found['smscore_channel_mode{channel="fake",mode="paused"}'] == 1
    assert found['smscore_channel_mode{channel="fake",mode="running"}'] == 0


def test_who_asks_often_does_not_keep_the_store_busy(site):
    before = numbers(site)
    site.send()

    assert numbers(site)['smscore_queue_messages{channel="fake"}'] == 0
    site.clock.move(seconds=1)
    assert numbers(site)['smscore_queue_messages{channel="fake"}'] == 1
    assert before['smscore_queue_messages{channel="fake"}'] == 0


def test_a_store_that_cannot_be_read_is_told_as_such(make_site, tmp_path):
    site = make_site(http={"metrics": "open"}, directory=tmp_path)
    site.store.close()
    found = numbers(site)

    assert found["smscore_store_readable"] == 0
    assert not [name for name in found if name.startswith("smscore_queue_")]


# The store and the endpoints.


def test_commits_are_measured(make_site, tmp_path):
    site = make_site(http={"metrics": "open"}, directory=tmp_path)
    before = numbers(site)["smscore_store_commit_seconds_count"]
    site.send()
    found = numbers(site)

    assert found["smscore_store_commit_seconds_count"] > before
    assert found["smscore_store_batch_units_sum"] >= found["smscore_store_batch_units_count"]
    assert found["smscore_store_failures_total"] == 0


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer(seconds=0.2, status=204), "2xx"),
        (Answer(seconds=0.2, status=503), "5xx"),
        (Answer(seconds=0.2, error="no route to host"), "no_answer"),
    ],
)
def test_calls_of_endpoints_are_counted_by_their_answers(make_site, answer, result):
    sender = FakeSender(lambda _: answer)
    site = make_site(http={"metrics": "open"}, webhook_sender=sender)
    site.store.run(lambda work: work.webhooks.save(a_webhook())).result()
    site.gateway.run_pending()
    site.send()
    for _ in range(3):
        site.gateway.run_pending()
    found = numbers(site)

    assert found[f'smscore_webhook_attempts_total{{result="{result}"}}'] >= 1
    assert found["smscore_webhook_attempt_seconds_sum"] >= 0.2

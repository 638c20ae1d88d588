"""
Health checks.
"""

from datetime import timedelta

from msgspec.structs import replace

from smscore.testing import a_posting, a_webhook


def test_a_process_that_answers_is_live(site):
    reply = site.client.get("/health/live")

    assert (reply.status_code, reply.text) == (200, '{"status":"ok"}')


def test_a_running_gateway_is_ready(site):
    with site.gateway.running():
        reply = site.client.get("/health/ready")

    assert reply.status_code == 200
    assert reply.text == (
        '{"status":"ready","checks":[{"name":"store","status":"ok","detail":null},'
        '{"name":"channel fake","status":"ok","detail":"a fake"}]}'
    )


def test_a_channel_that_is_down_degrades_the_gateway(site):
    reply = site.client.get("/health/ready")

    assert reply.status_code == 200
    assert reply.json()["status"] == "degraded"
    assert reply.json()["checks"][1]["status"] == "degraded"


def test_a_store_that_takes_nothing_makes_it_unready(site):
    site.store.is_full = True

    reply = site.client.get("/health/ready")

    assert reply.status_code == 503
    assert reply.json()["status"] == "unready"
    assert reply.json()["checks"][0] == {
        "name": "store",
        "status": "unready",
        "detail": "the store cannot keep up",
    }


def test_nobody_waits_for_what_a_store_that_fails_could_tell_beside(site):
    site.store.is_full = True
    site.store.may_read.clear()

    reply = site.client.get("/health/ready")

    assert site.store.waiting_reads
    assert reply.status_code == 503
    assert [check["name"] for check in reply.json()["checks"]] == ["store", "channel fake"]


def test_a_phone_that_is_silent_degrades_the_gateway(site):
    site.fetch(device="pixel")
    site.clock.move(minutes=15)
    with site.gateway.running():
        assert site.client.get("/health/ready").json()["status"] == "ready"
        site.clock.move(seconds=1)
        reply = site.client.get("/health/ready")

    assert reply.status_code == 200
    assert reply.json()["status"] == "degraded"
    assert reply.json()["checks"][-1] == {
        "name": "phone pixel",
        "status": "degraded",
        "detail": "silent since 2026-03-01T12:00:00Z",
    }


def test_endpoints_that_do_not_hear_are_counted_and_not_named(site):
    def work(work):
        fine = a_webhook(id=1)
        failing = a_webhook(id=2, failing_since=site.clock.now())
        off = a_webhook(id=3, failing_since=site.clock.now(), is_active=False)
        by_hand = a_webhook(id=4, is_active=False)
        for webhook in (fine, failing, off, by_hand):
            work.webhooks.save(webhook)
        endpoints = (
            failing.endpoint,
            "0000000000000001 https://x.example",
            "push http://y.example",
        )
        for number, endpoint in enumerate(endpoints):
            posting = a_posting(id=5 + number, endpoint=endpoint)
            work.webhooks.add(posting)
            work.webhooks.record(posting.given_up(why="x"), None, at=site.clock.now())
        late = a_posting(id=8, endpoint="push http://z.example", attempts=1, url="http://z.example")
        work.webhooks.add(replace(late, webhook=None, due_at=site.clock.now() + timedelta(hours=1)))

    site.store.run(work).result()
    with site.gateway.running():
        reply = site.client.get("/health/ready").json()

    assert reply["status"] == "ready"
    assert reply["checks"][-1] == {
        "name": "webhooks",
        "status": "ok",
        "detail": "failing: 1, switched off for that: 1, deliveries given up: 2, "
        "receivers of pushes failing: 1, pushes given up: 1",
    }

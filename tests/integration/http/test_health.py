"""
Health checks.
"""


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

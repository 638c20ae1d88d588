"""
The provider API's words: what it calls each status, and each refusal byte for byte.
"""

from datetime import timedelta

import pytest
from doors import to_the_network

from smscore.domain.routes import Route
from smscore.errors import Indeterminate, PermanentFailure
from smscore.testing import NOON


def show(site, message_id):
    shown = site.client.get(f"/v1/messages/{message_id}", headers=site.bearer).json()
    return shown["status"], shown["sent_at"], shown["delivered_at"]


def send(site):
    return site.send().json()["message_id"]


def report(site, message_id, status):
    site.tell({"messages": [{"hash": message_id.removeprefix("msg_"), "status": status}]})


def test_what_waits_for_its_time_is_queued(site):
    reply = site.send(scheduled_at="2026-03-02T12:00:00Z")

    assert show(site, reply.json()["message_id"]) == ("queued", None, None)


def test_what_a_phone_has_taken_is_queued(everything_to_phones):
    site = everything_to_phones
    message_id = send(site)
    site.fetch()

    assert show(site, message_id) == ("queued", None, None)


def test_what_a_phone_has_sent_was_sent_when_it_said_so(everything_to_phones):
    site = everything_to_phones
    message_id = send(site)
    site.fetch()
    site.clock.move(seconds=5)

    report(site, message_id, 2)

    at = "2026-03-01T12:00:05Z"
    assert show(site, message_id) == ("delivered", at, at)


def test_what_a_phone_could_not_send_has_failed(everything_to_phones):
    site = everything_to_phones
    message_id = send(site)
    site.fetch()

    report(site, message_id, 3)

    assert show(site, message_id) == ("failed", None, None)


def test_what_a_network_took_is_sent(site):
    message_id = send(site)
    site.gateway.run_pending()

    assert show(site, message_id) == ("sent", "2026-03-01T12:00:00Z", None)


def test_what_may_or_may_not_have_left_is_sent_at_no_time(site):
    site.transport.fail_next(Indeterminate("gone"))
    message_id = send(site)
    site.gateway.run_pending()

    assert show(site, message_id) == ("sent", None, None)


def test_what_no_network_took_has_failed(site):
    site.transport.fail_next(PermanentFailure("no"))
    message_id = send(site)
    site.gateway.run_pending()

    assert show(site, message_id) == ("failed", None, None)


def test_what_came_too_late_is_expired(site):
    message = site.gateway.submissions.submit(
        account="acme", to="0170123", text="m", expires_at=NOON + timedelta(minutes=1)
    ).message
    site.clock.move(minutes=2)
    site.gateway.run_pending()

    assert show(site, f"msg_{message:016x}") == ("expired", None, None)


def cancelled_twice(site):
    path = f"/v1/messages/{send(site)}"
    site.client.delete(path, headers=site.bearer)
    return site.client.delete(path, headers=site.bearer)


def other_content(site):
    for text in ("one", "two"):
        reply = site.client.post(
            "/v1/messages",
            json={"to": "+1234567890", "message": text},
            headers={**site.bearer, "Idempotency-Key": "k"},
        )
    return reply


def no_way(site):
    site.keep_old_rules(Route(name="old", channels=("gone",)))
    return site.send()


def full(site):
    site.store.is_full = True
    return site.send()


def post(content):
    return lambda site: site.client.post("/v1/messages", content=content, headers=site.bearer)


REFUSALS = [
    (post(b"{"), {}, 400, "invalid_request", "The body is not valid JSON"),
    (post(b"[]"), {}, 400, "invalid_request", "The body must be a JSON object"),
    (lambda site: site.send(to=1), {}, 400, "invalid_request", "to has the wrong type"),
    (lambda site: site.send(to=[]), {}, 400, "invalid_request", "to is required"),
    (lambda site: site.send(message=""), {}, 400, "invalid_request", "message is required"),
    (
        lambda site: site.client.post("/v1/messages"),
        {},
        401,
        "authentication_failed",
        "Invalid or missing API key",
    ),
    (
        lambda site: site.send(),
        {"credits": 0},
        402,
        "insufficient_credits",
        "Your account has insufficient credits",
    ),
    (
        lambda site: site.send(),
        {"subscription_until": NOON},
        403,
        "subscription_required",
        "No active subscription",
    ),
    (
        lambda site: site.client.get("/v1/messages/msg_1", headers=site.bearer),
        {},
        404,
        "not_found",
        "Resource not found",
    ),
    (cancelled_twice, {}, 409, "not_cancellable", "Message can no longer be cancelled"),
    (
        other_content,
        {},
        409,
        "idempotency_conflict",
        "Idempotency key was used for another request",
    ),
    (
        lambda site: site.send(to="0170"),
        {},
        422,
        "invalid_phone_number",
        "Phone number format is invalid",
    ),
    (
        lambda site: site.send(message="x" * 1601),
        {},
        422,
        "message_too_long",
        "Message exceeds maximum length",
    ),
    (no_way, {}, 422, "no_route", "No route to recipient"),
    (
        lambda site: site.send(),
        {"monthly_limit": 0},
        429,
        "limit_exceeded",
        "Message limit exceeded for this month",
    ),
    (full, {}, 503, "service_unavailable", "Service unavailable"),
]


@pytest.mark.parametrize(
    ("refused", "account", "status", "code", "message"),
    REFUSALS,
    ids=[message for *_, message in REFUSALS],
)
def test_a_refusal_has_exactly_these_bytes(make_site, refused, account, status, code, message):
    site = make_site(**account)
    to_the_network(site)

    reply = refused(site)

    assert reply.status_code == status
    assert reply.text == (f'{{"success":false,"error":{{"code":"{code}","message":"{message}"}}}}')
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-length"] == str(len(reply.content))


def test_a_request_for_several_that_cannot_be_paid_leaves_nothing(make_site):
    site = make_site(credits=4)
    to_the_network(site)

    reply = site.send(to=["+4917011", "+4917012", "+4917013"], message="two parts " * 20)

    assert reply.status_code == 402
    assert site.account.credits == 4
    assert site.stored() == []
    assert site.send(to=["+4917011", "+4917012"], message="two parts " * 20).status_code == 200

"""The provider API's calls about webhooks, byte for byte."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from smscore.testing import FakeSender
from smscore_webhook import make_webhook_sender

URL = "https://example.org/sms-webhook"
NOT_FOUND = b'{"success":false,"error":{"code":"not_found","message":"Resource not found"}}'
FAILED = re.compile(r'\{"success":false,"error":\{"code":"invalid_request","message":"(.*)"\}\}')


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


@pytest.fixture
def site(make_site, sender):
    return make_site(webhook_sender=sender)


@pytest.fixture
def call(site):
    """Call the API with the key of the account."""

    def call(method: str, path: str, content: Any = None, **options: Any) -> Any:
        return site.client.request(method, path, json=content, headers=site.bearer, **options)

    return call


@pytest.fixture
def hook(call):
    return call("POST", "/v1/webhooks", {"url": URL, "events": ["message.sent"]}).json()


@pytest.fixture
def deliver(site):
    """Send a message, and tell whoever listens."""

    def deliver(**fields: Any) -> str:
        answer = site.send(**fields).json()
        while site.gateway.run_pending():
            pass
        return answer["message_id"]

    return deliver


def test_a_webhook_is_added_as_documented(call):
    answer = call(
        "POST", "/v1/webhooks", {"url": URL, "events": ["message.delivered", "message.failed"]}
    )

    assert answer.status_code == 200
    assert re.fullmatch(
        r'\{"success":true,"webhook_id":"wh_[0-9a-f]{16}","url":"https://example\.org/sms-webhook",'
        r'"events":\["message\.delivered","message\.failed"\],"secret":"whsec_[A-Za-z0-9+/]{43}="\}',
        answer.text,
    )
    assert answer.headers["X-RateLimit-Limit"]


def test_a_webhook_is_shown_without_its_secret(call, hook):
    one = call("GET", f"/v1/webhooks/{hook['webhook_id']}")
    every = call("GET", "/v1/webhooks")

    shown = (
        f'"webhook_id":"{hook["webhook_id"]}","url":"{URL}","events":["message.sent"],'
        '"active":true,"created_at":"2026-03-01T12:00:00Z"}'
    )
    assert one.text == '{"success":true,' + shown
    assert every.text == '{"success":true,"webhooks":[{' + shown + "]}"


def test_a_change_leaves_alone_what_it_does_not_name(call, hook):
    path = f"/v1/webhooks/{hook['webhook_id']}"

    changed = call("PATCH", path, {"active": False}).json()
    moved = call("PATCH", path, {"url": URL + "/2", "events": ["message.failed"]}).json()

    assert changed == {
        "success": True,
        "webhook_id": hook["webhook_id"],
        "url": URL,
        "events": ["message.sent"],
        "active": False,
        "created_at": "2026-03-01T12:00:00Z",
    }
    assert (moved["url"], moved["events"], moved["active"]) == (
        URL + "/2",
        ["message.failed"],
        False,
    )


def test_a_secret_is_shown_once_and_again_only_when_it_is_another(call, hook):
    path = f"/v1/webhooks/{hook['webhook_id']}"

    rotated = call("PATCH", path, {"rotate_secret": True})

    assert list(rotated.json())[-1] == "secret"
    assert rotated.json()["secret"] != hook["secret"]
    assert "secret" not in call("PATCH", path, {"rotate_secret": False}).json()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "url is required"),
        ({"url": URL}, "events is required"),
        ({"url": URL, "events": []}, "events is required"),
        ({"url": 1, "events": ["message.sent"]}, "url has the wrong type"),
        ({"url": URL, "events": "message.sent"}, "events has the wrong type"),
        ([], "The body must be a JSON object"),
        ({"url": "ftp://x/", "events": ["message.sent"]}, "url must be an http or https address"),
        (
            {"url": "https://x/<id>", "events": ["message.sent"]},
            "url has characters that must be percent-encoded",
        ),
        (
            {"url": "https://bücher.example/", "events": ["message.sent"]},
            "url has characters that must be percent-encoded, or in its host be written as xn--",
        ),
        (
            {"url": "https://x/ y", "events": ["message.sent"]},
            "url has characters that must be percent-encoded, or in its host be written as xn--",
        ),
        (
            {"url": f"https://x/{'y' * 2040}", "events": ["message.sent"]},
            "url must have at most 2048 characters",
        ),
        (
            {"url": URL, "events": ["message.read"]},
            (
                "events must be some of message.queued, message.sent, message.delivered, "
                "message.failed, message.expired, message.received, message.updated"
            ),
        ),
    ],
)
def test_what_is_no_webhook_is_refused(call, content, message):
    answer = call("POST", "/v1/webhooks", content)

    assert answer.status_code == 400
    assert FAILED.fullmatch(answer.text)[1] == message


@pytest.mark.parametrize(
    "change",
    [{"url": None}, {"events": None}, {"active": None}, {"active": 1}, {"rotate_secret": None}],
)
def test_null_is_no_change(call, hook, change):
    answer = call("PATCH", f"/v1/webhooks/{hook['webhook_id']}", change)

    assert answer.status_code == 400
    assert FAILED.fullmatch(answer.text)[1] == f"{next(iter(change))} has the wrong type"


def test_a_webhook_is_removed(call, hook):
    path = f"/v1/webhooks/{hook['webhook_id']}"

    assert call("DELETE", path).text == (f'{{"success":true,"webhook_id":"{hook["webhook_id"]}"}}')
    assert (call("DELETE", path).status_code, call("DELETE", path).content) == (404, NOT_FOUND)
    assert call("GET", "/v1/webhooks").text == '{"success":true,"webhooks":[]}'


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/webhooks/wh_0000000000000001"),
        ("GET", "/v1/webhooks/0000000000000001"),
        ("GET", "/v1/webhooks/wh_1"),
        ("PATCH", "/v1/webhooks/wh_0000000000000001"),
        ("GET", "/v1/webhooks/wh_0000000000000001/deliveries"),
        ("POST", "/v1/webhooks/wh_0000000000000001/replay"),
        ("POST", "/v1/webhooks/wh_0000000000000001/deliveries/whd_0000000000000001/replay"),
    ],
)
def test_an_unknown_webhook_is_not_found(call, method, path):
    answer = call(method, path, {})

    assert (answer.status_code, answer.content) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/webhooks", "POST, GET, HEAD"),
        ("POST", "/v1/webhooks/wh_0000000000000001", "GET, HEAD, PATCH, DELETE"),
        ("GET", "/v1/account/callback-secret", "POST"),
        ("GET", "/v1/webhooks/wh_0000000000000001/replay", "POST"),
    ],
)
def test_other_methods_are_not_allowed(call, method, path, allowed):
    answer = call(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_a_delivery_is_shown_as_documented(call, hook, deliver):
    message = deliver()

    answer = call("GET", f"/v1/webhooks/{hook['webhook_id']}/deliveries")

    assert re.fullmatch(
        r'\{"success":true,"deliveries":\[\{"delivery_id":"whd_[0-9a-f]{16}",'
        r'"event_id":"evt_[0-9a-f]{16}","event":"message\.sent",'
        rf'"message_id":"{message}","sequence":2,"state":"delivered","attempts":1,'
        r'"last_status":200,"last_error":null,"next_attempt_at":null,'
        r'"created_at":"2026-03-01T12:00:00Z"\}\],"next":null\}',
        answer.text,
    )


def test_deliveries_come_in_pages(call, hook, deliver):
    for _ in range(5):
        deliver()
    path = f"/v1/webhooks/{hook['webhook_id']}/deliveries"

    first = call("GET", path, params={"limit": "3"}).json()
    second = call("GET", path, params={"limit": "3", "after": first["next"]}).json()

    ids = [one["delivery_id"] for one in first["deliveries"] + second["deliveries"]]
    assert len(ids) == 5
    assert ids == sorted(ids, reverse=True)
    assert second["next"] is None
    assert call("GET", path, params={"after": "whd_x"}).status_code == 400
    assert call("GET", path, params={"state": "lost"}).status_code == 400
    assert call("GET", path, params={"state": ""}).status_code == 400
    assert call("GET", path, params={"after": "msg_0000000000000001"}).status_code == 400
    assert call("GET", path, params={"state": "dead"}).json()["deliveries"] == []


def test_a_delivery_is_replayed(site, call, hook, deliver, sender):
    deliver()
    path = f"/v1/webhooks/{hook['webhook_id']}/deliveries"
    delivery = call("GET", path).json()["deliveries"][0]["delivery_id"]

    answer = call("POST", f"{path}/{delivery}/replay")
    while site.gateway.run_pending():
        pass

    assert answer.text == f'{{"success":true,"delivery_id":"{delivery}","state":"pending"}}'
    assert len(sender.calls) == 2
    assert sender.calls[0].body == sender.calls[1].body


def test_deliveries_are_replayed_by_state_and_time(call, hook, deliver):
    for _ in range(3):
        deliver()
    path = f"/v1/webhooks/{hook['webhook_id']}/replay"

    def replayed(**content: str) -> int:
        return call("POST", path, content).json()["replayed"]

    assert replayed() == 0
    assert replayed(state="delivered", since="2026-03-01T12:00:01Z") == 0
    assert replayed(state="delivered", until="2026-03-01T12:00:00Z") == 0
    assert replayed(state="delivered", since="2026-03-01T13:00:00+01:00") == 3
    assert call("POST", path, {"since": "yesterday"}).status_code == 400
    assert call("POST", path, {"state": "lost"}).status_code == 400
    for until in ("2026-03-01T12:00:00Z", "2026-03-01T11:00:00Z"):
        upside_down = call("POST", path, {"since": "2026-03-01T13:00:00+01:00", "until": until})
        assert upside_down.status_code == 400
        assert "which is not before until" in upside_down.json()["error"]["message"]


def test_an_account_replays_one_set_of_deliveries_at_a_time(site, call, hook, deliver):
    deliver()
    path = f"/v1/webhooks/{hook['webhook_id']}/replay"
    site.store.is_stuck = True

    with ThreadPoolExecutor() as threads:
        first = threads.submit(call, "POST", path, {"state": "delivered"})
        assert site.store.has_stuck.wait(20)
        second = call("POST", path, {"state": "delivered"})
        site.store.stuck[0].set_result(1)

        assert (second.status_code, second.headers["Retry-After"]) == (503, "5")
        assert first.result().json()["replayed"] == 1

    site.store.is_stuck = False
    assert call("POST", path, {"state": "delivered"}).json()["replayed"] == 1


def test_a_callback_is_signed_with_the_accounts_secret(site, call, deliver, sender):
    secret = call("POST", "/v1/account/callback-secret")
    assert re.fullmatch(r'\{"success":true,"secret":"whsec_[A-Za-z0-9+/]{43}="\}', secret.text)

    message = deliver(callback_url="https://example.org/callback")

    (told,) = sender.calls
    assert (told.url, told.secrets[0]) == (
        "https://example.org/callback",
        secret.json()["secret"],
    )
    assert json.loads(told.body)["message_id"] == message
    assert call("POST", "/v1/account/callback-secret").json() != secret.json()


def test_what_was_cancelled_is_told_as_failed(site, call, sender):
    call("POST", "/v1/webhooks", {"url": URL, "events": ["message.queued", "message.failed"]})
    message = site.send(scheduled_at="2026-03-02T12:00:00Z").json()["message_id"]
    call("DELETE", f"/v1/messages/{message}")
    while site.gateway.run_pending():
        pass

    (told,) = sender.calls
    assert told.body.decode() == (
        f'{{"event":"message.failed","message_id":"{message}","to":"+491701234567",'
        '"status":"failed","failed_at":"2026-03-01T12:00:00Z","error_code":"cancelled",'
        '"error":"cancelled by the sender","timestamp":1772366400}'
    )
    assert told.sequence == 1


def test_a_message_names_no_callback_address_that_no_webhook_may_have(make_site):
    site = make_site(webhook_sender=make_webhook_sender())

    reply = site.send(callback_url="http://169.254.169.254/latest/meta-data")

    assert reply.status_code == 400
    assert FAILED.fullmatch(reply.text)[1] == (
        "callback_url must not name 169.254.169.254: it is not public, nor in a network that the "
        "operator allows"
    )
    assert site.stored() == []

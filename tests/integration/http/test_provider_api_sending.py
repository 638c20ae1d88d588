"""
POST /v1/messages and its estimate.
"""

from datetime import UTC, datetime, timedelta

import pytest
from doors import to_the_network

from smscore.domain.routes import Route
from smscore.ports.transport import Capabilities
from smscore.testing import NOON, FakeTransport


def code(reply):
    body = reply.json()
    assert body["success"] is False
    assert list(body) == ["success", "error"]
    assert list(body["error"]) == ["code", "message"]
    return reply.status_code, body["error"]["code"]


def test_a_message_is_accepted_with_exactly_these_bytes(site):
    reply = site.send()

    (tracked,) = site.stored()
    assert reply.status_code == 200
    assert reply.text == (
        f'{{"success":true,"message_id":"msg_{tracked.message.id:016x}","credits_used":1,'
        '"credits_remaining":999,"status":"queued"}'
    )
    assert reply.headers["content-type"] == "application/json"


def test_an_account_without_metering_has_no_credits_to_show(make_site):
    assert make_site(credits=None).send().json()["credits_remaining"] is None


def test_several_recipients_get_a_message_each(site):
    reply = site.send(to=["+1234567890", "+9876543210", "+1234567890"])

    first, second = site.stored()
    assert reply.text == (
        f'{{"success":true,"message_id":"msg_{first.message.id:016x}","credits_used":2,'
        '"credits_remaining":998,"status":"queued","messages":['
        f'{{"message_id":"msg_{first.message.id:016x}","to":"+1234567890","status":"queued"}},'
        f'{{"message_id":"msg_{second.message.id:016x}","to":"+9876543210","status":"queued"}}]}}'
    )


def test_an_array_of_one_keeps_the_array_shape(site):
    assert len(site.send(to=["+1234567890"]).json()["messages"]) == 1


def test_a_credit_is_a_segment(site):
    assert site.send(message="x" * 161).json()["credits_used"] == 2


def test_all_fields_reach_the_message(site):
    reply = site.send(
        **{
            "from": "Your Brand",
            "scheduled_at": "2026-03-01T13:30:00+01:00",
            "callback_url": "https://example.com/hook?x=1",
            "priority": "high",
            "unknown": {"ignored": True},
        }
    )

    assert reply.status_code == 200
    message = site.stored()[0].message
    assert message.sender is not None
    assert message.sender.value == "Your Brand"
    assert message.not_before == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert message.callback_url == "https://example.com/hook?x=1"
    assert int(message.priority) == 2


@pytest.mark.parametrize("name", ["from", "scheduled_at", "callback_url", "priority"])
def test_an_optional_field_may_be_null(site, name):
    assert site.send(**{name: None}).status_code == 200


@pytest.mark.parametrize("at", ["2026-02-28T12:00:00Z", "2026-03-01T12:00:00", "1970-01-01"])
def test_a_time_in_the_past_means_at_once(site, at):
    site.send(scheduled_at=at)

    assert [str(tracked.delivery.status) for tracked in site.stored()] == ["queued"]


def test_a_time_in_the_future_is_shown_as_queued(site):
    reply = site.send(scheduled_at=(NOON + timedelta(days=360)).isoformat())

    assert reply.json()["status"] == "queued"
    assert [str(tracked.delivery.status) for tracked in site.stored()] == ["scheduled"]


@pytest.mark.parametrize(
    "fields",
    [
        {"to": None},
        {"to": ""},
        {"to": []},
        {"to": 491701234567},
        {"to": True},
        {"to": {"number": "+1234567890"}},
        {"to": ["+1234567890", 5]},
        {"to": ["+1234567890", None]},
        {"to": ["+1234567890"] * 10_001},
        {"to": "bad", "message": ""},
        {"message": None},
        {"message": ""},
        {"message": 5},
        {"message": ["hello"]},
        {"message": True},
        {"from": ""},
        {"from": 5},
        {"from": "longer than 11"},
        {"from": "ümlaut"},
        {"from": "a\n"},
        {"scheduled_at": ""},
        {"scheduled_at": "tomorrow"},
        {"scheduled_at": 1772366400},
        {"scheduled_at": "2027-03-03T12:00:00Z"},
        {"scheduled_at": "9999-12-31T23:59:59-23:59"},
        {"scheduled_at": "0001-01-01T00:00:00+23:59"},
        {"scheduled_at": "2026-03-01T25:00:00Z"},
        {"callback_url": ""},
        {"callback_url": 5},
        {"callback_url": "ftp://example.com/"},
        {"callback_url": "example.com"},
        {"callback_url": "https://"},
        {"callback_url": "https://user:password@example.com/"},
        {"callback_url": "https://[bad/"},
        {"callback_url": "https://example.com/\r\nX: y"},
        {"callback_url": "https://example.com/" + "x" * 3000},
        {"priority": "urgent"},
        {"priority": 2},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_a_bad_field_is_an_invalid_request(site, fields):
    assert code(site.send(**fields)) == (400, "invalid_request")
    assert site.stored() == []


@pytest.mark.parametrize("name", ["to", "message"])
def test_an_absent_field_is_an_invalid_request(site, name):
    body = {"to": "+1234567890", "message": "hello"}
    del body[name]

    assert code(site.client.post("/v1/messages", json=body, headers=site.bearer)) == (
        400,
        "invalid_request",
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'"text"',
        b"null",
        b'{"to":"+1234567890","message":"hello"',
        b'{"to":"+1234567890","message":"hello","x":NaN}',
        # As deep as a body can be: how deep is too deep, each version of Python says for itself.
        b'{"to":"+1234567890","message":"hello","x":' + b"[" * 520_000 + b"]" * 520_000 + b"}",
        b'{"to":"+1234567890","message":' + b"1" * 5000 + b"}",
        b'{"to":"+1234567890","message":"hello","x":-' + b"1" * 5000 + b"}",
        b"to=%2B1234567890&message=hello",
        b"\xff\xfe{",
    ],
    ids=lambda body: body[:20],
)
def test_a_body_that_is_no_json_object_is_an_invalid_request(site, body):
    reply = site.client.post("/v1/messages", content=body, headers=site.bearer)

    assert code(reply) == (400, "invalid_request")
    assert site.stored() == []


@pytest.mark.parametrize(
    "number",
    [
        "1234567890",
        "+0123456",
        "+1",
        "+1234567890123456",
        "+1234567890\n",
        " +1234567890",
        "+12345٦7890",
        "+1 234",
        "00491701234567",
        "\0",
    ],
)
@pytest.mark.parametrize("shape", [str, lambda number: ["+491701234567", number]])
def test_one_bad_number_refuses_the_whole_request(site, number, shape):
    reply = site.send(to=shape(number))

    assert code(reply) == (422, "invalid_phone_number")
    assert reply.json()["error"]["message"] == "Phone number format is invalid"
    assert site.stored() == []


def test_1600_characters_are_counted_as_characters(site):
    assert site.send(message="😀" * 1600).status_code == 200
    reply = site.send(message="x" * 1601)
    assert code(reply) == (422, "message_too_long")
    assert reply.json()["error"]["message"] == "Message exceeds maximum length"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"a\xffb", "a\ufffdb"),
        (b"a\\u0000b", "a\ufffdb"),
        (b"a\\ude00b", "a\ufffdb"),
        (b" a\\r\\n ", " a\r\n "),
    ],
)
def test_a_text_that_cannot_be_kept_is_mended(site, written, text):
    reply = site.client.post(
        "/v1/messages",
        content=b'\xef\xbb\xbf{"to":"+1234567890","message":"' + written + b'"}',
        headers=site.bearer,
    )

    assert reply.status_code == 200
    assert [tracked.message.text for tracked in site.stored()] == [text]


def test_missing_credits_are_said_so(make_site):
    site = make_site(credits=1)

    reply = site.send(to=["+1234567890", "+9876543210"])

    assert reply.status_code == 402
    assert reply.text == (
        '{"success":false,"error":{"code":"insufficient_credits",'
        '"message":"Your account has insufficient credits"}}'
    )
    assert site.stored() == []


def test_an_ended_subscription_is_said_so(make_site):
    assert code(make_site(subscription_until=NOON).send()) == (403, "subscription_required")


def test_the_month_has_no_retry_after(make_site):
    reply = make_site(monthly_limit=0).send()

    assert code(reply) == (429, "limit_exceeded")
    assert "retry-after" not in reply.headers


def test_a_recipient_without_a_route_is_said_so(site):
    site.keep_old_rules(Route(name="old", channels=("gone",)))

    assert code(site.send()) == (422, "no_route")


def test_the_store_is_said_to_be_unavailable(site):
    site.store.is_full = True

    reply = site.send()

    assert code(reply) == (503, "service_unavailable")
    assert reply.headers["retry-after"] == "5"


def test_the_same_key_and_content_gets_the_first_answer_again(site):
    headers = {**site.bearer, "Idempotency-Key": "k"}
    body = {"to": "+1234567890", "message": "once"}

    first = site.client.post("/v1/messages", json=body, headers=headers)
    site.send()
    second = site.client.post("/v1/messages", json=body, headers=headers)

    assert first.content == second.content
    assert [tracked.message.text for tracked in site.stored()] == ["once", "hello"]


def test_a_key_with_other_content_is_a_conflict(site):
    headers = {**site.bearer, "Idempotency-Key": "k"}
    body = {"to": "+1234567890", "message": "one"}
    site.client.post("/v1/messages", json=body, headers=headers)

    reply = site.client.post("/v1/messages", json={**body, "message": "two"}, headers=headers)

    assert code(reply) == (409, "idempotency_conflict")


def test_a_list_of_one_is_other_content_than_the_one(site):
    headers = {**site.bearer, "Idempotency-Key": "k"}
    body = {"to": "+1234567890", "message": "one"}
    site.client.post("/v1/messages", json=body, headers=headers)

    listed = {**body, "to": [body["to"]]}
    reply = site.client.post("/v1/messages", json=listed, headers=headers)

    assert code(reply) == (409, "idempotency_conflict")


@pytest.mark.parametrize("key", ["k" * 256, "ü", "a\tb"])
def test_a_key_of_another_shape_is_an_invalid_request(site, key):
    reply = site.client.post(
        "/v1/messages",
        json={"to": "+1234567890", "message": "hello"},
        headers={**site.bearer, "Idempotency-Key": key.encode()},
    )

    assert code(reply) == (400, "invalid_request")
    assert site.stored() == []


# Estimates: what they tell about the text is in test_texts.py.


def test_an_estimate_says_what_it_would_come_to_and_sends_nothing(site):
    reply = site.client.post(
        "/v1/messages/estimate",
        json={"to": ["+1234567890", "+9876543210"], "message": "a☃"},
        headers=site.bearer,
    )

    assert reply.text == (
        '{"success":true,"encoding":"ucs2","segments":1,"credits":2,"credits_remaining":1000,'
        '"messages":[{"to":"+1234567890","route":"fake","credits":1},'
        '{"to":"+9876543210","route":"fake","credits":1}],'
        '"forcing_characters":[{"index":1,"character":"☃","name":"SNOWMAN"}],'
        '"forcing_characters_count":1,"replacements":[],"replacements_count":0,'
        '"units_used":2,"units_free":68,"units_per_segment":70,"languages":[],'
        '"from":null,"from_ignored_by":[]}'
    )
    assert site.stored() == []


def test_an_estimate_refuses_what_a_send_refuses(site):
    reply = site.client.post(
        "/v1/messages/estimate", json={"to": "x", "message": "m"}, headers=site.bearer
    )

    assert code(reply) == (422, "invalid_phone_number")


def test_an_estimate_says_which_routes_show_another_sender(make_site):
    plain = FakeTransport()
    plain.capabilities = Capabilities()
    site = make_site(transports={"plain": plain}, default_sender="Shop")
    to_the_network(site, channels=("plain",), prefixes=("+49",))
    content = {"to": ["+4917012", "+4917013", "+43664"], "message": "m"}

    given, default = [
        site.client.post("/v1/messages/estimate", json=wish, headers=site.bearer).json()
        for wish in ({**content, "from": "Brand"}, content)
    ]

    assert (given["from"], given["from_ignored_by"]) == ("Brand", ["plain"])
    assert (default["from"], default["from_ignored_by"]) == ("Shop", ["plain"])


def test_a_message_without_a_sender_has_that_of_its_account(make_site):
    site = make_site(default_sender="Shop")
    site.send()
    site.send(**{"from": "Brand"})

    site.gateway.run_pending()

    assert [job.sender.value for job in site.transport.jobs] == ["Shop", "Brand"]

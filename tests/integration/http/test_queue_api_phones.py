"""
The phones' side of the queue API: fetching messages, telling what became of them.
"""

import pytest

from smscore.domain.routes import Route
from smscore.testing import NOON


def waiting(site, *texts):
    """Messages that wait for a phone; their hashes."""
    batch = [{"phone": "0712345678", "message": text} for text in texts]
    return [item["hash"] for item in site.queue(batch).json()["items"]]


def told(reply):
    return reply.status_code, reply.text


def test_a_phone_gets_what_waits_with_exactly_these_bytes(site):
    (hash_,) = waiting(site, "grüße")

    reply = site.fetch()

    assert reply.status_code == 200
    assert reply.text == f'[{{"phone":"0712345678","text":"grüße","hash":"{hash_}"}}]'
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-type"] == "application/json"


def test_nothing_pending_is_an_empty_array(site):
    assert site.fetch().content == b"[]"


def test_the_oldest_come_first_and_each_but_once(site):
    hashes = waiting(site, "1", "2", "3")

    assert [item["hash"] for item in site.fetch(limit=2).json()] == hashes[:2]
    assert [item["hash"] for item in site.fetch(limit=2).json()] == hashes[2:]
    assert site.fetch().json() == []


@pytest.mark.parametrize(
    ("limit", "count"),
    [
        (None, 20),
        ("", 20),
        ("x", 20),
        ("1.5", 20),
        ("\uff10\uff15", 20),
        ("-1", 1),
        ("0", 1),
        ("-" + "9" * 5000, 1),
        ("3", 3),
        ("007", 7),
        ("200", 200),
        ("201", 200),
        ("9" * 5000, 200),
    ],
    ids=lambda value: str(value)[:10],
)
def test_the_limit_is_clamped(site, limit, count):
    waiting(site, *["m"] * 201)

    fetched = site.fetch(**{} if limit is None else {"limit": limit}).json()

    assert len(fetched) == count


def test_a_head_claims_nothing(site):
    waiting(site, "m")

    reply = site.client.head(f"/api/{site.token}/get_messages")

    assert reply.status_code == 405
    assert reply.headers["allow"] == "GET"
    assert len(site.fetch().json()) == 1


def test_a_message_of_another_surface_shows_the_normal_form(everything_to_phones):
    site = everything_to_phones
    site.api_php(to="0170/1234567")

    assert site.fetch().json()[0]["phone"] == "+491701234567"


def test_a_phone_tells_with_exactly_these_bytes(site):
    first, second = waiting(site, "1", "2")
    site.fetch()

    reply = site.tell(
        {
            "device": "MyPhone",
            "messages": [{"hash": first, "status": 2}, {"hash": second, "status": 3}],
        }
    )

    assert told(reply) == (200, '{"ok":true,"updated":2}')
    assert [str(tracked.delivery.status) for tracked in site.stored()] == ["delivered", "failed"]


def test_a_retry_gets_the_same_number(site):
    (hash_,) = waiting(site, "m")
    report = {"messages": [{"hash": hash_, "status": 2}]}

    assert told(site.tell(report)) == told(site.tell(report)) == (200, '{"ok":true,"updated":1}')


@pytest.mark.parametrize("statuses", [(2, 3), (3, 2)])
def test_in_one_report_a_success_beats_a_failure(site, statuses):
    (hash_,) = waiting(site, "m")

    reply = site.tell({"messages": [{"hash": hash_, "status": one} for one in statuses]})

    assert reply.json() == {"ok": True, "updated": 1}
    assert [str(tracked.delivery.status) for tracked in site.stored()] == ["delivered"]


def test_a_success_after_a_failure_counts(site):
    (hash_,) = waiting(site, "m")
    site.fetch()
    site.tell({"messages": [{"hash": hash_, "status": 3}]})

    site.tell({"messages": [{"hash": hash_, "status": "2"}]})

    assert [str(tracked.delivery.status) for tracked in site.stored()] == ["delivered"]


@pytest.mark.parametrize("hash_", ["0000000000000001", "f" * 16, "x", "A1B2C3D4E5F67890", 5])
def test_an_unknown_hash_is_ignored_and_not_counted(site, hash_):
    reply = site.tell({"messages": [{"hash": hash_, "status": 2}]})

    assert told(reply) == (200, '{"ok":true,"updated":0}')


def test_another_accounts_message_is_not_counted(site):
    (hash_,) = waiting(site, "m")
    site.gateway.administration.create_account("other")
    foreign = site.gateway.administration.token("other").secret

    reply = site.client.post(
        f"/api/{foreign}/status", json={"messages": [{"hash": hash_, "status": 3}]}
    )

    assert told(reply) == (200, '{"ok":true,"updated":0}')
    assert site.client.get(f"/api/{foreign}/get_messages").json() == []


def test_bad_entries_are_told_beside_the_good_ones(site):
    (hash_,) = waiting(site, "m")

    reply = site.tell({"messages": [{"status": 2}, {"hash": hash_, "status": 2}, 5]})

    assert told(reply) == (
        200,
        (
            '{"ok":true,"updated":1,"errors":[{"index":0,"error":"Hash is required"},'
            '{"index":2,"error":"Hash is required"}]}'
        ),
    )


@pytest.mark.parametrize(
    ("report", "error"),
    [
        ({"messages": [{"hash": "", "status": 2}]}, "Hash is required"),
        ({"messages": [{"hash": None, "status": 2}]}, "Hash is required"),
        ({"messages": [{"hash": ["x"], "status": 2}]}, "Hash is required"),
        ({"messages": [{"hash": "0" * 16}]}, "Invalid status"),
        ({"messages": [{"hash": "0" * 16, "status": 1}]}, "Invalid status"),
        ({"messages": [{"hash": "0" * 16, "status": True}]}, "Invalid status"),
        ({"messages": [{"hash": "0" * 16, "status": 2.0}]}, "Invalid status"),
        ({"messages": [{"hash": "0" * 16, "status": " 2"}]}, "Invalid status"),
        ({"messages": [{"hash": "0" * 16, "status": [2]}]}, "Invalid status"),
        ({"messages": [{"hash": "0" * 16, "status": None}]}, "Invalid status"),
        ({"messages": []}, "No messages given"),
        ({"messages": {}}, "No messages given"),
        ({}, "No messages given"),
        ([], "No messages given"),
        (5, "No messages given"),
        (
            {"device": "x" * 16, "messages": [{"hash": "0" * 16, "status": 2}]},
            "Device name exceeds 15 characters",
        ),
    ],
)
def test_a_report_without_anything_valid_is_a_validation_error(site, report, error):
    reply = site.tell(report)

    assert told(reply) == (
        422,
        f'{{"ok":false,"updated":0,"errors":[{{"index":0,"error":"{error}"}}]}}',
    )


def test_a_device_has_up_to_15_characters(site):
    report = {"device": "ü" * 15, "messages": [{"hash": "0" * 16, "status": 2}]}

    assert site.tell(report).status_code == 200


def test_a_report_that_is_not_json_is_a_validation_error(site):
    reply = site.client.post(f"/api/{site.token}/status", content=b"\xff{")

    assert reply.status_code == 422
    assert reply.json()["ok"] is False


@pytest.mark.parametrize("token", ["x", "0" * 64, "0" * 63, "f" * 500, "app-versions", "%00", "ü"])
@pytest.mark.parametrize(
    ("method", "call"), [("POST", "queue"), ("GET", "get_messages"), ("POST", "status")]
)
def test_an_unknown_token_is_refused_whatever_its_length(site, token, method, call):
    reply = site.client.request(method, f"/api/{token}/{call}")

    assert told(reply) == (401, '{"error":"Invalid API token"}')


@pytest.mark.parametrize(
    ("method", "call"), [("POST", "queue"), ("GET", "get_messages"), ("POST", "status")]
)
def test_without_a_subscription_nothing_is_done(make_site, method, call):
    site = make_site(subscription_until=NOON)

    reply = site.client.request(method, f"/api/{site.token}/{call}", content=b"not json")

    assert told(reply) == (
        403,
        '{"error":"No active subscription","code":"subscription_required"}',
    )


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (
            "/api/app-version",
            404,
            '{"error":"No active version available","code":"no_active_version"}',
        ),
        ("/api/app-versions", 200, '{"versions":[]}'),
        (
            "/download/app.apk",
            404,
            '{"error":"No active version available","code":"no_active_version"}',
        ),
        ("/api/download/5", 404, '{"error":"Version not found","code":"version_not_found"}'),
        ("/api/download/x", 404, '{"error":"Version not found","code":"version_not_found"}'),
        ("/api/download/queue", 404, '{"error":"Version not found","code":"version_not_found"}'),
        ("/api/messages/get_messages", 404, '{"error":"Not found","code":"not_found"}'),
    ],
)
def test_what_is_public_comes_before_tokens(site, path, status, body):
    assert told(site.client.get(path)) == (status, body)


def test_a_poll_may_say_whose_it_is(site):
    waiting(site, "m")

    assert len(site.fetch(device="pixel").json()) == 1

    assert [one.device.name for one in site.gateway.phones.all()] == ["pixel"]


@pytest.mark.parametrize("name", ["", "x" * 16])
def test_a_name_that_no_device_can_have_is_ignored_in_a_poll(site, name):
    waiting(site, "m")

    assert len(site.fetch(device=name).json()) == 1

    assert [one.device.name for one in site.gateway.phones.all()] == [""]


def test_a_report_of_what_went_on_to_another_channel_gets_the_same_number(site):
    site.gateway.rules.apply([Route(name="all", channels=("phones", "fake"))])
    (hash_,) = waiting(site, "m")
    site.fetch()
    report = {"messages": [{"hash": hash_, "status": 3}]}

    assert told(site.tell(report)) == told(site.tell(report)) == (200, '{"ok":true,"updated":1}')

    (tracked,) = site.stored()
    assert (tracked.delivery.channel, str(tracked.delivery.status)) == ("fake", "queued")

"""
What holds for all three calls of the queue API: order of checks, headers, bodies to the byte.
"""

import itertools
from datetime import timedelta

import pytest
import time_machine
from doors import to_the_network

from smscore.errors import StoreUnavailable
from smscore.testing import NOON

GOOD = {"phone": "0712345678", "message": "m"}
CALLS = [("POST", "queue"), ("GET", "get_messages"), ("POST", "status")]
every_call = pytest.mark.parametrize(("method", "call"), CALLS, ids=[call for _, call in CALLS])


def ask(site, method, call, **options):
    return site.client.request(method, f"/api/{site.token}/{call}", **options)


def said(reply):
    return reply.status_code, reply.text


def whole(error):
    return (
        422,
        (
            '{"ok":false,"queued":0,"failed":0,"items":[],'
            f'"errors":[{{"index":null,"error":"{error}"}}]}}'
        ),
    )


# Bodies


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "Invalid JSON"),
        (b"1", "Body must be an array of messages"),
        (b"true", "Body must be an array of messages"),
        (b"[]", "No messages given"),
        (b"[" + b"1," * 10_000 + b"1]", "Too many messages (max 10000)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_batch_is_refused_with_exactly_these_bytes(site, body, error):
    assert said(ask(site, "POST", "queue", content=body)) == whole(error)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "Invalid JSON"),
        (b'{"messages":[{"hash":"0000000000000000","status":NaN}]}', "Invalid JSON"),
        (b'{"messages":[' + b"1," * 10_000 + b"1]}", "Too many messages (max 10000)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_report_is_refused_with_exactly_these_bytes(site, body, error):
    assert said(ask(site, "POST", "status", content=body)) == (
        422,
        f'{{"ok":false,"updated":0,"errors":[{{"index":null,"error":"{error}"}}]}}',
    )


def test_of_two_faults_of_an_item_the_phones_is_told(site):
    reply = site.queue([{"phone": "x", "message": 5}, {}, {"phone": None, "message": "m" * 1001}])

    assert [error["error"] for error in reply.json()["errors"]] == [
        "Invalid phone format",
        "Phone is required",
        "Phone is required",
    ]


def test_of_two_faults_of_a_report_the_devices_is_told(site):
    reply = site.tell({"device": "x" * 16, "messages": []})

    assert reply.json()["errors"] == [{"index": 0, "error": "Device name exceeds 15 characters"}]


def test_each_bad_entry_of_a_report_is_told(site):
    reply = site.tell({"messages": [{"hash": "", "status": 9}, {"hash": "0" * 16, "status": 9}]})

    assert said(reply) == (
        422,
        (
            '{"ok":false,"updated":0,"errors":[{"index":0,"error":"Hash is required"},'
            '{"index":1,"error":"Invalid status"}]}'
        ),
    )


@pytest.mark.parametrize("device", [None, "", 5, 1.5, True, ["x"], {"x": "y"}])
def test_a_report_counts_whatever_its_device_is(site, device):
    [item] = site.queue(GOOD).json()["items"]
    report = {"device": device, "messages": [{"hash": item["hash"], "status": 2}]}

    assert said(site.tell(report)) == (200, '{"ok":true,"updated":1}')


def test_fields_that_nobody_knows_are_ignored(site):
    [item] = site.queue({**GOOD, "sim": 2, "when": {"x": []}}).json()["items"]
    report = {"battery": 5, "messages": [{"hash": item["hash"], "status": 2, "at": "now"}]}

    assert said(site.tell(report)) == (200, '{"ok":true,"updated":1}')
    assert said(site.fetch(nothing="x")) == (200, "[]")


def test_of_a_repeated_limit_the_last_counts(site):
    site.queue([GOOD] * 5)

    assert len(ask(site, "GET", "get_messages?limit=1&limit=3").json()) == 3


def test_blanks_alone_are_a_text(site):
    site.queue({"phone": "0712345678", "message": " \r\n"})

    assert [one["text"] for one in site.fetch().json()] == [" \r\n"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "x"])
def test_a_report_is_read_whatever_its_type_is_said_to_be(site, content_type):
    [item] = site.queue(GOOD).json()["items"]
    body = f'\ufeff{{"messages":[{{"hash":"{item["hash"]}","status":2}}]}}'.encode()

    reply = ask(site, "POST", "status", content=body, headers={"Content-Type": content_type})

    assert said(reply) == (200, '{"ok":true,"updated":1}')


# The token


@every_call
@pytest.mark.parametrize(
    "spell", [str.upper, lambda token: token[:-1], lambda token: f"{token}0", lambda token: ""]
)
def test_another_spelling_of_a_token_is_another_token(site, method, call, spell):
    reply = site.client.request(method, f"/api/{spell(site.token)}/{call}", content=b"[]")

    assert said(reply) == (401, '{"error":"Invalid API token"}')


# Headers


@every_call
def test_an_answer_says_how_long_it_is_and_is_never_compressed(site, method, call):
    site.queue([{**GOOD, "message": "m" * 1000}] * 20)

    reply = ask(site, method, call, headers={"Accept-Encoding": "gzip, br"}, content=b"[]")

    assert reply.headers["content-length"] == str(len(reply.content))
    assert "content-encoding" not in reply.headers


def limited(make_site, **account):
    return make_site(tariff="standard", **account)


def expired(make_site):
    return limited(make_site, subscription_until=NOON), GOOD, 403


def used_up(make_site):
    return limited(make_site, monthly_limit=0), GOOD, 429


def poor(make_site):
    site = limited(make_site, credits=0)
    to_the_network(site)
    return site, GOOD, 402


def large(make_site):
    return limited(make_site), {**GOOD, "x": "x" * (1 << 20)}, 413


def bad(make_site):
    return limited(make_site), {}, 422


def stopped(make_site):
    site = limited(make_site)
    site.store.fail(StoreUnavailable("the disk is full"))
    return site, GOOD, 503


def torn(make_site):
    site = limited(make_site)
    site.store.fail(ArithmeticError("torn"), at_once=True)
    return site, GOOD, 500


def well(make_site):
    return limited(make_site), GOOD, 200


@pytest.mark.parametrize("prepare", [well, expired, used_up, poor, large, bad, stopped, torn])
def test_every_answer_to_a_token_says_how_many_calls_are_left(make_site, prepare):
    site, content, expected = prepare(make_site)

    reply = site.queue(content)

    assert reply.status_code == expected
    assert reply.headers["x-ratelimit-limit"] == "60"
    assert reply.headers["x-ratelimit-remaining"] == "59"


def test_calls_are_counted_down_together(make_site):
    site = limited(make_site)

    left = [
        int(ask(site, method, call).headers["x-ratelimit-remaining"])
        for method, call in itertools.islice(itertools.cycle(CALLS), 7)
    ]

    assert left == [59, 58, 57, 56, 55, 54, 53]


def test_a_call_that_is_not_allowed_is_not_counted(make_site):
    site = limited(make_site)
    for _ in range(3):
        site.client.head(f"/api/{site.token}/get_messages")

    assert site.fetch().headers["x-ratelimit-remaining"] == "59"


def test_calls_of_another_account_are_not_counted(make_site):
    site = limited(make_site)
    site.gateway.administration.create_account("other", tariff="standard")
    other = site.gateway.administration.token("other").secret
    site.fetch()

    reply = site.client.get(f"/api/{other}/get_messages")

    assert reply.headers["x-ratelimit-remaining"] == "59"


# The order of checks: token, rate, subscription, body, month


@every_call
def test_too_many_calls_do_nothing(make_site, method, call):
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        site = limited(make_site, subscription_until=NOON + timedelta(hours=1))
        site.queue([GOOD])
        for _ in range(59):
            site.tell({})
        site.clock.move(hours=2)

        reply = ask(site, method, call, json=[GOOD])

    assert said(reply) == (429, '{"error":"Too many requests","code":"rate_limit_exceeded"}')
    assert reply.headers["retry-after"] == reply.headers["x-ratelimit-reset"] == "60"
    assert [str(tracked.delivery.status) for tracked in site.stored()] == ["queued"]


def test_without_a_subscription_nothing_is_fetched(make_site):
    site = limited(make_site, subscription_until=NOON + timedelta(hours=1))
    site.queue([GOOD])
    site.clock.move(hours=1)

    assert site.fetch().status_code == 403
    assert [str(tracked.delivery.status) for tracked in site.stored()] == ["queued"]


def test_without_a_subscription_no_body_is_read(make_site):
    site = limited(make_site, subscription_until=NOON)

    assert ask(site, "POST", "queue", content=b"x" * (2 << 20)).status_code == 403


def test_a_bad_batch_is_told_before_the_month_is_asked(make_site):
    site = limited(make_site, monthly_limit=0)

    assert said(site.queue([])) == whole("No messages given")
    assert site.queue([{"phone": "x"}]).status_code == 422


def test_the_months_limit_stops_neither_fetching_nor_reporting(make_site):
    site = limited(make_site, monthly_limit=1)
    [item] = site.queue(GOOD).json()["items"]
    assert site.queue(GOOD).status_code == 429

    assert [one["hash"] for one in site.fetch().json()] == [item["hash"]]
    assert site.tell({"messages": [{"hash": item["hash"], "status": 2}]}).json()["updated"] == 1

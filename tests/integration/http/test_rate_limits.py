"""
Rate limits: who is counted, and what the headers say.
"""

import pytest
import time_machine

from smscore.testing import NOON


@pytest.fixture
def frozen():
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as traveller:
        yield traveller


def rates(reply):
    return tuple(
        reply.headers.get(f"x-ratelimit-{name}") for name in ("limit", "remaining", "reset")
    )


def test_a_provider_key_has_its_tariffs_calls_a_second(make_site, frozen):
    site = make_site(tariff="standard")

    replies = [site.client.get("/v1/account", headers=site.bearer) for _ in range(11)]

    assert [reply.status_code for reply in replies] == [200] * 10 + [429]
    assert [rates(reply) for reply in replies[:2]] == [("10", "9", "1"), ("10", "8", "1")]
    assert rates(replies[-1]) == ("10", "0", "1")
    assert replies[-1].headers["retry-after"] == "1"
    assert replies[-1].text == (
        '{"success":false,"error":{"code":"rate_limit_exceeded",'
        '"message":"API rate limit exceeded"}}'
    )


def test_the_next_second_has_room_again(make_site, frozen):
    site = make_site(tariff="standard")
    for _ in range(11):
        site.client.get("/v1/account", headers=site.bearer)

    frozen.shift(1.01)

    assert site.client.get("/v1/account", headers=site.bearer).status_code == 200


def test_keys_of_one_account_are_counted_apart(make_site, frozen):
    site = make_site(tariff="standard")
    for _ in range(11):
        site.client.get("/v1/account", headers=site.bearer)
    other = site.gateway.administration.create_key("acme").secret

    reply = site.client.get("/v1/account", headers={"Authorization": f"Bearer {other}"})

    assert reply.status_code == 200


def test_strangers_are_counted_by_address_and_do_not_disturb_keys(make_site, frozen):
    site = make_site(tariff="standard")

    replies = [site.client.get("/v1/account") for _ in range(11)]

    assert [reply.status_code for reply in replies] == [401] * 10 + [429]
    assert rates(replies[0]) == ("10", "9", "1")
    assert site.client.get("/v1/account", headers=site.bearer).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/account", 200),
        ("GET", "/v1/nowhere", 404),
        ("PUT", "/v1/account", 405),
        ("POST", "/v1/messages", 400),
        ("GET", "/v1/messages/msg_0", 404),
    ],
)
def test_every_reply_of_the_provider_api_carries_the_headers(make_site, method, path, status):
    site = make_site(tariff="enterprise")

    reply = site.client.request(method, path, headers=site.bearer)

    assert reply.status_code == status
    assert rates(reply) == ("50", "49", "1")


def refuse_to_store(site):
    site.store.is_full = True
    return site.send()


def break_down(site):
    site.authenticator.is_broken = True
    return site.send()


@pytest.mark.parametrize(
    ("refused", "status", "limit"),
    [
        (lambda site: site.client.get("/v1/account"), 401, 10),
        (lambda site: site.client.get("/v1/nowhere"), 404, 10),
        (lambda site: site.send(message="x" * (2 << 20)), 413, 50),
        (lambda site: site.send(to="0170"), 422, 50),
        (
            lambda site: site.client.get("/v1", headers={**site.bearer, "x": "x" * 70_000}),
            431,
            50,
        ),
        (break_down, 500, 10),
        (refuse_to_store, 503, 50),
    ],
)
def test_every_refusal_carries_the_headers(make_site, refused, status, limit):
    reply = refused(make_site(tariff="enterprise"))

    assert reply.status_code == status
    assert rates(reply) == (f"{limit}", f"{limit - 1}", "1")


def test_a_tariff_without_a_limit_shows_the_largest_number(site):
    reply = site.client.get("/v1/account", headers=site.bearer)

    assert rates(reply) == ("2147483647", "2147483647", "1")


def test_a_token_has_60_calls_a_minute_over_all_calls(make_site, frozen):
    site = make_site(tariff="standard")
    for _ in range(20):
        site.fetch()
        site.tell({})
        last = site.queue([])
    assert last.status_code == 422
    assert rates(last) == ("60", "0", None)
    frozen.shift(20.5)

    reply = site.fetch()

    assert reply.status_code == 429
    assert reply.text == '{"error":"Too many requests","code":"rate_limit_exceeded"}'
    assert rates(reply) == ("60", "0", "40")
    assert reply.headers["retry-after"] == "40"
    frozen.shift(40)
    assert site.fetch().status_code == 200


def test_the_rate_is_checked_before_subscription_and_body(make_site, frozen):
    site = make_site(tariff="standard", subscription_until=NOON)

    statuses = [site.queue("x").status_code for _ in range(61)]

    assert statuses == [403] * 60 + [429]


def test_an_unknown_token_is_not_counted(site):
    reply = site.client.get("/api/unknown/get_messages")

    assert reply.status_code == 401
    assert rates(reply) == (None, None, None)

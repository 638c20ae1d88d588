"""
What the provider API shows: messages one by one, lists of them, the account.
"""

import pytest

from smscore.domain.deliveries import ReportOutcome


def get(site, path, **parameters):
    return site.client.get(path, params=parameters, headers=site.bearer)


def ids(reply):
    return [message["message_id"] for message in reply.json()["messages"]]


def test_a_message_is_shown_with_exactly_these_bytes(site):
    message_id = site.send(**{"from": "YourBrand"}).json()["message_id"]

    reply = get(site, f"/v1/messages/{message_id}")

    assert reply.text == (
        f'{{"message_id":"{message_id}","to":"+491701234567","from":"YourBrand",'
        '"message":"hello","status":"queued","sent_at":null,"delivered_at":null}'
    )


def test_times_are_utc_with_whole_seconds(site):
    message_id = site.send().json()["message_id"]
    site.clock.move(seconds=1.75)
    site.gateway.run_pending()
    site.clock.move(seconds=3)
    site.transport.report(site.stored()[0].message.id, at=site.clock.now())

    shown = get(site, f"/v1/messages/{message_id}").json()

    assert shown["status"] == "delivered"
    assert shown["sent_at"] == "2026-03-01T12:00:01Z"
    assert shown["delivered_at"] == "2026-03-01T12:00:04Z"


def test_a_failed_message_was_not_delivered_at_any_time(site):
    message_id = site.send().json()["message_id"]
    site.gateway.run_pending()
    site.transport.report(site.stored()[0].message.id, ReportOutcome.FAILED)

    shown = get(site, f"/v1/messages/{message_id}").json()

    assert (shown["status"], shown["delivered_at"]) == ("failed", None)


def test_a_message_of_another_surface_shows_the_normal_form(site):
    uid = site.api_php(to="0170 1234567").text.removeprefix("OK\nID: ")

    assert get(site, f"/v1/messages/msg_{uid}").json()["to"] == "+491701234567"


@pytest.mark.parametrize(
    "name",
    ["msg_0000000000000001", "msg_ffffffffffffffff", "msg_x", "0000000000000001", "%00", "x" * 999],
)
def test_an_unknown_message_is_not_found(site, name):
    reply = get(site, f"/v1/messages/{name}")

    assert reply.status_code == 404
    assert reply.text == (
        '{"success":false,"error":{"code":"not_found","message":"Resource not found"}}'
    )


def test_another_accounts_message_is_not_found(site):
    site.gateway.administration.create_account("other")
    foreign = site.gateway.submissions.submit(account="other", to="+491701234567", text="x")

    assert get(site, f"/v1/messages/msg_{foreign.message:016x}").status_code == 404
    assert get(site, "/v1/messages").json()["messages"] == []


def test_a_list_is_paged_newest_first(site):
    sent = [site.send(message=str(number)).json()["message_id"] for number in range(5)]

    first = get(site, "/v1/messages", limit=2)
    second = get(site, "/v1/messages", limit=2, after=first.json()["next"])
    third = get(site, "/v1/messages", limit=2, after=second.json()["next"])

    assert ids(first) + ids(second) + ids(third) == sent[::-1]
    assert third.json()["next"] is None
    assert list(first.json()) == ["success", "messages", "next"]
    assert first.json()["messages"][0] == get(site, f"/v1/messages/{sent[-1]}").json()


def test_a_page_that_holds_the_last_message_has_no_next(site):
    for _ in range(2):
        site.send()

    assert get(site, "/v1/messages", limit=2).json()["next"] is None


@pytest.mark.parametrize(
    ("limit", "count"), [("", 50), ("-5", 1), ("0", 1), ("3", 3), ("9" * 5000, 60)]
)
def test_the_limit_is_clamped(site, limit, count):
    site.send(to=[f"+49170{number:07}" for number in range(60)])

    assert len(ids(get(site, "/v1/messages", limit=limit))) == count


@pytest.mark.parametrize("limit", ["x", "1.5", "null", "+1", " 1"])
def test_what_is_no_number_is_no_limit(site, limit):
    reply = get(site, "/v1/messages", limit=limit)

    assert (reply.status_code, reply.json()["error"]) == (
        400,
        {"code": "invalid_request", "message": "limit must be a whole number"},
    )


def test_a_list_can_be_of_one_status(site):
    site.send()
    site.gateway.run_pending()
    queued = site.send().json()["message_id"]

    assert ids(get(site, "/v1/messages", status="queued")) == [queued]
    assert len(ids(get(site, "/v1/messages", status="sent"))) == 1
    assert ids(get(site, "/v1/messages", status="delivered")) == []


def test_a_list_can_be_of_one_recipient(site):
    wanted = [site.send(to="+1234567890").json()["message_id"] for _ in range(3)]
    site.send(to=[f"+49170{number:07}" for number in range(250)])

    first = get(site, "/v1/messages", to="+1234567890", limit=2)
    second = get(site, "/v1/messages", to="+1234567890", limit=2, after=first.json()["next"])

    assert ids(first) + ids(second) == wanted[::-1]
    assert second.json()["next"] is None


@pytest.mark.parametrize("written", ["%2B1234567890", "+1234567890", "%201234567890"])
def test_a_recipient_may_have_lost_its_plus_on_the_way(site, written):
    wanted = site.send(to="+1234567890").json()["message_id"]
    site.send()

    reply = site.client.get(f"/v1/messages?to={written}", headers=site.bearer)

    assert ids(reply) == [wanted]


@pytest.mark.parametrize("given", ["+491701234567", "0170 1234567"])
def test_a_recipient_of_another_surface_is_found_in_normal_form(site, given):
    uid = site.api_php(to=given).text.removeprefix("OK\nID: ")

    assert ids(get(site, "/v1/messages", to="+491701234567")) == [f"msg_{uid}"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"status": "sending"},
        {"status": "x"},
        {"status": ""},
        {"to": ""},
        {"after": "x"},
        {"after": "msg_" + "f" * 16},
        {"after": "in_0000000000000001"},
        {"after": "whd_0000000000000001"},
    ],
)
def test_a_bad_filter_or_cursor_is_an_invalid_request(site, parameters):
    reply = get(site, "/v1/messages", **parameters)

    assert reply.status_code == 400
    assert reply.json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/v1/messages", "to=%2B1234567890&to=%2B1234567891", "to"),
        ("/v1/messages", "status=sent&status=failed", "status"),
        ("/v1/messages", "limit=1&limit=1", "limit"),
        ("/v1/inbound", "after=in_0000000000000001&after=", "after"),
    ],
)
def test_a_parameter_of_a_list_that_is_given_twice_is_refused(site, path, query, name):
    reply = site.client.get(f"{path}?{query}", headers=site.bearer)

    assert (reply.status_code, reply.json()["error"]["message"]) == (
        400,
        f"{name} is there several times; give it once",
    )


def test_parameters_that_nobody_knows_are_ignored(site):
    wanted = site.send().json()["message_id"]

    reply = site.client.get("/v1/messages?x=1&x=2&stats=failed&y=", headers=site.bearer)

    assert ids(reply) == [wanted]


def test_the_account_is_shown_with_exactly_these_bytes(make_site):
    reply = get(make_site(tariff="standard"), "/v1/account")

    assert reply.text == (
        '{"success":true,"account_id":"acc_0000000000000001","name":"acme","plan":"standard",'
        '"credits_remaining":1000,"rate_limit":10}'
    )


def test_what_is_not_limited_is_null(make_site):
    shown = get(make_site(credits=None), "/v1/account").json()

    assert shown["credits_remaining"] is None
    assert shown["rate_limit"] is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer " + "x" * 5000},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/messages"),
        ("GET", "/v1/messages"),
        ("GET", "/v1/messages/msg_0000000000000001"),
        ("GET", "/v1/account"),
        ("POST", "/v1/messages/estimate"),
        ("DELETE", "/v1/messages/msg_0000000000000001"),
        ("GET", "/v1/inbound"),
    ],
)
def test_without_a_valid_key_nothing_is_told(site, headers, method, path):
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}

    reply = site.client.request(method, path, headers=encoded)

    assert reply.status_code == 401
    assert reply.text == (
        '{"success":false,"error":{"code":"authentication_failed",'
        '"message":"Invalid or missing API key"}}'
    )


def test_the_scheme_of_the_key_is_not_case_sensitive(site):
    reply = site.client.get("/v1/account", headers={"Authorization": f"bearer {site.key}"})

    assert reply.status_code == 200

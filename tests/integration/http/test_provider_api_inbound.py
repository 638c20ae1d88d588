"""
GET /v1/inbound: what was received, newest first.
"""

from datetime import timedelta

import pytest

from smscore.domain.inbound import InboundMessage
from smscore.domain.messages import AccountId, MessageId
from smscore.testing import NOON

ACME = AccountId(1)


def keep(site, *numbers, account=ACME, **fields):
    """Received messages as the store holds them."""
    for number in numbers:
        message = InboundMessage(
            **{
                "id": MessageId(number),
                "account": account,
                "channel": "fake",
                "sender": "+491701234567",
                "text": "hello",
                "received_at": NOON + timedelta(seconds=number),
                **fields,
            }
        )
        site.store.run(lambda work, message=message: work.inbox.add(message)).result()


def get(site, **parameters):
    return site.client.get("/v1/inbound", params=parameters, headers=site.bearer)


def ids(reply):
    return [message["message_id"] for message in reply.json()["inbound"]]


def test_a_received_message_is_shown_with_exactly_these_bytes(site):
    keep(site, 26, text='"ü"\r\n😀', received_at=NOON + timedelta(seconds=1.75))

    reply = get(site)

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.text == (
        '{"success":true,"inbound":[{"message_id":"in_000000000000001a","from":"+491701234567",'
        '"to":null,"message":"\\"ü\\"\\r\\n😀","received_at":"2026-03-01T12:00:01Z"}],"next":null}'
    )


def test_of_a_long_message_the_list_says_which_parts_are_missing(site):
    keep(site, 1, text="one […]", missing=(2, 3))

    assert get(site).text.endswith(
        '"message":"one […]","received_at":"2026-03-01T12:00:01Z","missing_parts":[2,3]}],'
        '"next":null}'
    )


def test_without_any_the_list_is_empty(site):
    assert get(site).text == '{"success":true,"inbound":[],"next":null}'


def test_the_list_is_paged_newest_first(site):
    keep(site, 1, 2, 3, 4, 5)

    first = get(site, limit=2)
    second = get(site, limit=2, after=first.json()["next"])
    third = get(site, limit=2, after=second.json()["next"])

    assert ids(first) + ids(second) + ids(third) == [f"in_{n:016x}" for n in (5, 4, 3, 2, 1)]
    assert third.json()["next"] is None


def test_a_page_that_holds_the_last_message_has_no_next(site):
    keep(site, 1, 2)

    assert get(site, limit=2).json()["next"] is None


def test_what_arrives_meanwhile_disturbs_no_page(site):
    keep(site, 1, 2, 3)
    first = get(site, limit=2)

    keep(site, 4)

    assert ids(get(site, limit=2, after=first.json()["next"])) == ["in_0000000000000001"]


@pytest.mark.parametrize(
    ("limit", "count"), [("", 50), ("-5", 1), ("0", 1), ("3", 3), ("9" * 5000, 60)]
)
def test_the_limit_is_clamped(site, limit, count):
    keep(site, *range(1, 61))

    assert len(ids(get(site, limit=limit))) == count


@pytest.mark.parametrize("after", ["x", "in_1", "msg_0000000000000001", "in_" + "f" * 16])
def test_a_bad_cursor_is_an_invalid_request(site, after):
    reply = get(site, after=after)

    assert reply.status_code == 400
    assert reply.text == (
        '{"success":false,"error":{"code":"invalid_request",'
        '"message":"after must be the next of the page before"}}'
    )


def test_messages_of_other_accounts_and_of_none_are_not_shown(site):
    site.gateway.administration.create_account("other")
    keep(site, 1, account=AccountId(2))
    keep(site, 2, account=None)
    keep(site, 3)

    assert ids(get(site)) == ["in_0000000000000003"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/inbound", 405),
        ("DELETE", "/v1/inbound", 405),
        ("GET", "/v1/inbound/", 404),
        ("GET", "/v1/inbound/in_0000000000000001", 404),
        ("HEAD", "/v1/inbound", 200),
    ],
)
def test_it_is_only_read(site, method, path, status):
    reply = site.client.request(method, path, headers=site.bearer)

    assert reply.status_code == status
    assert reply.headers["x-ratelimit-limit"]
    if status == 405:
        assert reply.headers["allow"] == "GET, HEAD"

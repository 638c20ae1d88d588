"""
DELETE /v1/messages/{id}: what waits is called back and paid back, anything else is not.
"""

from datetime import timedelta

import pytest
from doors import DOORS, at_once, to_the_network

from smscore.domain.deliveries import Status
from smscore.errors import TemporaryFailure
from smscore.testing import NOON

NOT_FOUND = '{"success":false,"error":{"code":"not_found","message":"Resource not found"}}'
TOO_LATE = (
    '{"success":false,"error":{"code":"not_cancellable",'
    '"message":"Message can no longer be cancelled"}}'
)


def delete(site, message_id):
    return site.client.delete(f"/v1/messages/{message_id}", headers=site.bearer)


def test_a_waiting_message_is_cancelled_with_exactly_these_bytes(site):
    message_id = site.send(message="two parts " * 20).json()["message_id"]

    reply = delete(site, message_id)

    assert reply.status_code == 200
    assert reply.text == (
        f'{{"success":true,"message_id":"{message_id}","status":"failed",'
        '"credits_refunded":2,"credits_remaining":1000}'
    )
    assert reply.headers["content-type"] == "application/json"
    assert site.account.credits == 1000


def test_a_cancelled_message_is_never_sent(site):
    message_id = site.send().json()["message_id"]

    delete(site, message_id)
    site.gateway.run_pending()

    assert site.transport.jobs == []
    shown = site.client.get(f"/v1/messages/{message_id}", headers=site.bearer).json()
    assert (shown["status"], shown["sent_at"], shown["delivered_at"]) == ("failed", None, None)


def test_a_scheduled_message_can_be_cancelled(site):
    message_id = site.send(scheduled_at="2026-03-02T12:00:00Z").json()["message_id"]

    assert delete(site, message_id).json()["credits_refunded"] == 1
    site.clock.move(days=2)
    site.gateway.run_pending()

    assert site.transport.jobs == []


def test_a_message_that_waits_for_its_next_try_can_be_cancelled(site):
    message_id = site.send().json()["message_id"]
    site.transport.fail_next(TemporaryFailure("no network"))
    site.gateway.run_pending()

    assert delete(site, message_id).status_code == 200
    site.clock.move(hours=1)
    site.gateway.run_pending()

    assert len(site.transport.jobs) == 1


def test_a_second_time_it_is_too_late(site):
    message_id = site.send().json()["message_id"]
    delete(site, message_id)

    reply = delete(site, message_id)

    assert (reply.status_code, reply.text) == (409, TOO_LATE)
    assert site.account.credits == 1000


def test_a_sent_message_cannot_be_cancelled(site):
    message_id = site.send().json()["message_id"]
    site.gateway.run_pending()

    reply = delete(site, message_id)

    assert (reply.status_code, reply.text) == (409, TOO_LATE)
    assert site.account.credits == 999


def test_a_message_that_a_phone_has_cannot_be_cancelled(everything_to_phones):
    site = everything_to_phones
    message_id = site.send().json()["message_id"]
    site.fetch()

    assert delete(site, message_id).status_code == 409


def test_a_message_that_expired_cannot_be_cancelled(site):
    message = site.gateway.submissions.submit(
        account="acme", to="0170123", text="m", expires_at=NOON + timedelta(minutes=1)
    ).message
    site.clock.move(minutes=2)
    site.gateway.run_pending()

    assert delete(site, f"msg_{message:016x}").status_code == 409


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)
def test_messages_of_all_surfaces_can_be_cancelled(site, door):
    to_the_network(site)
    [message] = door.ids(door.send(site))

    reply = delete(site, f"msg_{message:016x}")

    assert (reply.status_code, reply.json()["credits_refunded"]) == (200, 1)
    state = {"username": "apiuser", "password": "secret-word", "uid": f"{message:016x}"}
    assert site.client.get("/state.php", params=state).text == "Status : failed"


def test_a_cancelled_message_is_not_handed_to_phones(everything_to_phones):
    site = everything_to_phones
    reply = delete(site, site.send().json()["message_id"])

    assert reply.json()["credits_refunded"] == 0
    assert site.fetch().json() == []


def test_one_message_of_a_request_is_cancelled_alone(site):
    sent = site.send(to=["+491701234567", "+491701234568", "+491701234569"]).json()
    second = sent["messages"][1]["message_id"]

    assert delete(site, second).json()["credits_refunded"] == 1
    site.gateway.run_pending()

    assert [job.recipient.value for job in site.transport.jobs] == [
        "+491701234567",
        "+491701234569",
    ]
    assert site.account.credits == 998


def test_an_account_that_is_not_metered_gets_nothing_back(make_site):
    site = make_site(credits=None)

    reply = delete(site, site.send().json()["message_id"])

    assert '"credits_refunded":0,"credits_remaining":null' in reply.text


@pytest.mark.parametrize(
    "name",
    ["msg_0000000000000001", "msg_1", "0000000000000001", "msg_" + "f" * 16, "msg_", "x"],
)
def test_what_is_not_there_is_not_found(site, name):
    reply = delete(site, name)

    assert (reply.status_code, reply.text) == (404, NOT_FOUND)


def test_a_message_of_another_account_is_not_found_and_goes_out(site):
    operator = site.gateway.administration
    operator.create_account("other", tariff="unlimited")
    message_id = site.send().json()["message_id"]
    stranger = {"Authorization": f"Bearer {operator.create_key('other').secret}"}

    reply = site.client.delete(f"/v1/messages/{message_id}", headers=stranger)

    assert (reply.status_code, reply.text) == (404, NOT_FOUND)
    site.gateway.run_pending()
    assert len(site.transport.jobs) == 1


def test_only_a_key_may_cancel(site):
    message_id = site.send().json()["message_id"]

    assert site.client.delete(f"/v1/messages/{message_id}").status_code == 401
    assert [one.delivery.status for one in site.stored()] == [Status.QUEUED]


@pytest.mark.parametrize("name", ["waiting", "msg_0000000000000001"])
def test_its_replies_carry_the_rates(make_site, name):
    site = make_site(tariff="enterprise")
    if name == "waiting":
        name = site.send().json()["message_id"]

    reply = delete(site, name)

    assert reply.headers["x-ratelimit-limit"] == "50"
    assert int(reply.headers["x-ratelimit-remaining"]) < 50
    assert reply.headers["x-ratelimit-reset"] == "1"


def test_too_many_calls_cancel_nothing(make_site):
    site = make_site(tariff="standard")
    message = site.gateway.submissions.submit(account="acme", to="0170123", text="m").message
    for _ in range(40):  # a burst spans two seconds at most
        reply = delete(site, "msg_0000000000000001")
        if reply.status_code == 429:
            break

    assert reply.status_code == 429
    assert reply.headers["retry-after"]
    assert site.gateway.inquiry.message(message).delivery.status is Status.QUEUED


def test_a_store_that_takes_nothing_is_said_so(site):
    message_id = site.send().json()["message_id"]
    site.store.is_full = True

    reply = delete(site, message_id)

    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "5"


def test_of_many_at_once_one_gets_the_credits(make_site, tmp_path):
    site = make_site(directory=tmp_path)
    message_id = site.send().json()["message_id"]

    request = {
        "method": "DELETE",
        "url": f"/v1/messages/{message_id}",
        "headers": site.bearer,
    }

    statuses = sorted(reply.status_code for reply in at_once(site, [request] * 16))

    assert statuses == [200] + [409] * 15
    assert site.account.credits == 1000

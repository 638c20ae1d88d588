"""
/state.php: what has become of a message, for monitoring systems.
"""

import pytest
from msgspec.structs import replace

from smscore.domain.deliveries import Status


def ask(site, uid, **parameters):
    given = {"username": "apiuser", "password": "secret-word", "uid": uid, **parameters}
    return site.client.get("/state.php", params=given)


def uid_of(reply):
    return reply.text.removeprefix("OK\nID: ")


def test_an_accepted_message_is_queued(site):
    reply = ask(site, uid_of(site.api_php()))

    assert (reply.status_code, reply.content) == (200, b"Status : queued")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_sent_message_is_sent(site):
    uid = uid_of(site.api_php())
    site.gateway.run_pending()

    assert ask(site, uid).text == "Status : sent"


def test_a_message_for_later_is_scheduled(site):
    later = site.send(scheduled_at="2026-03-02T12:00:00Z").json()["message_id"]

    assert ask(site, later.removeprefix("msg_")).text == "Status : scheduled"


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (Status.SCHEDULED, "scheduled"),
        (Status.QUEUED, "queued"),
        (Status.SENDING, "queued"),
        (Status.SENT, "sent"),
        (Status.INDETERMINATE, "sent"),
        (Status.DELIVERED, "delivered"),
        (Status.FAILED, "failed"),
        (Status.CANCELLED, "failed"),
        (Status.EXPIRED, "expired"),
    ],
)
def test_every_status_has_its_word(site, status, word):
    uid = uid_of(site.api_php())
    delivery = replace(site.stored()[0].delivery, status=status)
    site.store.run(lambda work: work.outbox.save(delivery)).result()

    reply = ask(site, uid)

    assert (reply.status_code, reply.content) == (200, f"Status : {word}".encode())


@pytest.mark.parametrize(
    "uid",
    [
        "0000000000000001",
        "ffffffffffffffff",
        "x",
        "0" * 5000,
        "msg_0000000000000001",
        "\uff11" * 16,
    ],
)
def test_an_unknown_id_is_not_found(site, uid):
    reply = ask(site, uid)

    assert (reply.status_code, reply.text) == (200, "Status : not found")


def test_another_spelling_of_an_id_is_not_found(site):
    uid = uid_of(site.api_php())

    assert ask(site, uid.upper() + " ").text == "Status : not found"
    assert ask(site, f"0x{uid}").text == "Status : not found"


def test_a_message_of_another_account_is_not_found(site):
    site.gateway.administration.create_account("other")
    foreign = site.gateway.submissions.submit(account="other", to="+491701234567", text="x")

    assert ask(site, f"{foreign.message:016x}").text == "Status : not found"


@pytest.mark.parametrize("name", ["uid", "username", "password"])
def test_a_missing_parameter_is_named_as_such(site, name):
    reply = ask(site, **{"uid": "0000000000000001", name: ""})

    assert (reply.status_code, reply.text) == (400, "Error: Parameter miss")


def test_a_wrong_password_is_refused(site):
    reply = ask(site, "0000000000000001", password="wrong-word")

    assert reply.status_code == 401
    assert reply.text == "401 Unauthorized - Username or Password wrong"


def test_a_password_check_that_takes_too_long_is_a_timeout(make_site):
    site = make_site(http={"submit_timeout": 0.05})
    site.authenticator.may_answer.clear()

    reply = ask(site, "0000000000000001")

    assert reply.status_code == 408
    assert reply.text == "FAILED - Timeout or see Gateway logs for more information."


@pytest.mark.parametrize(("permission", "status"), [("api.status", 200), ("console", 403)])
def test_the_permission_to_ask_suffices(make_site, permission, status):
    assert ask(make_site(permission=permission), "0000000000000001").status_code == status


def test_the_operator_can_open_it_to_everybody(make_site):
    site = make_site(http={"open_state": True})
    uid = uid_of(site.api_php())

    assert site.client.get(f"/state.php?uid={uid}").text == "Status : queued"


def test_head_is_a_get_without_a_body(site):
    reply = site.client.head("/state.php?uid=x&username=apiuser&password=secret-word")

    assert reply.status_code == 200
    assert reply.content == b""
    assert reply.headers["content-length"] == str(len("Status : not found"))


def test_a_store_that_does_not_answer_is_not_waited_for_any_longer(make_site):
    site = make_site(http={"submit_timeout": 0.05})
    site.store.may_read.clear()

    reply = ask(site, "0000000000000001")

    site.store.may_read.set()
    assert reply.status_code == 408
    assert reply.elapsed.total_seconds() < 4

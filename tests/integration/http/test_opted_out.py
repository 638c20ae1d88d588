"""
Whoever said STOP is refused in each surface's own words, and however the number is written.
"""

import pytest
from doors import DOORS, everybody

from smscore.testing import a_part

G = "Error. See Gateway logs for more information."
REFUSED = {
    "gateway": (400, G),
    "queue": (
        422,
        (
            '{"ok":false,"queued":0,"failed":1,"items":[],'
            '"errors":[{"index":0,"error":"Recipient opted out"}]}'
        ),
    ),
    "provider": (
        422,
        (
            '{"success":false,"error":{"code":"recipient_opted_out",'
            '"message":"Recipient has opted out"}}'
        ),
    ),
}

every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)


def stop(site, number="+491701234567"):
    """The owner of the number writes STOP to the channel, which belongs to nobody."""
    part = a_part(user_data="STOP".encode("utf-16-be"), sender=number)
    site.gateway.reception.received(part)


@every_door
def test_a_recipient_who_said_stop_is_refused(site, door):
    stop(site)

    reply = door.send(site, to="01701234567")

    assert (reply.status_code, reply.text) == REFUSED[door.surface]
    assert site.stored() == []


@every_door
def test_an_opt_out_outlives_the_erasure_of_the_person(site, door):
    stop(site)
    erased = site.gateway.erasure.erase("+491701234567")

    reply = door.send(site, to="01701234567")

    assert erased.dropped["inbound"] == 1
    assert (reply.status_code, reply.text) == REFUSED[door.surface]


@every_door
def test_others_are_written_to_as_before(site, door):
    stop(site)

    door.ids(door.send(site, to="01701234568"))


@pytest.mark.parametrize("spelling", ["+491701234567", "00491701234567", "0170 1234567"])
def test_it_does_not_matter_how_the_number_is_written(site, spelling):
    stop(site)

    assert site.api_php(to=spelling).text == G


def test_api_php_says_since_when_in_a_header(site):
    stop(site)

    reason = site.api_php().headers["x-error-reason"]

    assert reason.startswith("the recipient opted out of all messages on 2026-03-01 12:00 UTC")
    assert "4567" not in reason


def test_whoever_opted_out_is_left_out_of_a_group(site):
    everybody(site)
    stop(site, "+491701111111")

    reply = site.api_php(to="on-call", mode="group")

    assert reply.text.startswith("OK\nID: ")
    assert [one.message.recipient.value for one in site.stored()] == [
        "+447700900123",
        "+491702222222",
    ]


def test_a_group_of_which_nobody_is_left_is_refused(site):
    everybody(site)
    stop(site, "+491701111111")

    reply = site.api_php(to="night", mode="group")

    assert (reply.status_code, reply.text) == (400, G)


def test_messages_to_several_recipients_are_all_or_nothing(site):
    stop(site)
    recipients = [{"to": "+491701234567"}, {"to": "+491701234568"}]

    reply = site.client.post(
        "/api/messages",
        json={"recipients": recipients, "text": "hi"},
        auth=("apiuser", "secret-word"),
    )

    assert reply.status_code == 400
    assert site.stored() == []


def test_the_other_items_of_a_batch_are_queued(site):
    stop(site)
    numbers = ["+491701234567", "+491701234568"]

    answer = site.queue([{"phone": one, "message": "hi"} for one in numbers]).json()

    assert (answer["ok"], answer["queued"], answer["failed"]) == (True, 1, 1)
    assert answer["errors"] == [{"index": 0, "error": "Recipient opted out"}]


def test_one_opt_out_refuses_a_whole_request_of_the_provider_api(site):
    stop(site)

    reply = site.send(to=["+491701234568", "+491701234567"])

    assert (reply.status_code, reply.text) == REFUSED["provider"]
    assert site.stored() == []


def test_an_estimate_is_refused_as_the_message_would_be(site):
    stop(site)

    content = {"to": "+491701234567", "message": "hello"}
    reply = site.client.post("/v1/messages/estimate", json=content, headers=site.bearer)

    assert (reply.status_code, reply.text) == REFUSED["provider"]


def test_what_is_withheld_has_failed_for_those_who_ask(site):
    sent = site.send().json()["message_id"]
    stop(site)
    site.gateway.run_pending()

    shown = site.client.get(f"/v1/messages/{sent}", headers=site.bearer).json()

    assert shown["status"] == "failed"
    assert site.transport.jobs == []
    assert site.account.credits == 1000

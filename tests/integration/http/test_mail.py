"""
E-mail behind the surfaces: who has only an address is reached by "automatic", and by nothing else.
"""

import pytest
from doors import everybody

from smscore.domain.messages import Medium
from smscore.domain.routes import Route
from smscore.testing import FakeTransport

ADDRESS = "mail@example.org"
LOGIN = {"username": "apiuser", "password": "secret-word", "text": "Test"}


@pytest.fixture
def mailing(make_site):
    """The channel ``mail`` carries e-mail, beside the one for SMS; there is a directory."""
    site = make_site(
        transports={
            "fake": FakeTransport(),
            "mail": FakeTransport(name="mail", media=(Medium.EMAIL,)),
        }
    )
    everybody(site)
    return site


def call(site, **values):
    return site.client.post("/api.php", data={**LOGIN, **values})


def sent(site):
    return {(one.message.recipient.value, one.delivery.channel) for one in site.stored()}


@pytest.mark.parametrize(
    ("mode", "to", "found"),
    [
        ("teluser", "mail", {(ADDRESS, "mail")}),
        ("telgroup", "night", {("+491701111111", "fake"), (ADDRESS, "mail")}),
        ("group", "night", {("+491701111111", "fake")}),
    ],
)
def test_who_has_only_an_address_gets_mail_if_the_way_is_left_open(mailing, mode, to, found):
    assert call(mailing, mode=mode, to=to).status_code == 200
    assert sent(mailing) == found


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "user", "to": "mail"},
        {"mode": "teluser", "to": "mail", "telauto": "false"},
        {"mode": "teluser", "to": "mail", "list": "white", "regex": "^49"},
        {"mode": "number", "to": ADDRESS},
        {"mode": "telnumber", "to": ADDRESS},
    ],
)
def test_nothing_else_leads_to_an_address(mailing, values):
    assert call(mailing, **values).status_code == 400
    assert mailing.stored() == []


def test_a_list_of_the_caller_is_asked_about_addresses(mailing):
    reply = call(mailing, mode="telgroup", to="night", list="black", regex="@example")

    assert reply.status_code == 200
    assert sent(mailing) == {("+491701111111", "fake")}


def test_sessions_send_so_too(mailing):
    reply = mailing.client.post(
        "/api/messages",
        auth=("apiuser", "secret-word"),
        json={
            "recipients": [
                {"to": "night", "target": "contactgroup"},
                {"to": "mail", "target": "contact"},
            ],
            "text": "Test",
            "provider": "automatic",
        },
    )

    assert reply.status_code == 200
    assert len(reply.json()["ids"]) == 2
    assert sent(mailing) == {("+491701111111", "fake"), (ADDRESS, "mail")}


def test_the_provider_api_takes_numbers_only(mailing):
    reply = mailing.send(to=ADDRESS)

    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "invalid_phone_number")
    assert mailing.stored() == []


def test_the_queue_api_takes_numbers_only(mailing):
    reply = mailing.queue([{"phone": ADDRESS, "message": "Test"}])

    assert reply.status_code == 422
    assert reply.json()["errors"] == [{"index": 0, "error": "Invalid phone format"}]
    assert mailing.stored() == []


def test_no_phone_gets_a_mail_and_whoever_lists_messages_sees_it(mailing):
    mailing.gateway.rules.apply([Route(name="all", channels=("phones", "mail"))])
    assert call(mailing, mode="teluser", to="mail").status_code == 200

    assert mailing.fetch().json() == []
    listed = mailing.client.get(
        "/v1/messages", params={"to": ADDRESS}, headers=mailing.bearer
    ).json()
    assert [one["to"] for one in listed["messages"]] == [ADDRESS]

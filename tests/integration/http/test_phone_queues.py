"""
The phone queue as a channel: what rules send there, whose phones get it, and in which order.
"""

from datetime import timedelta

import pytest
from doors import DOORS, at_once, to_the_network

from smscore.domain.links import Link
from smscore.domain.messages import Medium
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Route
from smscore.errors import PermanentFailure
from smscore.testing import FakeTransport

every_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.surface)


def texts(reply):
    return [message["text"] for message in reply.json()]


def status(site, number=0):
    return str(site.stored()[number].delivery.status)


def told(site, hash_, outcome):
    return site.tell({"messages": [{"hash": hash_, "status": outcome}]}).json()


@every_door
def test_a_rule_sends_messages_of_every_surface_to_the_phones(site, door):
    site.gateway.rules.apply([Route(name="home", prefixes=("+49",), channels=("phones",))])
    [message] = door.ids(door.send(site))

    assert [one["hash"] for one in site.fetch().json()] == [f"{message:016x}"]


@every_door
def test_a_rule_sends_messages_of_every_surface_past_the_phones(site, door):
    to_the_network(site)
    door.send(site)

    assert site.fetch().json() == []
    site.gateway.run_pending()
    assert status(site) == "sent"


def test_what_is_not_for_phones_is_unknown_in_their_reports(site):
    to_the_network(site)
    [item] = site.queue({"phone": "0712345678", "message": "m"}).json()["items"]
    site.gateway.run_pending()

    assert told(site, item["hash"], 3) == {"ok": True, "updated": 0}
    assert status(site) == "sent"


def test_phones_stand_in_for_a_channel_that_refuses(site):
    to_the_network(site, channels=("fake", "phones"))
    site.transport.fail_next(PermanentFailure("no"))
    site.send()
    site.gateway.run_pending()

    [fetched] = site.fetch().json()
    assert told(site, fetched["hash"], 2) == {"ok": True, "updated": 1}
    assert status(site) == "delivered"


def test_a_channel_stands_in_for_phones_that_fail(site):
    to_the_network(site, channels=("phones", "fake"))
    site.send()
    [fetched] = site.fetch().json()

    told(site, fetched["hash"], 3)
    site.gateway.run_pending()

    assert status(site) == "sent"
    assert len(site.transport.jobs) == 1


def test_phones_stand_in_for_telegram(make_site):
    chat = FakeTransport(media=(Medium.TELEGRAM,))
    site = make_site(transports={"chat": chat})
    number = PhoneNumber.parse("+491701234567")
    link = Link(channel="chat", number=number, address="17", linked_at=site.clock.now())
    site.store.run(lambda work: work.links.put(link)).result()
    to_the_network(site, channels=("phones",))
    chat.fail_next(PermanentFailure("the bot was blocked"))
    site.api_php(mode="telnumber", text="by phone then")

    assert site.fetch().json() == []
    site.gateway.run_pending()

    assert texts(site.fetch()) == ["by phone then"]


def test_a_call_is_nothing_for_phones_that_send_messages(with_voice):
    with_voice.gateway.rules.apply([Route(name="all", channels=("phones",))])

    assert with_voice.api_php(ring="1").status_code == 400
    assert with_voice.fetch().json() == []


def test_the_oldest_come_first_whatever_surface_they_came_by(everything_to_phones):
    site = everything_to_phones
    doors = DOORS * 3
    for number, door in enumerate(doors):
        door.send(site, text=str(number))

    assert texts(site.fetch()) == [str(number) for number in range(len(doors))]


# Accounts


@pytest.fixture
def others(site):
    """The tokens of two more accounts."""
    tokens = []
    for name in ("beta", "gamma"):
        site.gateway.administration.create_account(name, home_country="DE", tariff="unlimited")
        tokens.append(site.gateway.administration.token(name).secret)
    return tokens


def test_phones_get_what_their_own_account_has(site, others):
    for token, text in zip((site.token, *others), ("a", "b", "c"), strict=True):
        site.client.post(f"/api/{token}/queue", json=[{"phone": "0712345678", "message": text}] * 2)

    fetched = [
        texts(site.client.get(f"/api/{token}/get_messages")) for token in (*others, site.token)
    ]

    assert fetched == [["b"] * 2, ["c"] * 2, ["a"] * 2]


def test_a_rule_for_all_means_the_phones_of_whoever_sends(everything_to_phones, others):
    site = everything_to_phones
    site.send()

    assert [site.client.get(f"/api/{one}/get_messages").json() for one in others] == [[], []]
    assert len(site.fetch().json()) == 1


def test_phones_that_ask_at_once_share_what_waits(site):
    site.queue([{"phone": "0712345678", "message": str(number)} for number in range(100)])
    asked = {"method": "GET", "url": f"/api/{site.token}/get_messages", "params": {"limit": 15}}

    answers = at_once(site, [asked] * 8)

    shared = [text for answer in answers for text in texts(answer)]
    assert sorted(shared, key=int) == [str(number) for number in range(100)]
    for answer in answers:
        assert texts(answer) == sorted(texts(answer), key=int)


# What phones are given, and how long they have it


def test_a_text_of_another_surface_may_be_longer_than_the_queue_takes(everything_to_phones):
    site = everything_to_phones
    site.api_php(text="ü" * 1600)

    assert texts(site.fetch()) == ["ü" * 1600]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("22922", "22922"),  # fewer digits than the queue itself takes
        ("0170/12 34-567", "+491701234567"),
        ("00491701234567", "+491701234567"),
        ("+43 664 1234567", "+436641234567"),
    ],
)
def test_a_number_of_another_surface_is_given_in_its_normal_form(
    everything_to_phones, given, shown
):
    site = everything_to_phones
    assert site.api_php(to=given).status_code == 200

    assert [message["phone"] for message in site.fetch().json()] == [shown]


def test_the_queue_gives_back_the_number_that_it_was_given(site):
    for phone in ("0712345678", "+4917012345678", "004917012345678", "123456"):
        site.queue({"phone": phone, "message": "m"})

    assert [message["phone"] for message in site.fetch().json()] == [
        "0712345678",
        "+4917012345678",
        "004917012345678",
        "123456",
    ]


def test_what_was_claimed_and_never_reported_stays_claimed(site):
    site.queue({"phone": "0712345678", "message": "m"})
    site.fetch()

    site.clock.move(hours=24 * 30)
    site.gateway.run_pending()

    assert site.fetch().json() == []
    assert status(site) == "sending"


def test_what_has_expired_is_given_to_nobody(everything_to_phones):
    site = everything_to_phones
    soon = site.clock.now() + timedelta(minutes=5)
    site.gateway.submissions.submit(account="acme", to="+491701", text="late", expires_at=soon)

    site.clock.move(minutes=5)

    assert site.fetch().json() == []
    assert status(site) == "expired"


def test_a_message_that_was_reported_unfetched_is_given_to_nobody(site):
    [one, other] = site.queue([{"phone": "0712345678", "message": "m"}] * 2).json()["items"]

    assert told(site, one["hash"], 2) == told(site, other["hash"], 3) == {"ok": True, "updated": 1}

    assert [status(site, number) for number in range(2)] == ["delivered", "failed"]
    assert site.fetch().json() == []

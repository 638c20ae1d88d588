"""
A bot whose updates are posted: from Telegram's requests to the store, through a whole server.
"""

import re
import socket

import attrs
import pytest

from smscore import GatewayConfig, build
from smscore.domain.numbers import PhoneNumber
from smscore_telegram.testing import FakeTelegram
from smscore_telegram.testing._posting import post

PATIENCE = 30.0


@pytest.fixture
def telegram():
    with FakeTelegram() as telegram:
        yield telegram


@pytest.fixture
def server(start, installation, telegram):
    """Runs, and has told Telegram where it is."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    bot = "".join(f"{key} = '{value}'\n" for key, value in telegram.table.items())
    (installation / "smscore.toml").write_text(
        f"[http]\nport = {port}\npublic_url = 'http://127.0.0.1:{port}'\n"
        f"[channels.bot]\n{bot}webhook = true\n"
    )
    server = start("serve")
    server.line()
    assert telegram.wait_for(lambda: telegram.webhook is not None, timeout=PATIENCE)
    return server


@pytest.fixture
def stored(installation):
    """Asks the store beside the server."""

    def stored(question):
        config = GatewayConfig.from_toml(installation / "smscore.toml")
        with build(config) as gateway:
            return question(gateway)

    return stored


def link_of(number):
    def question(gateway):
        return gateway.store.read(lambda view: view.links.of(PhoneNumber(number)))

    return question


def inbound(gateway):
    return [one.text for one in gateway.inquiry.inbound()]


def test_a_person_is_linked_and_heard_by_what_telegram_posts(server, telegram, stored):
    ada = telegram.person()

    ada.opens_bot()
    assert telegram.deliver() == [200]
    assert len(ada.received) == 1
    ada.shares_contact()
    ada.writes("hello")
    assert telegram.deliver() == [200, 200]

    (link,) = stored(link_of(ada.number))
    assert (link.channel, link.address) == ("bot", ada.address)
    assert stored(inbound) == ["hello"]
    assert telegram.unconfirmed == 0
    assert not telegram.asked("getUpdates")
    assert telegram.webhook.url.rpartition("/")[2] not in server.end()


def test_the_list_of_channels_says_how_many_numbers_are_linked(server, telegram, answer, command):
    telegram.person().links()
    telegram.deliver()

    while (found := answer("channel", "list")[0])["state"] != "ready":
        telegram.wait_for(lambda: False, timeout=0.05)

    assert found["links"] == 1
    assert re.search(r"^links +1$", command("channel", "list").stdout, re.MULTILINE)


def test_what_somebody_else_posts_leaves_no_trace(server, telegram, stored):
    ada = telegram.person()
    ada.links()
    ada.writes("hello")
    webhook, updates = telegram.webhook, telegram.take_updates()
    base, _, segment = webhook.url.rpartition("/")
    others = [
        attrs.evolve(webhook, secret=None),
        attrs.evolve(webhook, secret="wrong"),
        attrs.evolve(webhook, secret=segment),
        attrs.evolve(webhook, url=f"{base}/{webhook.secret}"),
        attrs.evolve(webhook, url=base),
    ]

    statuses = [{post(other, update) for update in updates} for other in others]

    assert statuses == [{403}, {403}, {403}, {404}, {404}]
    assert stored(link_of(ada.number)) == []
    assert stored(inbound) == []


def test_an_update_that_is_posted_twice_is_stored_once(server, telegram, stored):
    ada = telegram.person()
    ada.writes("hello")
    assert telegram.deliver() == [200]
    telegram.happens_again()

    assert telegram.deliver() == [200]

    assert stored(inbound) == ["hello"]


def test_what_is_no_update_is_refused(server, telegram):
    assert post(telegram.webhook, b"[]") == 400

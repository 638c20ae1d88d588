"""
Every call about webhooks, and what the running server posts, verified by the client.
"""

import queue
import threading
from datetime import UTC, datetime, timedelta

import pytest
from endpoints import OK, Endpoint

from smscore_client import (
    DeliveryState,
    EventName,
    InvalidRequest,
    InvalidSignature,
    NotFound,
    Status,
    verify_webhook,
)

NUMBER = "+491701234567"
HOOK = "https://shop.example/sms"
NO = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
PATIENCE = 30.0


class Shop:
    """An endpoint that keeps what it is told, as headers and body."""

    def __init__(self, answer):
        self.answer = answer
        self._heard = queue.SimpleQueue()
        self._endpoint = Endpoint(self._behave)
        self.url = self._endpoint.url()
        self.close = self._endpoint.close

    def next(self):
        return self._heard.get(timeout=PATIENCE)

    def _behave(self, connection):
        head, _, body = self._endpoint.requests[-1].partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")[1:]
        self._heard.put((body, dict(line.split(": ", 1) for line in lines)))
        connection.sendall(self.answer)
        return True


def settled(client, webhook_id):
    """The deliveries, as soon as the server has noted that all were heard."""
    pause = threading.Event()
    while True:
        deliveries = list(client.webhooks.deliveries(webhook_id, page_size=2))
        if all(one.state == DeliveryState.DELIVERED for one in deliveries):
            return deliveries
        pause.wait(0.02)


@pytest.fixture
def shop():
    shop = Shop(OK)
    yield shop
    shop.close()


@pytest.fixture
def broken_shop():
    shop = Shop(NO)
    yield shop
    shop.close()


def test_a_webhook_is_made_shown_changed_and_removed(client):
    made = client.webhooks.create(url=HOOK, events=[EventName.SENT, "message.failed"])
    shown = client.webhooks.get(made.webhook_id)

    assert made.secret.startswith("whsec_")
    assert (shown.url, shown.events, shown.active) == (HOOK, made.events, True)
    assert client.webhooks.list() == (shown,)

    changed = client.webhooks.update(made.webhook_id, active=False, events=["message.sent"])
    assert (changed.url, changed.events, changed.active) == (HOOK, ("message.sent",), False)
    assert client.webhooks.update(made.webhook_id, url=f"{HOOK}/2").url == f"{HOOK}/2"
    assert not client.webhooks.get(made.webhook_id).active

    client.webhooks.delete(made.webhook_id)
    assert client.webhooks.list() == ()
    with pytest.raises(NotFound):
        client.webhooks.delete(made.webhook_id)


def test_a_webhook_of_no_event_is_refused(client):
    with pytest.raises(InvalidRequest, match="events"):
        client.webhooks.create(url=HOOK, events=[])


def test_what_the_server_posts_is_believed(client, shop):
    made = client.webhooks.create(url=shop.url, events=["message.queued", "message.failed"])
    sent = client.messages.send(to=NUMBER, message="Grüße")
    body, headers = shop.next()

    queued = verify_webhook(body, headers, made.secret)

    assert (queued.event, queued.status, queued.sequence) == ("message.queued", Status.QUEUED, 1)
    assert (queued.message_id, queued.to) == (sent.message_id, NUMBER)
    assert abs(datetime.now(UTC) - queued.at) < timedelta(minutes=1)

    client.messages.cancel(sent.message_id)
    failed = verify_webhook(*shop.next(), made.secret)
    assert (failed.event, failed.error_code, failed.sequence) == ("message.failed", "cancelled", 2)
    assert failed.id != queued.id

    with pytest.raises(InvalidSignature):
        verify_webhook(body + b" ", headers, made.secret)


def test_during_a_rotation_either_secret_verifies_what_is_posted(client, shop):
    old = client.webhooks.create(url=shop.url, events=["message.queued"])

    new = client.webhooks.rotate_secret(old.webhook_id)

    client.messages.send(to=NUMBER, message="hi")
    body, headers = shop.next()
    assert new.secret != old.secret
    assert (new.webhook_id, new.url, new.events) == (old.webhook_id, old.url, old.events)
    for secret in (old.secret, new.secret, [new.secret, old.secret]):
        assert verify_webhook(body, headers, secret).event == "message.queued"


def test_a_callback_is_signed_with_the_accounts_secret(client, shop):
    secret = client.account.renew_callback_secret()
    sent = client.messages.send(to=NUMBER, message="hi", callback_url=shop.url)
    client.messages.cancel(sent.message_id)

    event = verify_webhook(*shop.next(), secret)

    assert (event.event, event.message_id) == ("message.failed", sent.message_id)


def test_deliveries_are_listed_and_replayed(client, shop):
    made = client.webhooks.create(url=shop.url, events=["message.queued"])
    sent = [client.messages.send(to=NUMBER, message=str(number)) for number in range(3)]
    events = {verify_webhook(*shop.next(), made.secret).id for _ in sent}
    since = datetime.now(UTC) - timedelta(minutes=1)

    deliveries = settled(client, made.webhook_id)

    assert [one.message_id for one in deliveries] == [one.message_id for one in sent[::-1]]
    assert {one.event_id for one in deliveries} == events
    first = deliveries[0]
    assert (first.event, first.sequence) == ("message.queued", 1)
    assert (first.state, first.last_status, first.attempts) == (DeliveryState.DELIVERED, 200, 1)

    replay = client.webhooks.replay(made.webhook_id, first.delivery_id)
    assert (replay.delivery_id, replay.state) == (first.delivery_id, DeliveryState.PENDING)
    assert verify_webhook(*shop.next(), made.secret).id == first.event_id

    assert client.webhooks.replay_all(made.webhook_id, until=since) == 0


def test_what_was_not_heard_is_found_by_its_state(client, broken_shop):
    made = client.webhooks.create(url=broken_shop.url, events=["message.queued"])
    client.messages.send(to=NUMBER, message="hi")
    broken_shop.next()
    pending = client.webhooks.deliveries(made.webhook_id, state=DeliveryState.PENDING)

    (delivery,) = pending

    assert delivery.state == DeliveryState.PENDING
    assert list(client.webhooks.deliveries(made.webhook_id, state="dead")) == []
    assert client.webhooks.replay_all(made.webhook_id, state="dead") == 0
    with pytest.raises(InvalidRequest):
        client.webhooks.replay_all(made.webhook_id, state="lost")


def test_times_without_a_zone_are_refused_before(client):
    naive = datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(ValueError, match="since must have a zone"):
        client.webhooks.replay_all("wh_1", since=naive)

"""
Connections that break, servers that are busy: what clients of both kinds make of it.
"""

import socket
import threading
from itertools import product

import pytest

from smscore_client import (
    NoAnswer,
    NotCancellable,
    RateLimited,
    ServiceUnavailable,
    UnexpectedAnswer,
)

NUMBER = "+491701234567"
HOOK = "https://shop.example/sms"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\n<htm>"


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def flaky(make_client, proxy, key, clock):
    """A client behind the proxy."""
    return make_client(key, base_url=proxy.url(""), clock=clock, sleep=clock.sleep)


def keys(proxy):
    return {
        line.partition(b": ")[2]
        for request in proxy.requests
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"idempotency-key: ")
    }


def test_whatever_breaks_exactly_one_message_is_stored(flaky, client, proxy):
    mishaps = ["lose", "reset", "half", BUSY, BAD_GATEWAY]
    plans = [*product(mishaps, repeat=2), ("lose",), ("reset",), ("lose", "lose", "lose")]
    sent = []
    for plan in plans:
        proxy.plan, proxy.requests = [*plan], []
        sent.append(flaky.messages.send(to=NUMBER, message="once"))

        assert len(proxy.requests) == len(plan) + 1
        assert keys(proxy) == {sent[-1].idempotency_key.encode()}

    stored = [message.message_id for message in client.messages.list()]
    assert stored == [one.message_id for one in sent[::-1]]
    assert client.account.get().credits_remaining == 1000 - len(plans)


def test_who_gives_up_is_told_the_key_under_which_it_can_be_sent_later(flaky, client, proxy):
    proxy.plan = ["lose"] * 4

    with pytest.raises(NoAnswer) as caught:
        flaky.messages.send(to=NUMBER, message="once")
    assert caught.value.is_uncertain
    assert caught.value.tries == 4
    later = flaky.messages.send(
        to=NUMBER, message="once", idempotency_key=caught.value.idempotency_key
    )

    assert [one.message_id for one in client.messages.list()] == [later.message_id]


def test_pauses_grow_and_are_shortened_by_chance(flaky, proxy, clock):
    proxy.plan = [BUSY, "reset", BAD_GATEWAY]

    flaky.account.get()

    assert len(clock.slept) == 3
    for slept, longest in zip(clock.slept, (0.5, 1.0, 2.0), strict=True):
        assert longest / 2 <= slept <= longest


def test_nobody_there_is_no_answer_and_nothing_was_done(make_client, key, clock):
    client = make_client(key, base_url="http://127.0.0.1:1", clock=clock, sleep=clock.sleep)

    with pytest.raises(NoAnswer) as caught:
        client.messages.send(to=NUMBER, message="hi")

    assert (caught.value.tries, caught.value.is_uncertain) == (4, False)


@pytest.fixture
def deaf():
    """An address where no connection is made or refused: what wants one waits."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as listener,
        socket.create_connection(listener.getsockname()),  # the one that may wait for its turn
    ):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_who_gets_no_connection_in_time_has_sent_nothing(make_client, key, deaf):
    client = make_client(key, base_url=deaf, timeout=0.3)

    with pytest.raises(NoAnswer) as caught:
        client.messages.send(to=NUMBER, message="hi")

    assert not caught.value.is_uncertain


def test_a_server_that_is_busy_for_good_is_left_alone_after_four_tries(flaky, proxy):
    proxy.plan = [BUSY] * 9

    with pytest.raises(ServiceUnavailable) as caught:
        flaky.account.get()

    assert caught.value.is_retryable
    assert len(proxy.requests) == 4


def test_an_answer_of_something_else_is_not_believed(flaky, proxy):
    proxy.plan = [b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>"] * 4

    with pytest.raises(UnexpectedAnswer, match="it is not JSON"):
        flaky.account.get()

    assert len(proxy.requests) == 4


def test_an_answer_without_end_does_not_fill_the_memory(make_client, key, proxy):
    client = make_client(key, base_url=proxy.url(""), attempts=1)
    proxy.plan = ["flood"]

    with pytest.raises(NoAnswer, match="longer than"):
        client.account.get()


def test_a_server_that_says_nothing_is_given_up_in_time(make_client, key, proxy):
    client = make_client(key, base_url=proxy.url(""), timeout=0.3)
    proxy.plan = ["hang"]

    with pytest.raises(NoAnswer) as caught:
        client.messages.send(to=NUMBER, message="hi")

    assert caught.value.is_uncertain
    assert len(proxy.requests) == 1


def test_an_answer_byte_by_byte_is_given_up_in_time(make_client, key, proxy):
    client = make_client(key, base_url=proxy.url(""), timeout=0.3)
    proxy.plan = ["drip"]

    with pytest.raises(NoAnswer):
        client.account.get()


def test_a_cancellation_whose_answer_was_lost_is_uncertain(flaky, client, proxy):
    sent = client.messages.send(to=NUMBER, message="hi")
    proxy.plan = ["lose"]

    with pytest.raises(NotCancellable) as caught:
        flaky.messages.cancel(sent.message_id)

    assert caught.value.is_uncertain
    assert client.messages.get(sent.message_id).status == "failed"


def test_a_deletion_whose_answer_was_lost_is_done(flaky, client, proxy):
    hook = client.webhooks.create(url=HOOK, events=["message.sent"])
    proxy.plan = ["lose"]

    flaky.webhooks.delete(hook.webhook_id)

    assert client.webhooks.list() == ()


def test_a_webhook_whose_answer_was_lost_is_not_made_twice(flaky, client, proxy):
    proxy.plan = ["lose"]

    with pytest.raises(NoAnswer) as caught:
        flaky.webhooks.create(url=HOOK, events=["message.sent"])

    assert caught.value.is_uncertain
    assert len(client.webhooks.list()) == 1


def test_a_webhook_is_made_in_the_end_when_the_server_was_not_reached(flaky, client, proxy):
    refusal = b'{"success":false,"error":{"code":"service_unavailable","message":"No"}}'
    head = b"HTTP/1.1 503 No\r\nRetry-After: 5\r\nContent-Length: %d\r\n\r\n" % len(refusal)
    proxy.plan = [head + refusal]

    flaky.webhooks.create(url=HOOK, events=["message.sent"])

    assert len(client.webhooks.list()) == 1


def test_who_is_told_to_come_later_does_so_and_not_before(make_client, make_key, server, clock):
    """The server's own limiter, whose window passes while the client pauses for as long."""
    pause = threading.Event()

    def sleep(seconds):
        clock.sleep(seconds)
        pause.wait(seconds)

    client = make_client(make_key(tariff="standard"), base_url=server.url, clock=clock, sleep=sleep)

    for number in range(12):
        client.messages.send(to=NUMBER, message=str(number))

    assert clock.slept
    assert all(1.0 < slept <= 1.5 for slept in clock.slept)
    assert len(list(client.messages.list())) == 12


def test_who_is_told_to_come_later_than_there_is_time_for_gives_up_at_once(flaky, proxy, clock):
    refusal = b'{"success":false,"error":{"code":"rate_limit_exceeded","message":"No"}}'
    head = b"HTTP/1.1 429 No\r\nRetry-After: 31\r\nContent-Length: %d\r\n\r\n" % len(refusal)
    proxy.plan = [head + refusal]

    with pytest.raises(RateLimited) as caught:
        flaky.account.get()

    assert caught.value.retry_after == 31
    assert clock.slept == []

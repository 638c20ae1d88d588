"""
A running gateway among endpoints that misbehave in every way: the healthy one hears everything, in
order, while the others fail; and what failed once arrives later.
"""

import json
import random
import socket
import threading
from collections import defaultdict

import pytest
from endpoints import OK

import smscore
from smscore import GatewayConfig, build
from smscore.config import PluginsConfig, WebhooksConfig
from smscore.domain.announcements import ANNOUNCED
from smscore.testing import FakeTransport, PlainAuthenticator
from smscore_sqlmodel import SqlStore

PATIENCE = 30.0
MESSAGES = 50
NO = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def waiting():
    """Set when endpoints need not hang any more."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def gateway(tmp_path):
    config = GatewayConfig(
        directory=tmp_path,
        plugins=PluginsConfig(enabled=("sqlmodel", "webhook")),
        webhooks=WebhooksConfig(allow=("127.0.0.0/8",)),
    )
    smscore.migrate(config)
    store = SqlStore(config.store_url)
    with build(
        config,
        store=store,
        transports={"fake": FakeTransport()},
        authenticator=PlainAuthenticator(store),
    ) as gateway:
        gateway.administration.create_account("acme")
        yield gateway


@pytest.fixture
def add(gateway):
    acme = gateway.settings.account("acme").id
    return lambda url: gateway.webhooks.add(acme, url=url, events=ANNOUNCED)[0]


def submit(gateway, count=MESSAGES):
    for _ in range(count):
        gateway.submissions.submit(account="acme", to="+491701234567", text="hi")


def wait_for(condition):
    """Look now and then, for what nobody announces."""
    pause, tries = threading.Event(), int(PATIENCE / 0.02)
    while not condition():
        assert (tries := tries - 1), "it did not happen in time"
        pause.wait(0.02)


def heard(endpoint):
    """Sequence numbers by message, each event once."""
    found, known = defaultdict(list), set()
    for request in list(endpoint.requests):
        head, _, body = request.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        if headers["webhook-id"] not in known:
            known.add(headers["webhook-id"])
            number = int(headers["X-SMSProvider-Sequence"])
            found[json.loads(body)["message_id"]].append(number)
    return found


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def test_the_healthy_one_hears_everything_while_the_others_fail(gateway, add, endpoint, waiting):
    healthy = endpoint()
    bad = [
        endpoint(lambda _: waiting.wait(PATIENCE)),
        endpoint(reset),
        endpoint(NO),
        endpoint(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"),
        endpoint(b"HTTP/1.1 301 Moved\r\nLocation: " + healthy.url().encode() + b"\r\n\r\n"),
        endpoint(b"\x00\xff garbage"),
        endpoint(b"HTTP/1.1 503 No\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 1_000_000),
    ]
    for one in (*bad, healthy):
        add(one.url())

    with gateway.running():
        submit(gateway)
        wait_for(lambda: sum(map(len, heard(healthy).values())) == 2 * MESSAGES)
    waiting.set()

    assert set(map(tuple, heard(healthy).values())) == {(1, 2)}
    assert all(len(one.requests) <= 20 for one in bad)  # they are left alone before long


@pytest.mark.slow
def test_what_failed_once_arrives_later_and_in_its_order(gateway, add, endpoint):
    source, lock, met = random.Random(7), threading.Lock(), set()

    def stumble(connection):
        """Now and then a new event is not taken."""
        with lock:
            request = shaky.requests[-1]
            is_new = request.partition(b"webhook-timestamp")[0] not in met
            met.add(request.partition(b"webhook-timestamp")[0])
            fails = is_new and source.random() < 0.1
        connection.sendall(NO if fails else OK)
        return True

    shaky = endpoint(stumble)
    hook = add(shaky.url())

    def is_done():
        found = gateway.webhooks.deliveries(hook.account, hook.id, limit=1000)
        return [one.state for one in found] == ["delivered"] * (2 * MESSAGES)

    with gateway.running():
        submit(gateway)
        wait_for(is_done)

    assert len(shaky.requests) > 2 * MESSAGES
    assert set(map(tuple, heard(shaky).values())) == {(1, 2)}
    assert len(heard(shaky)) == MESSAGES

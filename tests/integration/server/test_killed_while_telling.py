"""
A server that is killed while it tells endpoints: every event arrives after all, in order.
"""

import re
import threading
from collections import defaultdict

import pytest
from endpoints import OK, Endpoint

from smscore import GatewayConfig, build
from smscore.domain.routing import Route

PATIENCE = 30.0
ID = re.compile(rb"webhook-id: (\S+)")
SEQUENCE = re.compile(rb"X-SMSProvider-Sequence: (\d+)")
MESSAGE = re.compile(rb'"message_id":"(\w+)"')


class Receiver:
    """An endpoint that hears nothing until it is healed, and remembers what it acknowledged."""

    def __init__(self):
        self.is_healed = False
        self.arrived = threading.Event()
        self._let_go = threading.Event()
        self.endpoint = Endpoint(self._behave)

    def _behave(self, connection):
        self.arrived.set()
        if not self.is_healed:
            self._let_go.wait(PATIENCE)
            return False
        connection.sendall(OK)
        return True

    def heal(self):
        self.is_healed = True
        self._let_go.set()

    def heard(self):
        """The sequence numbers by message, each event once, in the order of their arrival."""
        found = defaultdict(list)
        known = set()
        for request in self.endpoint.requests:
            event = ID.search(request)[1]
            if event not in known:
                known.add(event)
                found[MESSAGE.search(request)[1]].append(int(SEQUENCE.search(request)[1]))
        return found


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.heal()
    receiver.endpoint.close()


def configuration():
    return GatewayConfig.from_toml("smscore.toml")


def submit(count):
    with build(configuration()) as gateway:
        for _ in range(count):
            gateway.submissions.submit(account="shop", to="+491701234567", text="hi")


def wait_for(condition):
    """Look now and then, for what nobody announces."""
    pause, tries = threading.Event(), int(PATIENCE / 0.05)
    while not condition():
        assert (tries := tries - 1), "it did not happen in time"
        pause.wait(0.05)


def test_what_was_not_acknowledged_is_told_again_by_the_next_server(
    start, installation, answer, receiver
):
    file = installation / "smscore.toml"
    allowed = '[webhooks]\nallow = ["127.0.0.0/8"]'
    file.write_text(file.read_text().replace("[webhooks]", allowed))
    answer("account", "create", "shop")
    with build(configuration()) as gateway:
        gateway.administration.apply_rules([Route(name="all", channels=("phones",))])
        shop = gateway.settings.account("shop").id
        gateway.webhooks.add(
            shop, url=receiver.endpoint.url(), events=["message.queued", "message.delivered"]
        )
    server = start("serve", "--port", "0")
    server.line()
    submit(20)
    assert receiver.arrived.wait(PATIENCE)
    server.kill()
    submit(20)  # nobody is there to tell
    receiver.heal()
    receiver.endpoint.requests.clear()

    start("serve", "--port", "0").line()
    wait_for(lambda: len(receiver.heard()) == 40)
    with build(configuration()) as gateway:
        fetched = gateway.pickup.fetch(shop, limit=100)
        gateway.pickup.tell(shop, {one.message.id: True for one in fetched})
    wait_for(lambda: sum(map(len, receiver.heard().values())) == 80)

    assert set(map(tuple, receiver.heard().values())) == {(1, 2)}

"""
A server that is killed again and again, among endpoints that misbehave in every way.

Three deaths, or sixty with ``--nightly``. In the end every endpoint has heard every event, in the
order of its message, and nothing else; meanwhile the healthy one has hardly noticed.
"""

import os
import random
import threading
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import quantiles

import attrs
import httpx2
import pytest
from tormentors import WAYS, Tormentor

from smscore import GatewayConfig, build
from smscore.domain.announcements import ANNOUNCED
from smscore.domain.routes import Route

pytestmark = pytest.mark.slow

PATIENCE = 300.0
PLUGINS = Path(__file__).parents[1] / "crash" / "plugin"
WORDS = {"message.queued", "message.delivered", "message.failed"}  # what a phone can bring about
CALLED_BACK = {"message.delivered", "message.failed"}
HEALTHY, CALLBACK = "is healthy", "is called back"


@attrs.frozen(kw_only=True)
class Shop:
    """An account with a phone; ``hooks`` are its webhooks by what their endpoints do."""

    account: int
    key: str
    token: str
    hooks: dict[str, str]


@pytest.fixture
def endpoints():
    made = {name: Tormentor(way) for name, way in WAYS.items()}
    made |= {HEALTHY: Tormentor(), CALLBACK: Tormentor()}
    yield made
    for one in made.values():
        one.heal()
    for one in made.values():
        one.close()


@pytest.fixture
def gateway(installation):
    """Beside the server, on its database."""
    file = installation / "smscore.toml"
    allowed = '[webhooks]\nallow = ["127.0.0.0/8"]'
    file.write_text(file.read_text().replace("[webhooks]", allowed))
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        yield gateway


@pytest.fixture
def shop(gateway, endpoints):
    operator = gateway.administration
    operator.create_account("shop", tariff="unlimited")
    gateway.rules.apply([Route(name="all", channels=("phones",))])
    account = gateway.settings.account("shop").id
    hooks = {
        name: gateway.webhooks.add(account, url=one.url(), events=ANNOUNCED)[0].endpoint
        for name, one in endpoints.items()
        if name != CALLBACK
    }
    key, token = operator.create_key("shop").secret, operator.token("shop").secret
    return Shop(account=account, key=key, token=token, hooks=hooks)


def wait_for(condition, what):
    """Look now and then, for what nobody announces."""
    pause, tries = threading.Event(), int(PATIENCE / 0.1)
    while not condition():
        assert (tries := tries - 1), f"it did not happen in time: {what}"
        pause.wait(0.1)


class Load:
    """Somebody who submits, and a phone; both go on when the server has died."""

    def __init__(self, shop, callback_url):
        self._shop = shop
        self._callback_url = callback_url
        self._allowed = 0
        self._over, self._all_is_told = threading.Event(), threading.Event()
        self.origin = ""
        self.promised = 0
        self._threads = [threading.Thread(target=one) for one in (self._submit, self._answer)]
        for thread in self._threads:
            thread.start()

    def allow(self, count):
        """So many messages more."""
        self._allowed += count

    def is_done(self):
        return self.promised >= self._allowed

    def finish(self):
        """The server has to be up, since the phone finishes what it began."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _submit(self):
        headers = {"Authorization": f"Bearer {self._shop.key}"}
        with httpx2.Client(timeout=5, headers=headers) as client:
            while not self._over.wait(0.01):
                if self.origin and not self.is_done():
                    to = [f"+4917{random.randrange(10**8):08d}" for _ in range(3)]
                    content = {"to": to, "message": "hi", "callback_url": self._callback_url}
                    with suppress(httpx2.TransportError):
                        answer = client.post(f"{self.origin}/v1/messages", json=content)
                        self.promised += 3 * (answer.status_code == 200)

    def _answer(self):
        with httpx2.Client(timeout=5) as client:
            while not self._over.wait(0.02) or self._fetch(client):
                if self.origin:
                    self._fetch(client)

    def _fetch(self, client):
        found = []
        path = f"{self.origin}/api/{self._shop.token}"
        with suppress(httpx2.TransportError):
            found = client.get(f"{path}/get_messages?limit=50").json()
        told = {
            "messages": [{"hash": one["hash"], "status": random.choice("223")} for one in found]
        }
        while found:
            with suppress(httpx2.TransportError):
                client.post(f"{self.origin}/api/{self._shop.token}/status", json=told)
                break
            threading.Event().wait(0.1)
        return bool(found)


def written(gateway):
    """What happened to messages, each word once: event ids, with the message and the word."""
    found, known = {}, set()
    for place, event in gateway.store.read(lambda view: view.events.since(0, limit=1_000_000)):
        word = (f"msg_{event.message:016x}", event.kind)
        if event.kind in WORDS and word not in known:
            known.add(word)
            found[f"evt_{place:016x}"] = (*word, event.at.timestamp())
    return found


def deaths(request):
    """Between commit and post, between post and recording, and at any moment."""
    rounds = 20 if request.config.getoption("nightly") else 1
    planned = [
        one
        for _ in range(rounds)
        for one in (
            f"before-post:{random.randint(1, 100)}",
            f"after-post:{random.randint(1, 30)}",
            random.uniform(0.1, 2.0),
        )
    ]
    random.shuffle(planned)
    return planned


@pytest.fixture
def live(start, monkeypatch, tmp_path):
    """Starts the server for a load, and lets it come to its end."""
    path = os.pathsep.join(filter(None, [str(PLUGINS), os.environ.get("PYTHONPATH")]))

    def live(load, death=None):
        with monkeypatch.context() as environment:
            if isinstance(death, str):
                environment.setenv("PYTHONPATH", path)
                environment.setenv("SMSCORE_KILL_AT", death)
                environment.setenv("SMSCORE_KILL_NOTES", str(tmp_path / "killed.log"))
            server = start("serve", "--port", "0")
        with suppress(AssertionError):  # it may die before it says where it is
            load.origin = server.line().split()[-1]
        if death is None:
            return
        if isinstance(death, str):
            assert server.wait() == -9
        else:
            threading.Event().wait(death)
            server.kill()
        load.origin = ""

    return live


def test_every_event_arrives_in_order_whoever_dies_and_whatever_endpoints_do(
    request, gateway, shop, endpoints, live
):
    load = Load(shop, endpoints[CALLBACK].url())
    try:
        for death in deaths(request):
            load.allow(45)
            live(load, death)
        live(load)
        load.allow(15)
        wait_for(load.is_done, "submissions")
    finally:
        load.finish()

    events = written(gateway)
    # What was accepted is told of; a phone whose answer got lost says nothing of what was in it.
    assert load.promised <= sum(word == "message.queued" for _, word, _ in events.values())
    called_back = {event for event, (_, word, _) in events.items() if word in CALLED_BACK}
    wait_for(lambda: endpoints[HEALTHY].acknowledged() == set(events), HEALTHY)
    wait_for(lambda: endpoints[CALLBACK].acknowledged() == called_back, CALLBACK)
    for one in endpoints.values():
        one.heal()
    hear_the_rest(load, shop, endpoints, set(events))

    words = Counter(message for message, _, _ in events.values())
    for name in shop.hooks:
        heard = endpoints[name].sequences()
        expected = {message: list(range(1, count + 1)) for message, count in words.items()}
        assert heard == expected, f"the one that {name}"
    for one in endpoints.values():
        bodies = defaultdict(set)
        for call in one.heard:
            bodies[call.event].add(call.body)
        assert {len(every) for every in bodies.values()} == {1}
    assert_all_is_recorded(gateway, shop, events)


def hear_the_rest(load, shop, endpoints, events):
    """Every endpoint was mended: its owner switches it on, and has what waits told at once."""
    headers = {"Authorization": f"Bearer {shop.key}"}
    with httpx2.Client(timeout=30, headers=headers, base_url=f"{load.origin}/v1") as client:

        def has_all(name):
            hook = f"/webhooks/{shop.hooks[name]}"
            assert client.patch(hook, json={"active": True}).status_code == 200
            assert client.post(f"{hook}/replay", json={"state": "pending"}).status_code == 200
            return endpoints[name].acknowledged() == events

        for name in shop.hooks:
            wait_for(lambda name=name: has_all(name), f"the one that {name}")


def assert_all_is_recorded(gateway, shop, events):
    """Each event for each webhook once, with all its attempts, of which the last one was heard."""
    for hook in gateway.webhooks.all(shop.account):

        def recorded(hook=hook):
            return gateway.webhooks.deliveries(hook.account, hook.id, limit=1_000_000)

        wait_for(lambda: {one.state for one in recorded()} == {"delivered"}, hook.url)
        assert Counter(f"evt_{one.event_id:016x}" for one in recorded()) == dict.fromkeys(events, 1)
        for one in random.sample(recorded(), 20):
            _, attempts = gateway.webhooks.attempts(hook.account, hook.id, one.id)
            assert [attempt.number for attempt in attempts] == list(range(1, one.attempts + 1))
            assert attempts[-1].status == 200


def test_a_healthy_endpoint_hears_as_early_beside_those_that_hang(gateway, shop, endpoints, live):
    hanging = ("hangs", "trickles", "answers late")
    load = Load(shop, None)

    def p99(*, beside):
        """How late it hears of an event, alone or beside the others."""
        for name in hanging:
            switch(gateway, shop, shop.hooks[name], is_active=beside)
        before = len(endpoints[HEALTHY].heard)
        load.allow(150)
        wait_for(load.is_done, "submissions")
        wait_for(lambda: endpoints[HEALTHY].acknowledged() == set(written(gateway)), HEALTHY)
        events = written(gateway)
        heard = endpoints[HEALTHY].heard[before:]
        return quantiles((one.at - events[one.event][2] for one in heard), n=100)[-1]

    try:
        for name, hook in shop.hooks.items():
            if name != HEALTHY:
                switch(gateway, shop, hook, is_active=False)
        live(load)
        rounds = [(p99(beside=False), p99(beside=True)) for _ in range(3)]
    finally:
        load.finish()

    # A busy machine disturbs one round or another. One that held it up would do so in each of
    # them, and for ten seconds.
    assert min(beside / max(alone, 0.1) for alone, beside in rounds) <= 3, rounds
    for name in ("hangs", "trickles"):
        assert 1 <= endpoints[name].most <= 4, f"the one that {name}"


def switch(gateway, shop, hook, *, is_active):
    gateway.webhooks.change(shop.account, int(hook.removeprefix("wh_"), 16), is_active=is_active)

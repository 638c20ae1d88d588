"""
No surface asks the store on the event loop: where a database is gone without a word, everybody else
would wait until the system has given it up.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from doors import DOORS, Door
from starlette.testclient import TestClient

import smscore
from smscore import hookimpl
from smscore.domain.channels import ChannelMode
from smscore.domain.consent import MarkKind
from smscore.domain.credentials import Permission
from smscore.domain.routes import Route
from smscore.domain.settings import AccountChanges
from smscore.registry import Registry
from smscore.services.consent import Wish
from smscore.testing import FakeTransport, ManualClock, MemoryStore
from smscore_http import create_app
from smscore_identity import make_authenticator


class LoopStore(MemoryStore):
    """Knows how often it was read on an event loop."""

    on_the_loop = 0

    def read(self, work: Callable[[Any], Any]) -> Any:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            self.on_the_loop += 1
        return super().read(work)


@attrs.frozen
class NoOptions:
    """There is nothing to be said about a channel."""


class Fakes:
    """A plugin with the transport ``fake``."""

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="fake",
            options=NoOptions,
            make=lambda name, _: FakeTransport(name=name),
            capabilities=FakeTransport.capabilities,
        )


@attrs.frozen(kw_only=True)
class Site:
    """What one needs to come in by any door; one channel is a member of a group."""

    gateway: smscore.Gateway
    client: TestClient
    store: LoopStore
    clock: ManualClock
    key: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture
def site() -> Iterator[Site]:
    clock = ManualClock()
    store = LoopStore(clock=clock)
    config = {
        "channels": {"one": {"transport": "fake"}},
        "groups": {"all": {"channels": ["one"]}},
        "plugins": {"enabled": ["policy"]},
    }
    gateway = smscore.build(
        smscore.GatewayConfig.from_mapping(config),
        store=store,
        plugins=[Fakes()],
        authenticator=make_authenticator(store, b"k" * 32, clock),
        clock=clock,
    )
    operator = gateway.administration
    operator.create_account("acme", tariff="unlimited", credits=1000, home_country="DE")
    operator.create_user(
        "apiuser", account="acme", password="secret-word", permissions=[Permission.API_SEND]
    )
    with gateway, TestClient(create_app(gateway)) as client:
        yield Site(
            gateway=gateway,
            client=client,
            store=store,
            clock=clock,
            key=operator.create_key("acme").secret,
            token=operator.token("acme").secret,
        )


CHANGES: dict[str, Callable[[Site], object]] = {
    "nothing": lambda site: None,
    "a second later": lambda site: site.clock.move(seconds=1),
    "credentials": lambda site: site.gateway.administration.create_key("acme"),
    "an account": lambda site: site.gateway.administration.change_account(
        "acme", AccountChanges(home_country="AT")
    ),
    "rules": lambda site: site.gateway.rules.apply([Route(name="all", channels=("all",))]),
    "a channel": lambda site: site.gateway.administration.set_channel_mode(
        "one", ChannelMode.PAUSED, why="a test"
    ),
    "consent": lambda site: site.gateway.consent.hold(
        [Wish(kind=MarkKind.OPTED_OUT, number="+491701111111")]
    ),
}


@pytest.mark.parametrize("door", DOORS, ids=lambda one: one.surface)
@pytest.mark.parametrize("change", CHANGES)
def test_a_submission_is_accepted_without_a_look_at_the_store_on_the_loop(
    site: Site, door: Door, change: str
) -> None:
    assert door.send(site).status_code == 200
    CHANGES[change](site)

    assert door.send(site).status_code == 200

    assert site.store.on_the_loop == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/account"),
        ("GET", "/v1/messages"),
        ("GET", "/v1/messages/msg_0000000000000001"),
        ("POST", "/v1/messages/estimate"),
        ("GET", "/api/TOKEN/get_messages"),
        ("POST", "/api/TOKEN/status"),
        ("GET", "/state.php?username=apiuser&password=secret-word&uid=01"),
        ("GET", "/check.php"),
        ("GET", "/health/ready"),
        ("GET", "/api/app-version"),
    ],
)
def test_other_calls_are_answered_without_one_there(site: Site, method: str, path: str) -> None:
    reply = site.client.request(
        method,
        path.replace("TOKEN", site.token),
        headers=site.bearer,
        json={"to": "+491701234567", "message": "hi", "messages": []},
    )

    assert reply.status_code < 500
    assert site.store.on_the_loop == 0


@pytest.mark.parametrize("path", ["/v1/account", f"/api/{'0' * 64}/get_messages"])
def test_strangers_are_refused_without_one_there(site: Site, path: str) -> None:
    reply = site.client.get(path, headers={"Authorization": "Bearer nobody"})

    assert reply.status_code in (401, 403)
    assert site.store.on_the_loop == 0

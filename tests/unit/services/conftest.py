import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import attrs
import pytest

from smscore import Gateway, GatewayConfig, build, hookimpl
from smscore.config import PluginsConfig
from smscore.registry import Registry
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator

# The model of custody is shared with the tests of the SQL store; the tests are no package.
sys.path.insert(0, str(Path(__file__).parents[2] / "custody"))
pytest.register_assert_rewrite("custody_machine")

Networks: TypeAlias = dict[str, FakeTransport]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    return MemoryStore(clock=clock)


@pytest.fixture
def network() -> FakeTransport:
    return FakeTransport()


@pytest.fixture
def gateway(clock: ManualClock, store: MemoryStore, network: FakeTransport) -> Iterator[Gateway]:
    with build(
        GatewayConfig(plugins=PluginsConfig(enabled=())),
        store=store,
        transports={"fake": network},
        authenticator=PlainAuthenticator(store),
        clock=clock,
    ) as gateway:
        gateway.administration.create_account("acme", credits=10, home_country="DE")
        yield gateway


@attrs.frozen
class Options:
    """Fakes have none."""


@attrs.frozen
class Fakes:
    """A plugin that makes a fake for each configured channel, and keeps it."""

    networks: Networks

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="fake",
            options=Options,
            make=lambda name, _: self.networks.setdefault(name, FakeTransport(name=name)),
            capabilities=FakeTransport.capabilities,
        )


@pytest.fixture
def networks() -> Networks:
    """The networks of the configured channels, by name, once a gateway was made."""
    return {}


@pytest.fixture
def make_gateway(
    clock: ManualClock, store: MemoryStore, networks: Networks
) -> Iterator[Callable[..., Gateway]]:
    """Make a gateway with these channels, and the account ``acme`` with 10 credits."""
    with ExitStack() as gateways:

        def make(**channels: dict[str, object]) -> Gateway:
            gateway = build(
                GatewayConfig.from_mapping(
                    {
                        "plugins": {"enabled": []},
                        "channels": {
                            name: {"transport": "fake", **options}
                            for name, options in channels.items()
                        },
                    }
                ),
                store=store,
                authenticator=PlainAuthenticator(store),
                clock=clock,
                plugins=[Fakes(networks)],
            )
            gateways.enter_context(gateway)
            gateway.administration.create_account("acme", credits=10)
            return gateway

        yield make


@pytest.fixture
def at_once() -> Callable[..., list[object]]:
    """Call each function on a thread of its own, all at the same moment."""

    def call_all(*calls: Callable[[], object]) -> list[object]:
        barrier = threading.Barrier(len(calls))

        def call_one(call: Callable[[], object]) -> object:
            barrier.wait(30)
            return call()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(call_one, calls))

    return call_all

from collections.abc import Iterator

import pytest

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.testing import FakeTransport, ManualClock, MemoryStore, PlainAuthenticator


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

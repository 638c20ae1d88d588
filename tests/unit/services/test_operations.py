from collections.abc import Iterator, Mapping

import pytest

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.errors import InvalidRequest, NotFound
from smscore.testing import FakeTransport, MemoryStore


class Talkative(FakeTransport):
    """A network that tells its balance."""

    def operate(self, operation: str, arguments: Mapping[str, str]) -> Mapping[str, object]:
        if operation != "balance" or arguments.get("currency") != "EUR":
            raise InvalidRequest("ask for the balance in EUR")
        return {"balance": 5}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with build(
        GatewayConfig(plugins=PluginsConfig(enabled=())),
        store=MemoryStore(),
        transports={"talkative": Talkative(), "dumb": FakeTransport()},
    ) as gateway:
        yield gateway


def test_a_channel_can_be_asked_for_more_than_sending(gateway: Gateway) -> None:
    assert gateway.operate("talkative", "balance", {"currency": "EUR"}) == {"balance": 5}


def test_a_transport_refuses_what_it_does_not_understand(gateway: Gateway) -> None:
    with pytest.raises(InvalidRequest, match="in EUR"):
        gateway.operate("talkative", "balance")


def test_a_channel_without_operations_says_so(gateway: Gateway) -> None:
    with pytest.raises(NotFound, match="'dumb' offers no operations"):
        gateway.operate("dumb", "balance")


def test_a_channel_that_is_not_there_is_named_beside_those_that_are(gateway: Gateway) -> None:
    with pytest.raises(NotFound, match="no channel 'modem'; there are talkative, dumb"):
        gateway.operate("modem", "balance")

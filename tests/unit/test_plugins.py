from datetime import datetime
from types import SimpleNamespace

import attrs
import pytest

from smscore import GatewayConfig, build, hookimpl
from smscore.config import PluginsConfig
from smscore.errors import ConfigurationError, PluginError
from smscore.plugins import installed, load
from smscore.ports.transport import Capabilities
from smscore.registry import Registry
from smscore.testing import NOON, FakeTransport, MemoryStore


@attrs.frozen
class NoOptions:
    pass


class Carrier:
    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="pigeon",
            options=NoOptions,
            make=lambda name, options: FakeTransport(name=name),
            capabilities=Capabilities(),
        )


class Misspelt:
    @hookimpl
    def smscore_register_transport(self, registry: Registry) -> None:
        """One letter is missing."""


def test_a_plugin_brings_a_transport() -> None:
    loaded = load((), extra=[Carrier()])

    assert loaded.registry.transport_kind("pigeon").make("p1", NoOptions())


def test_a_misspelt_hook_is_an_error_at_start() -> None:
    with pytest.raises(PluginError, match="smscore_register_transport"):
        load((), extra=[Misspelt()])


def test_two_plugins_cannot_bring_the_same_transport() -> None:
    with pytest.raises(PluginError, match="two plugins register the transport 'pigeon'"):
        load((), extra=[Carrier(), SimpleNamespace(__name__="other", **_hooks_of(Carrier()))])


def test_a_plugin_that_is_not_installed_is_named_with_those_that_are() -> None:
    with pytest.raises(PluginError, match=r"'nothing'; installed: .*modem"):
        load(("nothing",))


def test_an_unknown_transport_is_named_with_the_known_ones() -> None:
    loaded = load((), extra=[Carrier()])

    with pytest.raises(PluginError, match="'smoke'; registered are: pigeon"):
        loaded.registry.transport_kind("smoke")


def test_the_bundled_adapters_are_plugins_like_any_other() -> None:
    assert {"modem", "sqlmodel", "identity", "policy"} <= {one.name for one in installed()}


def test_a_channel_cannot_be_configured_and_handed_in_as_well() -> None:
    content = {"plugins": {"enabled": []}, "channels": {"fake": {"transport": "pigeon"}}}
    config = GatewayConfig.from_mapping(content)

    with pytest.raises(ConfigurationError, match="configured and handed in"):
        build(
            config, store=MemoryStore(), transports={"fake": FakeTransport()}, plugins=[Carrier()]
        )


def test_an_option_that_a_transport_does_not_have_is_named() -> None:
    channels = {"p1": {"transport": "pigeon", "speed": 3}}
    config = GatewayConfig.from_mapping({"plugins": {"enabled": []}, "channels": channels})

    with pytest.raises(ConfigurationError, match=r"\[channels.p1\] has an unknown key 'speed'"):
        build(config, store=MemoryStore(), plugins=[Carrier()])


class Replacing:
    """Brings a rate limiter of its own."""

    limiter = object()

    @hookimpl
    def smscore_register_rate_limiters(self, registry: Registry) -> None:
        registry.rate_limiter(lambda: self.limiter)  # type: ignore[arg-type, return-value]


def test_a_hosts_plugin_replaces_what_the_bundled_ones_bring() -> None:
    gateway = build(store=MemoryStore(), plugins=[Replacing()])

    assert gateway.rate_limiter is Replacing.limiter


class Breaking:
    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        raise RuntimeError("out of order")


def test_a_plugin_that_breaks_while_it_is_asked_is_a_plugin_error() -> None:
    with pytest.raises(PluginError, match="out of order"):
        load((), extra=[Breaking()])


class Misunderstanding:
    @hookimpl
    def smscore_observers(self) -> object:
        return print


def test_a_hook_that_returns_one_function_instead_of_a_list_is_told_so() -> None:
    with pytest.raises(PluginError, match="smscore_observers must return a list"):
        load((), extra=[Misunderstanding()])


@pytest.mark.parametrize("name", ["phones", "a b", "g"])
def test_a_channel_that_is_handed_in_needs_a_name_like_any_other(name: str) -> None:
    config = GatewayConfig.from_mapping(
        {
            "plugins": {"enabled": []},
            "channels": {"p1": {"transport": "pigeon"}},
            "groups": {"g": {"channels": ["p1"]}},
        }
    )

    with pytest.raises(ConfigurationError):
        build(config, store=MemoryStore(), transports={name: FakeTransport()}, plugins=[Carrier()])


def _hooks_of(plugin: object) -> dict[str, object]:
    name = "smscore_register_transports"
    return {name: getattr(plugin, name)}


class Stumbling:
    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        def make(name: str, options: NoOptions) -> FakeTransport:
            raise ZeroDivisionError(name)

        registry.transport(kind="pigeon", options=NoOptions, make=make, capabilities=Capabilities())


def test_a_transport_that_cannot_be_made_is_a_plugin_error() -> None:
    content = {"plugins": {"enabled": []}, "channels": {"p1": {"transport": "pigeon"}}}

    with pytest.raises(PluginError, match="could not make the channel 'p1': ZeroDivisionError"):
        build(GatewayConfig.from_mapping(content), store=MemoryStore(), plugins=[Stumbling()])


class WallClock:
    """A clock as hosts wrote them before it had two ways to tell time."""

    def now(self) -> datetime:
        return NOON


def test_a_clock_that_cannot_measure_is_refused_when_building() -> None:
    with pytest.raises(ConfigurationError, match=r"WallClock has no monotonic\(\)"):
        build(
            GatewayConfig(plugins=PluginsConfig(enabled=())),
            store=MemoryStore(),
            clock=WallClock(),  # type: ignore[arg-type]  # that is the point
        )

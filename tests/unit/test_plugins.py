from types import SimpleNamespace

import attrs
import pytest

from smscore import GatewayConfig, build, hookimpl
from smscore.errors import ConfigurationError, PluginError
from smscore.plugins import installed, load
from smscore.ports.transport import Capabilities
from smscore.registry import Registry
from smscore.testing import FakeTransport, MemoryStore


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


def _hooks_of(plugin: object) -> dict[str, object]:
    name = "smscore_register_transports"
    return {name: getattr(plugin, name)}

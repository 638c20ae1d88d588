from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import attrs
import pytest

from smscore import GatewayConfig, build, hookimpl, migrate
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
    with pytest.raises(PluginError, match="'pigeon': 'other' and 'Carrier'; disable one"):
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
    with pytest.raises(PluginError, match=r"'Breaking' failed in .*: RuntimeError: out of order"):
        load((), extra=[Breaking()])


class Misunderstanding:
    def __init__(self, answer: object) -> None:
        self._answer = answer

    @hookimpl
    def smscore_observers(self) -> object:
        return self._answer


@pytest.mark.parametrize("answer", [print, "print", ["print"]])
def test_a_hook_that_returns_no_list_of_functions_is_told_so(answer: object) -> None:
    with pytest.raises(PluginError, match="'Misunderstanding': smscore_observers must return a li"):
        load((), extra=[Misunderstanding(answer)])


class Unmarked:
    def smscore_screens(self) -> list[object]:
        """It looks like a hook, and nobody would ever call it."""
        return []


@pytest.mark.parametrize(
    ("plugins", "refusal"),
    [
        ([Unmarked()], "'Unmarked' does not fit: smscore_screens lacks the mark @smscore.hookimpl"),
        ([object()], "'object' does not fit: .* has none of the hooks"),
        ([Carrier], r"'Carrier' failed in .*; hand in Carrier\(\) and not its class"),
        ([Carrier(), Carrier()], "two plugins are called 'Carrier'; a host's has the name"),
    ],
)
def test_a_plugin_that_would_bring_nothing_is_refused(plugins: list[object], refusal: str) -> None:
    with pytest.raises(PluginError, match=refusal):
        load((), extra=plugins)


class Making:
    """A plugin whose transport is whatever it was made with."""

    def __init__(self, made: object = None, *, capabilities: object = Capabilities()) -> None:
        self._made = made
        self._capabilities = capabilities

    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        registry.transport(
            kind="anything",
            options=NoOptions,
            make=lambda name, options: self._made,  # type: ignore[arg-type, return-value]  # a fault
            capabilities=self._capabilities,  # type: ignore[arg-type]  # as above
        )


def test_what_is_no_transport_is_refused_when_building() -> None:
    channels = {"p1": {"transport": "anything"}}
    config = GatewayConfig.from_mapping({"plugins": {"enabled": []}, "channels": channels})

    with pytest.raises(PluginError, match=r"'anything' made for .*'p1' .* None has no open, send"):
        build(config, store=MemoryStore(), plugins=[Making()])
    with pytest.raises(ConfigurationError, match=r"'p2' that is handed in .* None has no open"):
        build(store=MemoryStore(), transports={"p2": None})  # type: ignore[dict-item]  # a fault


def test_capabilities_that_are_none_are_refused_with_the_plugins_name() -> None:
    with pytest.raises(PluginError, match=r"'Making' in .*'anything' must be Capabilities\(…\)"):
        load((), extra=[Making(capabilities=Capabilities)])


class Closed:
    """Neither its store nor its authenticator is there."""

    @hookimpl
    def smscore_register_stores(self, registry: Registry) -> None:
        def fail(*given: object) -> NoReturn:
            raise OSError("nobody is at home")

        registry.store(scheme="closed", open=fail, migrate=fail)
        registry.authenticator(fail)


def test_a_store_or_an_authenticator_that_cannot_be_made_is_a_plugin_error(tmp_path: Path) -> None:
    config = GatewayConfig.from_mapping({"store": {"url": "closed:"}}, directory=tmp_path)

    with pytest.raises(
        PluginError, match=r"the store 'closed' could not be opened: OSError: nobody"
    ):
        build(config, plugins=[Closed()])
    with (
        build(config, store=MemoryStore(), plugins=[Closed()]) as gateway,
        pytest.raises(PluginError, match="the authenticator could not be made: OSError: nobody"),
    ):
        gateway.administration.create_account("acme")


def test_a_plugin_that_registers_a_kind_twice_is_named_once() -> None:
    registering = Registering()
    with pytest.raises(PluginError, match=r"'Registering' in .*'pigeon' is registered twice"):
        load((), extra=[registering])


class Registering(Carrier):
    @hookimpl
    def smscore_register_transports(self, registry: Registry) -> None:
        super().smscore_register_transports(registry)
        super().smscore_register_transports(registry)


def test_a_store_without_a_scheme_is_refused_when_migrating_as_when_building() -> None:
    config = GatewayConfig.from_mapping({"store": {"url": "smscore.db"}})

    with pytest.raises(ConfigurationError, match=r"write it like sqlite:///smscore.db"):
        migrate(config)


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

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import attrs
import pytest

from smscore import GatewayConfig, backup, build, hookimpl, migrate, wipe
from smscore.bootstrap import read_key
from smscore.config import PluginsConfig
from smscore.domain.events import Event
from smscore.errors import ConfigurationError, PluginError
from smscore.plugins import installed, load
from smscore.ports.policy import Observer
from smscore.ports.transport import Capabilities
from smscore.registry import Registry
from smscore.testing import NOON, FakeTransport, MemoryStore, a_message

NO_PLUGINS = GatewayConfig(plugins=PluginsConfig(enabled=()))


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
    with pytest.raises(PluginError, match=r"'Misspelt' .*: smscore_register_transport; docs"):
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
    with pytest.raises(
        PluginError, match="'Misunderstanding' in smscore_observers: it must return a l"
    ):
        load((), extra=[Misunderstanding(answer)])


class Marked:
    """A plugin of one observer, whose name is that of the plugin."""

    def __init__(self, name: str, **options: bool) -> None:
        self.__name__ = name

        def brings(event: Event) -> None:
            """Nothing, but for its name."""

        brings.__name__ = name

        @hookimpl(**options)
        def smscore_observers() -> Sequence[Observer]:
            return [brings]

        self.smscore_observers = smscore_observers


def test_plugins_are_asked_in_the_order_of_their_marks() -> None:
    plugins = [
        Marked("early", tryfirst=True),
        Marked("one"),
        Marked("other"),
        Marked("late", trylast=True),
    ]

    observers = load((), extra=plugins).observers

    assert [one.__name__ for one in observers] == ["early", "other", "one", "late"]


class Wrapping:
    """A plugin that sees what all others bring, as pluggy's wrappers do."""

    def __init__(self) -> None:
        self.saw: list[str] = []

    @hookimpl(wrapper=True)
    def smscore_observers(self) -> Generator[None, list[list[Observer]], list[list[Observer]]]:
        brought = yield
        self.saw += [one.__name__ for several in brought for one in several]
        return [several for several in brought if several[0].__name__ != "unwanted"]

    @hookimpl(wrapper=True)
    def smscore_register_transports(self, registry: Registry) -> Generator[None, object, object]:
        given = yield
        self.saw.append(registry.transport_kind("pigeon").kind)
        Carrier().smscore_register_transports(RenamingRegistry(registry))
        return given


class RenamingRegistry(Registry):
    """Registers under another name."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry

    def transport(self, **given: Any) -> None:
        self._registry.transport(**{**given, "kind": "owl"})


def test_a_wrapper_is_given_what_the_others_bring_and_says_what_becomes_of_it() -> None:
    wrapping = Wrapping()

    loaded = load((), extra=[Marked("unwanted"), Carrier(), wrapping, Marked("wanted")])

    assert wrapping.saw == ["pigeon", "wanted", "unwanted"]
    assert [one.__name__ for one in loaded.observers] == ["wanted"]
    assert loaded.registry.transport_kind("owl")


def test_what_a_wrapper_registers_is_its_own() -> None:
    class Owl(Carrier):
        @hookimpl
        def smscore_register_transports(self, registry: Registry) -> None:
            super().smscore_register_transports(RenamingRegistry(registry))

    with pytest.raises(PluginError, match="'owl': 'Owl' and 'Wrapping'; disable one"):
        load((), extra=[Wrapping(), Carrier(), Owl()])


class OldWrapping:
    """As wrappers were written before."""

    @hookimpl(hookwrapper=True)
    def smscore_observers(self) -> Generator[None, Any, None]:
        outcome = yield
        outcome.force_result(outcome.get_result()[:1])


def test_a_wrapper_of_the_old_kind_works_as_well() -> None:
    observers = load((), extra=[Marked("one"), Marked("other"), OldWrapping()]).observers

    assert [one.__name__ for one in observers] == ["other"]


class Catching:
    """A wrapper that does without what fails."""

    @hookimpl(wrapper=True)
    def smscore_register_transports(self, registry: Registry) -> Generator[None, object, object]:
        try:
            return (yield)
        except PluginError:
            return None


class Passing:
    """A wrapper that lets everything pass."""

    @hookimpl(wrapper=True)
    def smscore_register_transports(self, registry: Registry) -> Generator[None, object, object]:
        return (yield)


class FailingWrapper:
    def __init__(self, *, yields: int) -> None:
        self._yields = yields

    @hookimpl(wrapper=True)
    def smscore_register_transports(self, registry: Registry) -> Generator[None, object, object]:
        for _ in range(self._yields):
            yield
        if self._yields == 1:
            raise RuntimeError("out of order")
        return None


@pytest.mark.parametrize(
    ("failing", "refusal"),
    [
        (lambda: Breaking(), "'Breaking' failed in smscore_register_transports: RuntimeError: out"),
        (lambda: Registering(), "'Registering' in .*'pigeon' is registered twice"),
        (lambda: FailingWrapper(yields=0), "'FailingWrapper' in .* must yield once, .* did not"),
        (lambda: FailingWrapper(yields=1), "'FailingWrapper' failed in .*RuntimeError: out"),
        (lambda: FailingWrapper(yields=2), "'FailingWrapper' in .* must yield once, .* twice"),
    ],
)
def test_a_wrapper_is_not_blamed_for_what_it_wraps(
    failing: Callable[[], object], refusal: str
) -> None:
    with pytest.raises(PluginError, match=rf"^the plugin {refusal}"):
        load((), extra=[failing(), Passing()])

    load((), extra=[failing(), Catching()])


@pytest.mark.parametrize("answer", [None, [print], ["print"], [[print], None]])
def test_a_wrapper_that_spoils_what_the_others_bring_is_named(answer: object) -> None:
    class Spoiling:
        @hookimpl(wrapper=True)
        def smscore_observers(self) -> Generator[None, object, object]:
            yield
            return answer

    with pytest.raises(PluginError, match="'Spoiling': a wrapper of smscore_observers must ret"):
        load((), extra=[Marked("one"), Spoiling()])


def test_a_wrapper_without_its_mark_is_told_so() -> None:
    class Forgetful:
        @hookimpl
        def smscore_register_transports(self, registry: Registry) -> Iterator[None]:
            yield

    with pytest.raises(PluginError, match=r"'Forgetful' in .*: it returned <generator .*registry"):
        load((), extra=[Forgetful()])


def test_a_hook_that_exits_or_cannot_even_be_looked_at_is_told_on() -> None:
    class Exiting:
        @hookimpl
        def smscore_screens(self) -> NoReturn:
            raise SystemExit("no licence")

    class Veiled:
        @property
        def smscore_screens(self) -> NoReturn:
            raise OSError("not mounted")

    with pytest.raises(PluginError, match=r"'Exiting' failed in .*: SystemExit: no licence"):
        load((), extra=[Exiting()])
    with pytest.raises(PluginError, match="'Veiled' does not fit: not mounted"):
        load((), extra=[Veiled()])


def test_one_plugin_under_two_names_is_refused() -> None:
    one = Marked("one")

    def plugins() -> Iterator[object]:
        yield one
        one.__name__ = "other"
        yield one

    with pytest.raises(PluginError, match="'one' and 'other' are the same"):
        load((), extra=plugins())


def test_async_functions_are_refused_for_nobody_would_await_them() -> None:
    class Waiting:
        async def __call__(self, event: Event) -> None:
            """Nobody would hear of it."""

    with pytest.raises(PluginError, match=r"'Misunderstanding' in .*: .*Waiting.* is async"):
        load((), extra=[Misunderstanding([Waiting()])])
    with pytest.raises(PluginError, match=r"'Misunderstanding' in .*__call__.* is async"):
        load((), extra=[Misunderstanding([Waiting().__call__])])


def test_a_screen_that_a_wrapper_brings_is_told_with_the_wrappers_name() -> None:
    class Strict:
        @hookimpl(wrapper=True)
        def smscore_screens(self) -> Generator[None, object, object]:
            yield
            return [[lambda message: False]]

    (screen,) = load((), extra=[Strict()]).screens

    with pytest.raises(PluginError, match=r"'Strict' in .*screen '<lambda>' returned False"):
        screen(a_message())


def install(directory: Path, package: str, *, plugin: str, module: str) -> None:
    """Put a package of one plugin where it is found, as an installer would."""
    info = directory / f"{package}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[smscore.plugins]\n{plugin} = {module}\n")


def test_two_packages_with_plugins_of_one_name_are_told_apart_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "one-package", plugin="pigeon", module="json")
    install(tmp_path, "other-package", plugin="pigeon", module="csv")
    monkeypatch.syspath_prepend(tmp_path)

    for enabled in (None, ["pigeon"]):
        with pytest.raises(PluginError, match=r"'pigeon': (one|other)-package and (one|other)-"):
            load(enabled)
    load(["policy"])


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("smscore_that_is_not_there", "ModuleNotFoundError"),
        ("json:nothing", "AttributeError"),
        ("json", "has none of the hooks"),
    ],
)
def test_an_entry_point_that_leads_nowhere_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, why: str
) -> None:
    install(tmp_path, "lost-package", plugin="lost", module=module)
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(PluginError, match=f"the plugin 'lost' .*{why}"):
        load(["lost"])


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

    with pytest.raises(
        PluginError, match=r"'anything' of .*'Making' made .*'p1' .* None has no open, send"
    ):
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
        PluginError, match=r"the store 'closed' of the plugin 'Closed' could not be opened: OSError"
    ):
        build(config, plugins=[Closed()])
    with (
        build(config, store=MemoryStore(), plugins=[Closed()]) as gateway,
        pytest.raises(PluginError, match="the authenticator could not be made: OSError: nobody"),
    ):
        gateway.administration.create_account("acme")


def keeping(**tools: Callable[..., None]) -> object:
    """A plugin with a store whose tools these are."""

    class Keeping:
        @hookimpl
        def smscore_register_stores(self, registry: Registry) -> None:
            ways: dict[str, Any] = {"migrate": print, "backup": print, "wipe": print, **tools}
            registry.store(scheme="kept", open=lambda url, clock: MemoryStore(), **ways)

    return Keeping()


@pytest.mark.parametrize(
    ("tool", "use"),
    [
        ("migrate", migrate),
        ("backup", lambda config, **more: backup(config, config.path("copy"), **more)),
        ("wipe", wipe),
    ],
)
def test_the_stores_of_a_hosts_plugins_are_kept_like_others(
    tmp_path: Path, tool: str, use: Callable[..., object]
) -> None:
    used: list[str] = []

    def fail(*given: object) -> NoReturn:
        raise OSError("nobody is at home")

    content = {"store": {"url": "kept:here"}, "plugins": {"enabled": []}}
    config = GatewayConfig.from_mapping(content, directory=tmp_path)
    read_key(config.path(config.security.key_file))

    with pytest.raises(PluginError, match="the store 'kept'; registered are: none"):
        use(config)
    with pytest.raises(
        PluginError, match=r"'kept' of the plugin 'Keeping' could not be .*: OSError: nobody is"
    ):
        use(config, plugins=[keeping(**{tool: fail})])
    use(config, plugins=[keeping(**{tool: lambda url, *more: used.append(url)})])

    assert used == ["kept:here"]


class Failing:
    """Nothing that it brings can be made."""

    @hookimpl
    def smscore_register_rate_limiters(self, registry: Registry) -> None:
        def fail(*given: object) -> NoReturn:
            raise OSError("nobody is at home")

        registry.rate_limiter(fail)
        registry.pattern_engine(fail)
        registry.webhook_sender(fail)


@pytest.mark.parametrize("what", ["rate limiter", "pattern engine"])
def test_what_cannot_be_made_when_it_is_needed_is_a_plugin_error(what: str) -> None:
    with build(NO_PLUGINS, store=MemoryStore(), plugins=[Failing()]) as gateway:
        asked: dict[str, Callable[[], object]] = {
            "rate limiter": lambda: gateway.rate_limiter,
            "pattern engine": lambda: gateway.patterns,
        }
        with pytest.raises(PluginError, match=f"the {what} could not be made: OSError: nobody"):
            asked[what]()


def test_a_webhook_sender_that_cannot_be_made_is_told_with_what_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with build(NO_PLUGINS, store=MemoryStore(), plugins=[Failing()]) as gateway:
        gateway.run_pending()

    assert "the webhook sender could not be made: OSError: nobody is at home" in caplog.text


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

"""
Finding and loading plugins: an allow-list of entry points, and nothing imported besides.
"""

import inspect
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import attrs
import pluggy

from smscore import hookspecs
from smscore.errors import PluginError
from smscore.ports.policy import Observer, Screen
from smscore.registry import Registry

__all__ = ["GROUP", "InstalledPlugin", "LoadedPlugins", "installed", "load"]

GROUP = "smscore.plugins"

_REGISTERING = (
    "smscore_register_transports",
    "smscore_register_stores",
    "smscore_register_authenticators",
    "smscore_register_pattern_engines",
    "smscore_register_rate_limiters",
    "smscore_register_webhook_senders",
)


@attrs.frozen(kw_only=True)
class InstalledPlugin:
    """A plugin that could be loaded; nothing of it has been imported."""

    name: str
    module: str
    distribution: str
    version: str


@attrs.frozen(kw_only=True)
class LoadedPlugins:
    """What the loaded plugins bring to one gateway."""

    names: tuple[str, ...]
    registry: Registry
    screens: tuple[Screen, ...]
    observers: tuple[Observer, ...]


def installed() -> Sequence[InstalledPlugin]:
    """Every plugin that is installed, by name."""
    return [
        InstalledPlugin(
            name=point.name,
            module=point.value,
            distribution=point.dist.name if point.dist else "",
            version=point.dist.version if point.dist else "",
        )
        for point in sorted(_entry_points(), key=lambda point: point.name)
    ]


def load(enabled: Sequence[str] | None = None, *, extra: Iterable[Any] = ()) -> LoadedPlugins:
    """
    Load the enabled plugins (None: all that are installed) and ask each for what it brings.

    ``extra`` are plugin objects of the host's own. The bundled plugins are loaded first and the
    host's last, so that each may replace what those before it bring.

    Raises:
        PluginError: a plugin is missing or broken, or implements a hook that does not exist.
    """
    facade: Any = pluggy.PluginManager("smscore")
    facade.add_hookspecs(hookspecs)
    names = []
    for point in _chosen(enabled):
        _register(facade, _import(point), point.name)
        names.append(point.name)
    for plugin in extra:
        _register(facade, plugin, getattr(plugin, "__name__", type(plugin).__name__))
    _check_hooks(facade)
    registry = Registry()
    for hook in _REGISTERING:
        for one in _implementing(facade, hook):
            registry.asked = one.plugin_name
            _ask(one, hook, registry)
    return LoadedPlugins(
        names=tuple(names),
        registry=registry,
        screens=_collected(facade, "smscore_screens"),
        observers=_collected(facade, "smscore_observers"),
    )


def _implementing(facade: Any, hook: str) -> Sequence[Any]:
    """Each plugin's own function for the hook, in the order in which they are asked."""
    return list(reversed(getattr(facade.hook, hook).get_hookimpls()))


def _ask(one: Any, hook: str, *registry: Registry) -> Any:
    """Call one plugin's function: whoever has to mend something hears which plugin it is."""
    try:
        return one.function(*registry[: len(one.argnames)])
    except PluginError as cause:
        raise PluginError(f"the plugin {one.plugin_name!r} in {hook}: {cause}") from cause
    except Exception as cause:  # a stranger's code
        raise PluginError(
            f"the plugin {one.plugin_name!r} failed in {hook}: {type(cause).__name__}: {cause}"
            f"{_hint(one.plugin) or '; mend it, or name the others under [plugins] enabled'}"
        ) from cause


def _entry_points() -> Sequence[EntryPoint]:
    # An editable install beside a wheel lists a plugin twice; they are the same one.
    return list({(point.name, point.value): point for point in entry_points(group=GROUP)}.values())


def _chosen(enabled: Sequence[str] | None) -> Sequence[EntryPoint]:
    found = {point.name: point for point in _entry_points()}
    if enabled is None:
        return sorted(found.values(), key=_is_strange)
    for name in enabled:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise PluginError(f"no installed plugin is called {name!r}; installed: {known}")
    return sorted((found[name] for name in enabled), key=_is_strange)


def _is_strange(point: EntryPoint) -> bool:
    """Whether the plugin is not one of the bundled ones."""
    return point.dist is None or point.dist.name != "smscore"


def _import(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (Exception, SystemExit) as cause:  # a stranger's code
        owner = point.dist.name if point.dist else point.value
        raise PluginError(
            f"the plugin {point.name!r} cannot be imported: {type(cause).__name__}: {cause}; "
            f"install what {owner} needs, or name the others under [plugins] enabled"
        ) from cause


def _register(facade: Any, plugin: Any, name: str) -> None:
    if facade.has_plugin(name):
        raise PluginError(
            f"two plugins are called {name!r}; a host's has the name of its class or module"
        )
    try:
        facade.register(plugin, name=name)
    except (pluggy.PluginValidationError, ValueError, TypeError) as cause:
        said = " ".join(str(cause).split())
        raise PluginError(f"the plugin {name!r} does not fit: {said}{_hint(plugin)}") from cause
    unmarked = [one for one in _look_like_hooks(plugin) if not _is_marked(facade, plugin, one)]
    if unmarked:
        raise PluginError(
            f"the plugin {name!r} does not fit: {unmarked[0]} lacks the mark @smscore.hookimpl"
        )
    if not facade.get_hookcallers(plugin):
        raise PluginError(
            f"the plugin {name!r} does not fit: {plugin!r} has none of the hooks; "
            "docs/plugins.md has them"
        )


def _hint(plugin: Any) -> str:
    is_class = isinstance(plugin, type)
    return f"; hand in {plugin.__name__}() and not its class" if is_class else ""


def _look_like_hooks(plugin: Any) -> Iterable[str]:
    return [
        name
        for name in dir(plugin)
        if name.startswith("smscore_") and inspect.isroutine(getattr(plugin, name, None))
    ]


def _is_marked(facade: Any, plugin: Any, name: str) -> bool:
    return facade.parse_hookimpl_opts(plugin, name) is not None


def _check_hooks(facade: Any) -> None:
    try:
        facade.check_pending()
    except pluggy.PluginValidationError as cause:
        raise PluginError(f"a plugin implements a hook that does not exist: {cause}") from cause


def _collected(facade: Any, hook: str) -> tuple[Any, ...]:
    collected: list[Any] = []
    for one in _implementing(facade, hook):
        several = _ask(one, hook)
        if several is None:
            continue
        if not isinstance(several, Sequence) or not all(map(callable, several)):
            raise PluginError(
                f"the plugin {one.plugin_name!r}: {hook} must return a list of functions, "
                f"not {several!r}"
            )
        collected.extend(several)
    return tuple(collected)

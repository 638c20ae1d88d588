"""
Finding and loading plugins: an allow-list of entry points, and nothing imported besides.
"""

from collections.abc import Callable, Iterable, Sequence
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
    try:
        return _ask(facade.hook, names)
    except PluginError:
        raise
    except Exception as cause:  # a stranger's code
        raise PluginError(f"a plugin failed while it was asked what it brings: {cause}") from cause


def _ask(hook: Any, names: Sequence[str]) -> LoadedPlugins:
    registry = Registry()
    hook.smscore_register_transports(registry=registry)
    hook.smscore_register_stores(registry=registry)
    hook.smscore_register_authenticators(registry=registry)
    hook.smscore_register_pattern_engines(registry=registry)
    hook.smscore_register_rate_limiters(registry=registry)
    hook.smscore_register_webhook_senders(registry=registry)
    return LoadedPlugins(
        names=tuple(names),
        registry=registry,
        screens=_collected(hook.smscore_screens, "smscore_screens"),
        observers=_collected(hook.smscore_observers, "smscore_observers"),
    )


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
    except Exception as cause:  # a stranger's code
        owner = point.dist.name if point.dist else point.value
        raise PluginError(
            f"the plugin {point.name!r} cannot be imported: {type(cause).__name__}: {cause}; "
            f"install what {owner} needs, or name the others under [plugins] enabled"
        ) from cause


def _register(facade: Any, plugin: Any, name: str) -> None:
    try:
        facade.register(plugin, name=name)
    except (pluggy.PluginValidationError, ValueError, TypeError) as cause:
        raise PluginError(f"the plugin {name!r} does not fit: {cause}") from cause


def _check_hooks(facade: Any) -> None:
    try:
        facade.check_pending()
    except pluggy.PluginValidationError as cause:
        raise PluginError(f"a plugin implements a hook that does not exist: {cause}") from cause


def _collected(hook: Callable[[], list[Any]], name: str) -> tuple[Any, ...]:
    collected: list[Any] = []
    for several in hook():
        if not isinstance(several, Sequence):
            raise PluginError(f"{name} must return a list of functions, not {several!r}")
        collected.extend(several)
    return tuple(collected)

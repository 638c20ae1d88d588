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

    ``extra`` are plugin objects of the host's own.

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
    facade.hook.smscore_register_transports(registry=registry)
    facade.hook.smscore_register_stores(registry=registry)
    facade.hook.smscore_register_authenticators(registry=registry)
    facade.hook.smscore_register_rate_limiters(registry=registry)
    return LoadedPlugins(
        names=tuple(names),
        registry=registry,
        screens=_collected(facade.hook.smscore_screens),
        observers=_collected(facade.hook.smscore_observers),
    )


def _entry_points() -> Sequence[EntryPoint]:
    # An editable install beside a wheel lists a plugin twice; they are the same one.
    return list({(point.name, point.value): point for point in entry_points(group=GROUP)}.values())


def _chosen(enabled: Sequence[str] | None) -> Sequence[EntryPoint]:
    found = {point.name: point for point in _entry_points()}
    if enabled is None:
        return list(found.values())
    for name in enabled:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise PluginError(f"no installed plugin is called {name!r}; installed: {known}")
    return [found[name] for name in enabled]


def _import(point: EntryPoint) -> Any:
    try:
        return point.load()
    except ImportError as cause:
        missing = f" (it misses {cause.name})" if cause.name else ""
        raise PluginError(
            f"the plugin {point.name!r} cannot be imported{missing}; "
            f"try: pip install 'smscore[{point.name}]', or take it out of [plugins] enabled"
        ) from cause


def _register(facade: Any, plugin: Any, name: str) -> None:
    try:
        facade.register(plugin, name=name)
    except (pluggy.PluginValidationError, ValueError) as cause:
        raise PluginError(f"the plugin {name!r} does not fit: {cause}") from cause


def _check_hooks(facade: Any) -> None:
    try:
        facade.check_pending()
    except pluggy.PluginValidationError as cause:
        raise PluginError(f"a plugin implements a hook that does not exist: {cause}") from cause


def _collected(hook: Callable[[], list[Any]]) -> tuple[Any, ...]:
    return tuple(one for several in hook() for one in several)

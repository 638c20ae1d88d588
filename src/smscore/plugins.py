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
from smscore.hooks import REGISTERING, AskedPlugin, are_functions, hint
from smscore.ports.policy import Observer, Screen
from smscore.registry import Registry
from smscore.screening import Screening

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
    registry = Registry()
    names = []
    for point in _chosen(enabled):
        _register(facade, _import(point), point.name, registry)
        names.append(point.name)
    for plugin in extra:
        name = getattr(plugin, "__name__", type(plugin).__name__)
        _register(facade, plugin, name, registry)
    _check_hooks(facade)
    for hook in REGISTERING:
        getattr(facade.hook, hook)(registry=registry)
    return LoadedPlugins(
        names=tuple(names),
        registry=registry,
        screens=tuple(
            Screening(screen, plugin=plugin)
            for plugin, screen in _collected(facade, "smscore_screens")
        ),
        observers=tuple(observer for _, observer in _collected(facade, "smscore_observers")),
    )


def _entry_points() -> Sequence[EntryPoint]:
    # An editable install beside a wheel lists a plugin twice; they are the same one.
    return list({(point.name, point.value): point for point in entry_points(group=GROUP)}.values())


def _chosen(enabled: Sequence[str] | None) -> Sequence[EntryPoint]:
    points = _entry_points()
    found = {point.name: point for point in points}
    for point in points:
        other = found[point.name]
        if other is not point and (enabled is None or point.name in enabled):
            raise PluginError(
                f"two installed packages bring a plugin called {point.name!r}: {_owner(point)} and "
                f"{_owner(other)}; uninstall one of them, or name others under [plugins] enabled"
            )
    if enabled is None:
        return sorted(found.values(), key=_is_strange)
    for name in enabled:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise PluginError(f"no installed plugin is called {name!r}; installed: {known}")
    return sorted((found[name] for name in enabled), key=_is_strange)


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value


def _is_strange(point: EntryPoint) -> bool:
    """Whether the plugin is not one of the bundled ones."""
    return point.dist is None or point.dist.name != "smscore"


def _import(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (Exception, SystemExit) as cause:  # a stranger's code
        raise PluginError(
            f"the plugin {point.name!r} cannot be imported: {type(cause).__name__}: {cause}; "
            f"install what {_owner(point)} needs, or name the others under [plugins] enabled"
        ) from cause


def _register(facade: Any, plugin: Any, name: str, registry: Registry) -> None:
    if facade.has_plugin(name):
        raise PluginError(
            f"two plugins are called {name!r}; a host's has the name of its class or module"
        )
    for other in facade.get_plugins():
        if other.plugin is plugin:
            raise PluginError(f"the plugins {other.name!r} and {name!r} are the same; name one")
    try:
        facade.register(_asked(facade, plugin, name, registry), name=name)
    except PluginError:
        raise
    except Exception as cause:  # a stranger's code, whose attributes may be computed
        said = " ".join(str(cause).split())
        raise PluginError(f"the plugin {name!r} does not fit: {said}{hint(plugin)}") from cause


def _asked(facade: Any, plugin: Any, name: str, registry: Registry) -> AskedPlugin:
    asked = AskedPlugin(plugin, name)
    hooks = {one: facade.parse_hookimpl_opts(plugin, one) for one in dir(plugin)}
    marked = {one: options for one, options in hooks.items() if options is not None}
    unmarked = [one for one in _look_like_hooks(plugin) if one not in marked]
    if unmarked:
        raise PluginError(
            f"the plugin {name!r} does not fit: {unmarked[0]} lacks the mark @smscore.hookimpl"
        )
    if not marked:
        raise PluginError(
            f"the plugin {name!r} does not fit: {plugin!r} has none of the hooks; "
            "docs/plugins.md has them"
        )
    for hook, options in marked.items():
        asked.add(hook, options=options, registry=registry)
    return asked


def _look_like_hooks(plugin: Any) -> Iterable[str]:
    return [
        name
        for name in dir(plugin)
        if name.startswith("smscore_") and inspect.isroutine(getattr(plugin, name, None))
    ]


def _check_hooks(facade: Any) -> None:
    try:
        facade.check_pending()
    except pluggy.PluginValidationError as cause:
        asked: Any = cause.plugin
        callers = facade.get_hookcallers(asked)
        unknown = ", ".join(sorted(one.name for one in callers if not one.has_spec()))
        raise PluginError(
            f"the plugin {asked.name!r} implements a hook that does not exist: {unknown}; "
            "docs/plugins.md has those that do"
        ) from cause


def _collected(facade: Any, hook: str) -> Sequence[tuple[str, Any]]:
    """Each function and whose it is."""
    caller = getattr(facade.hook, hook)
    answers = caller()
    wrappers = [one.plugin_name for one in caller.get_hookimpls() if _is_wrapper(one)]
    if not isinstance(answers, Sequence) or not all(map(are_functions, answers)):
        raise PluginError(
            f"the plugin {' or '.join(map(repr, wrappers))}: a wrapper of {hook} must return what "
            f"it was given, a list of lists of functions, not {answers!r}"
        )
    owners = {
        id(function): asked.name for asked in facade.get_plugins() for function in asked.brought
    }
    others = " or ".join(wrappers)
    return [(owners.get(id(one), others), one) for answer in answers for one in answer]


def _is_wrapper(one: Any) -> bool:
    return bool(one.wrapper or one.hookwrapper)

"""
The hooks of a plugin, as they are called: each says whose it is when it fails.
"""

import inspect
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any

from smscore.errors import PluginError
from smscore.registry import Registry

__all__ = ["REGISTERING", "AskedPlugin", "are_functions", "hint", "is_async"]

REGISTERING = (
    "smscore_register_transports",
    "smscore_register_stores",
    "smscore_register_authenticators",
    "smscore_register_pattern_engines",
    "smscore_register_rate_limiters",
    "smscore_register_webhook_senders",
)


class _Told(PluginError):
    """Says already which plugin it is."""


class AskedPlugin:
    """A plugin as pluggy is shown it: each of its hooks says whose it is when it fails."""

    def __init__(self, plugin: Any, name: str) -> None:
        self.plugin = plugin
        self.name = name
        self.brought: list[Any] = []  # the functions that it has returned

    def add(self, hook: str, *, options: Any, registry: Registry) -> None:
        """Take the plugin's function for a hook. Whether it fits the hook is for pluggy to say."""
        function = getattr(self.plugin, hook)
        is_wrapper = options.get("wrapper") or options.get("hookwrapper")
        meant = options.get("specname") or hook
        asking = partial(self._asking, meant, registry)
        if is_wrapper and inspect.isgeneratorfunction(function):
            setattr(self, hook, _wrapping(function, asking))
        else:
            setattr(self, hook, _answering(function, asking, hook=meant, brought=self.brought))

    @contextmanager
    def _asking(self, hook: str, registry: Registry) -> Iterator[None]:
        """Whoever has to mend something hears which plugin it is."""
        before, registry.asked = registry.asked, self.name
        try:
            yield
        except _Told:
            raise
        except PluginError as cause:
            raise _Told(f"the plugin {self.name!r} in {hook}: {cause}") from cause
        except (Exception, SystemExit) as cause:  # a stranger's code
            way_out = hint(self.plugin) or "; mend it, or name the others under [plugins] enabled"
            raise _Told(
                f"the plugin {self.name!r} failed in {hook}: {type(cause).__name__}: {cause}"
                f"{way_out}"
            ) from cause
        finally:
            registry.asked = before


def _answering(function: Any, asking: Callable[[], Any], *, hook: str, brought: list[Any]) -> Any:
    @wraps(function)
    def answer(*args: Any, **named: Any) -> Any:
        with asking():
            answered = function(*args, **named)
            _check_answer(answered, hook)
            brought.extend(answered or ())
            return answered

    return answer


def _wrapping(function: Any, asking: Callable[[], Any]) -> Any:
    @wraps(function)
    def wrap(*args: Any, **named: Any) -> Generator[None, Any, Any]:
        with asking():
            return (yield from _yielding_once(function(*args, **named)))

    return wrap


def _yielding_once(wrapper: Generator[Any, Any, Any]) -> Generator[None, Any, Any]:
    """As pluggy does, which could not say whose wrapper it is."""
    try:
        next(wrapper)
    except StopIteration:
        raise PluginError("a wrapper must yield once, and this one did not") from None
    try:
        given = yield
    except BaseException as fault:  # noqa: BLE001  # the wrapper's to handle or to raise
        go_on = partial(wrapper.throw, fault)
    else:
        go_on = partial(wrapper.send, given)
    try:
        go_on()
    except StopIteration as end:
        return end.value
    wrapper.close()
    raise PluginError("a wrapper must yield once, and this one did twice")


def _check_answer(answer: Any, hook: str) -> None:
    if answer is None:
        return
    if hook in REGISTERING:
        raise PluginError(
            f"it returned {answer!r}, which nobody looks at; call the registry, and return nothing"
        )
    if not are_functions(answer):
        raise PluginError(f"it must return a list of functions, not {answer!r}")
    for one in answer:
        if is_async(one):
            raise PluginError(
                f"{one!r} is async, and nobody would await it; return a plain function"
            )


def are_functions(several: Any) -> bool:
    """Whether this is a list of what can be called."""
    return isinstance(several, Sequence) and all(map(callable, several))


def is_async(function: Any) -> bool:
    """Whether a call would only make something to be awaited."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  # its signature is what is looked at
    )


def hint(plugin: Any) -> str:
    """What else there is to say of a plugin that does not work."""
    is_class = isinstance(plugin, type)
    return f"; hand in {plugin.__name__}() and not its class" if is_class else ""

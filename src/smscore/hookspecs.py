"""
The doors through which plugins come in: called once, while a gateway is built.

A plugin is a module or object with functions marked ``@smscore.hookimpl`` that bear the names
below, found through the entry-point group ``smscore.plugins``.
"""

from collections.abc import Sequence

import pluggy

from smscore.ports.policy import Observer, Screen
from smscore.registry import Registry

__all__ = [
    "hookimpl",
    "hookspec",
    "smscore_observers",
    "smscore_register_authenticators",
    "smscore_register_pattern_engines",
    "smscore_register_rate_limiters",
    "smscore_register_stores",
    "smscore_register_transports",
    "smscore_register_webhook_senders",
    "smscore_screens",
]

hookspec = pluggy.HookspecMarker("smscore")
hookimpl = pluggy.HookimplMarker("smscore")


@hookspec
def smscore_register_transports(registry: Registry) -> None:
    """Call ``registry.transport(…)`` for each kind of transport that the plugin brings."""


@hookspec
def smscore_register_stores(registry: Registry) -> None:
    """Call ``registry.store(…)`` for each kind of store that the plugin brings."""


@hookspec
def smscore_register_authenticators(registry: Registry) -> None:
    """Call ``registry.authenticator(…)`` to replace what checks credentials."""


@hookspec
def smscore_register_pattern_engines(registry: Registry) -> None:
    """Call ``registry.pattern_engine(…)`` to replace what understands patterns of callers."""


@hookspec
def smscore_register_rate_limiters(registry: Registry) -> None:
    """Call ``registry.rate_limiter(…)`` to replace what counts calls."""


@hookspec
def smscore_register_webhook_senders(registry: Registry) -> None:
    """Call ``registry.webhook_sender(…)`` to replace what calls endpoints."""


@hookspec
def smscore_screens() -> Sequence[Screen]:  # type: ignore[empty-body]  # a specification
    """Return functions that may refuse a message before it is accepted."""


@hookspec
def smscore_observers() -> Sequence[Observer]:  # type: ignore[empty-body]  # a specification
    """Return functions that are told of every event after its commit."""

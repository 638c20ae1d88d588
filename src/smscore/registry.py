"""
What plugins have registered: kinds of transports and stores, and what fills the other ports.

A registry is filled while a gateway is built and only read afterwards.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from smscore.errors import PluginError
from smscore.ports.clock import Clock
from smscore.ports.identity import Authenticator
from smscore.ports.patterns import PatternEngine
from smscore.ports.policy import RateLimiter
from smscore.ports.storage import Store
from smscore.ports.transport import Capabilities, Transport
from smscore.ports.webhooks import WebhookSender

__all__ = ["AuthenticatorMaker", "Registry", "StoreKind", "TransportKind", "WebhookSenderMaker"]

T = TypeVar("T")

AuthenticatorMaker = Callable[[Store, bytes, Clock], Authenticator]
"""Makes an authenticator from the store, the content of the key file and the clock."""

WebhookSenderMaker = Callable[[Sequence[str]], WebhookSender]
"""Makes a sender from the networks that may be called though nobody outside could, as CIDR."""


@attrs.frozen(kw_only=True)
class TransportKind:
    """
    One kind of transport. ``options`` is the attrs class that a channel's table is checked
    against; ``make`` gets the channel's name and its options, and must not touch a device.
    ``plugin`` is the one that brings it.
    """

    kind: str
    options: type[Any]
    make: Callable[[str, Any], Transport]
    capabilities: Capabilities
    plugin: str = ""


@attrs.frozen(kw_only=True)
class StoreKind:
    """
    One kind of store, chosen by its URL's scheme. ``migrate`` creates or upgrades its schema,
    ``backup`` copies it to a file that is not there yet, for its owner alone, while it is in use;
    ``wipe`` sees to it that nothing that was deleted is left in its files. ``plugin`` is the one
    that brings it.
    """

    scheme: str
    open: Callable[[str, Clock], Store]
    migrate: Callable[[str], None]
    backup: Callable[[str, Path], None] | None = None  # None: its own tools do it
    wipe: Callable[[str], None] | None = None  # None: the same
    plugin: str = ""


class Registry:
    """
    Where plugins put what they bring; a name can be taken once.

    ``asked`` is the plugin that is being asked, so that two that clash can be told by name.
    """

    def __init__(self) -> None:
        self.asked = ""
        self._owners: dict[tuple[str, str], str] = {}
        self._transports: dict[str, TransportKind] = {}
        self._stores: dict[str, StoreKind] = {}
        self._authenticators: list[AuthenticatorMaker] = []
        self._pattern_engines: list[Callable[[], PatternEngine]] = []
        self._rate_limiters: list[Callable[[], RateLimiter]] = []
        self._webhook_senders: list[WebhookSenderMaker] = []

    def transport(
        self,
        *,
        kind: str,
        options: type[T],
        make: Callable[[str, T], Transport],
        capabilities: Capabilities,
    ) -> None:
        """
        Register a kind of transport.

        Raises:
            PluginError: the kind is taken, ``options`` is not an attrs class, or ``capabilities``
                are none.
        """
        if not attrs.has(options):
            raise PluginError(f"the options of transport {kind!r} must be an attrs class")
        if not isinstance(capabilities, Capabilities):
            raise PluginError(
                f"the capabilities of transport {kind!r} must be Capabilities(…), "
                f"not {capabilities!r}"
            )
        self._own("transport", kind)
        self._transports[kind] = TransportKind(
            kind=kind,
            options=options,
            make=make,
            capabilities=capabilities,
            plugin=self.asked,
        )

    def store(
        self,
        *,
        scheme: str,
        open: Callable[[str, Clock], Store],  # noqa: A002  # the store's own word
        migrate: Callable[[str], None],
        backup: Callable[[str, Path], None] | None = None,
        wipe: Callable[[str], None] | None = None,
    ) -> None:
        """
        Register a kind of store under its URL's scheme.

        Raises:
            PluginError: the scheme is taken.
        """
        self._own("store", scheme)
        self._stores[scheme] = StoreKind(
            scheme=scheme,
            open=open,
            migrate=migrate,
            backup=backup,
            wipe=wipe,
            plugin=self.asked,
        )

    def authenticator(self, make: AuthenticatorMaker) -> None:
        """Register what checks credentials; that of the plugin loaded last is used."""
        self._authenticators.append(make)

    def pattern_engine(self, make: Callable[[], PatternEngine]) -> None:
        """Register what understands patterns; that of the plugin loaded last is used."""
        self._pattern_engines.append(make)

    def rate_limiter(self, make: Callable[[], RateLimiter]) -> None:
        """Register what counts calls; that of the plugin loaded last is used."""
        self._rate_limiters.append(make)

    def webhook_sender(self, make: WebhookSenderMaker) -> None:
        """Register what calls endpoints; that of the plugin loaded last is used."""
        self._webhook_senders.append(make)

    def transport_kind(self, kind: str) -> TransportKind:
        """
        A registered kind of transport.

        Raises:
            PluginError: nothing has registered it.
        """
        return _get(self._transports, kind, "transport")

    def store_kind(self, scheme: str) -> StoreKind:
        """
        A registered kind of store.

        Raises:
            PluginError: nothing has registered it.
        """
        return _get(self._stores, scheme, "store")

    def authenticator_maker(self) -> AuthenticatorMaker:
        """
        What checks credentials.

        Raises:
            PluginError: nothing has registered one.
        """
        return _foremost(self._authenticators, "authenticator")

    def pattern_engine_maker(self) -> Callable[[], PatternEngine]:
        """
        What understands patterns of callers.

        Raises:
            PluginError: nothing has registered one.
        """
        return _foremost(self._pattern_engines, "pattern engine")

    def rate_limiter_maker(self) -> Callable[[], RateLimiter]:
        """
        What counts calls.

        Raises:
            PluginError: nothing has registered one.
        """
        return _foremost(self._rate_limiters, "rate limiter")

    def webhook_sender_maker(self) -> WebhookSenderMaker | None:
        """What calls endpoints; None: no plugin has registered one, and nobody is told."""
        return self._webhook_senders[0] if self._webhook_senders else None

    def _own(self, what: str, name: str) -> None:
        first = self._owners.get((what, name))
        if first is None:
            self._owners[what, name] = self.asked
        elif first == self.asked:
            raise PluginError(f"the {what} {name!r} is registered twice; a kind is taken once")
        else:
            raise PluginError(
                f"two plugins register the {what} {name!r}: {first!r} and {self.asked!r}; "
                "disable one of them by naming the others under [plugins] enabled"
            )


def _get(kinds: dict[str, T], name: str, what: str) -> T:
    if name not in kinds:
        known = ", ".join(kinds) or "none"
        raise PluginError(
            f"no plugin has registered the {what} {name!r}; registered are: {known}; "
            "'smscore plugins' lists what is installed"
        )
    return kinds[name]


def _foremost(makers: Sequence[T], what: str) -> T:
    """Plugins are asked in the opposite order of their loading: who replaces comes first."""
    if not makers:
        raise PluginError(f"no plugin has registered any {what}; enable 'identity' and 'policy'")
    return makers[0]

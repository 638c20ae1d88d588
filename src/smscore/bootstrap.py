"""
Building a gateway from its configuration, its plugins, and what the host hands in.

Longer than most modules, so that all that is made of a configuration is seen in one place.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from smscore.config import ChannelConfig, GatewayConfig
from smscore.domain.accounts import check_name
from smscore.domain.messages import Medium
from smscore.domain.routing import PHONES, ChannelOffer, Topology
from smscore.errors import ConfigurationError, GatewayError, InvalidRequest, PluginError
from smscore.files import open_file
from smscore.gateway import Gateway
from smscore.grace import Grace
from smscore.plugins import LoadedPlugins, load
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.identity import Authenticator
from smscore.ports.patterns import PatternEngine
from smscore.ports.policy import RateLimiter
from smscore.ports.storage import Store
from smscore.ports.transport import Capabilities, Reachable, Transport
from smscore.ports.webhooks import WebhookSender
from smscore.registry import Registry, StoreKind, TransportKind

__all__ = ["BackedUp", "backup", "build", "migrate", "read_key", "wipe"]

_KEY_BYTES = 32
_COSTS_NOTHING = frozenset({Medium.TELEGRAM, Medium.EMAIL})


@attrs.frozen(kw_only=True)
class BackedUp:
    """The files of a backup, and what they are copies of."""

    store: Path
    store_url: str
    key: Path
    key_file: Path


def build(
    config: GatewayConfig | None = None,
    *,
    store: Store | None = None,
    transports: Mapping[str, Transport] | None = None,
    authenticator: Authenticator | None = None,
    rate_limiter: RateLimiter | None = None,
    pattern_engine: PatternEngine | None = None,
    webhook_sender: WebhookSender | None = None,
    clock: Clock | None = None,
    grace: Grace | None = None,
    plugins: Iterable[Any] = (),
) -> Gateway:
    """
    Build a gateway; nothing runs yet.

    What is handed in is used as it is; the rest comes from the configuration and the plugins it
    enables. ``transports`` are channels by name, beside the configured ones; with a ``store``
    handed in no file is touched but the key file, and that only when credentials are used, or when
    it runs on a store that bears several servers: all of them need the same one. ``grace`` is how
    long it waits for what does not come back.

    Raises:
        ConfigurationError: the configuration is wrong.
        PluginError: a plugin is missing, broken or clashes with another.
    """
    config = config or GatewayConfig()
    clock = clock or SystemClock()
    if not callable(getattr(clock, "monotonic", None)):
        raise ConfigurationError(
            f"the clock {type(clock).__name__} has no monotonic(); return time.monotonic() from it"
        )
    loaded = load(config.plugins.enabled, extra=plugins)
    kinds = {name: _kind(loaded.registry, config, name) for name in config.channels}
    channels = {name: _make(kind, config, name) for name, kind in kinds.items()}
    handed_in = transports or {}
    topology = _topology(config, kinds, channels, handed_in)
    carriers = {**channels, **handed_in}
    _tell_addresses(config, carriers)
    kept = store or _open_store(config, loaded.registry, clock)
    return Gateway(
        config=config,
        store=kept,
        clock=clock,
        transports=carriers,
        topology=topology,
        devices=[
            *(name for name, kind in kinds.items() if kind.capabilities.needs_device),
            *(name for name, one in handed_in.items() if _capabilities(one).needs_device),
        ],
        origins={
            **{name: _the_transport(kind) for name, kind in kinds.items()},
            **{name: f"the host's own {type(one).__name__}" for name, one in handed_in.items()},
        },
        authenticator=lambda: authenticator or _authenticator(config, loaded, kept, clock),
        rate_limiter=lambda: rate_limiter or _rate_limiter(loaded),
        pattern_engine=lambda: pattern_engine or _pattern_engine(loaded),
        webhook_sender=_webhook_sender(config, loaded, webhook_sender),
        screens=loaded.screens,
        observers=loaded.observers,
        grace=grace or Grace(),
    )


def migrate(config: GatewayConfig, *, plugins: Iterable[Any] = ()) -> None:
    """
    Create the configured store's schema, or bring it up to date; does nothing if it is.

    ``plugins`` are the host's own, as for :func:`build`.

    Raises:
        ConfigurationError: the store's URL is wrong.
        PluginError: a plugin is missing or broken, or brings no such store.
        StoreUnavailable: the store cannot be written.
    """
    kind = _store_kind(config, load(config.plugins.enabled, extra=plugins).registry)
    with _telling(f"{_the_store(kind)} could not be migrated"):
        kind.migrate(config.store_url)


def backup(config: GatewayConfig, directory: Path, *, plugins: Iterable[Any] = ()) -> BackedUp:
    """
    Copy the configured store and the key file into a directory, for their owner alone.

    The store may be in use; nothing is overwritten, and what could not be finished is not left
    behind. ``plugins`` are the host's own, as for :func:`build`.

    Raises:
        ConfigurationError: there is a backup already, no key file, or no way to copy the store.
        PluginError: a plugin is missing or broken, or brings no such store.
        StoreUnavailable: the store cannot be read, or the copy not be written.
    """
    kind = _store_kind(config, load(config.plugins.enabled, extra=plugins).registry)
    if kind.backup is None:
        raise ConfigurationError(
            f"a store such as {kind.scheme}:… is copied by a tool of its own, such as pg_dump; "
            f"copy the key file {config.path(config.security.key_file)} as well (docs/operating.md)"
        )
    made = BackedUp(
        store=directory / "smscore.db",
        store_url=config.store_url,
        key=directory / "smscore.key",
        key_file=config.path(config.security.key_file),
    )
    key = _existing_key(made.key_file)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(made.key, key)
    except FileExistsError as cause:
        raise ConfigurationError(
            f"{cause.filename} is there already and stays as it is; name another directory"
        ) from cause
    except OSError as cause:
        raise ConfigurationError(f"{directory} cannot be written: {cause.strerror}") from cause
    try:
        with _telling(f"{_the_store(kind)} could not be copied"):
            kind.backup(config.store_url, made.store)
    except BaseException:
        made.key.unlink(missing_ok=True)
        raise
    return made


def wipe(config: GatewayConfig, *, plugins: Iterable[Any] = ()) -> bool:
    """
    Let nothing that was deleted be left in the files of the configured store, which may be in use.

    False if its own tools have to. ``plugins`` are the host's own, as for :func:`build`.

    Raises:
        ConfigurationError: the store's URL is wrong.
        PluginError: a plugin is missing or broken, or brings no such store.
        StoreUnavailable: somebody reads it all the time.
    """
    kind = _store_kind(config, load(config.plugins.enabled, extra=plugins).registry)
    if kind.wipe is None:
        return False
    with _telling(f"{_the_store(kind)} could not be wiped"):
        kind.wipe(config.store_url)
    return True


def read_key(path: Path) -> bytes:
    """
    The content of the key file, which is made if there is none.

    Raises:
        ConfigurationError: it is too short to be a key, or cannot be read or written.
    """
    try:
        if not path.exists():
            _write_key(path)
        with open_file(path) as file:
            key = file.read()
    except OSError as cause:
        raise ConfigurationError(f"the key file {path} cannot be used: {cause}") from cause
    if len(key) < _KEY_BYTES:
        raise ConfigurationError(f"the key file {path} is damaged; restore it from a backup")
    return key


def _existing_key(path: Path) -> bytes:
    if not path.exists():
        raise ConfigurationError(
            f"there is no key file {path}: a backup without it would be of little use"
        )
    return read_key(path)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _write_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    _write_new(draft, os.urandom(_KEY_BYTES))
    try:
        os.link(draft, path)  # whoever is first wins, and nobody sees half a key
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _store_kind(config: GatewayConfig, registry: Registry) -> StoreKind:
    scheme, colon, _ = config.store_url.partition(":")
    if not colon:
        raise ConfigurationError(
            f"[store] url is {config.store.url!r}; write it like sqlite:///smscore.db"
        )
    return registry.store_kind(scheme)


def _open_store(config: GatewayConfig, registry: Registry, clock: Clock) -> Store:
    kind = _store_kind(config, registry)
    with _telling(f"{_the_store(kind)} could not be opened"):
        return kind.open(config.store_url, clock)


def _the_store(kind: StoreKind) -> str:
    return f"the store {kind.scheme!r} of the plugin {kind.plugin!r}"


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """Whatever a stranger's code raises that is no error of ours is told as this fault."""
    try:
        yield
    except GatewayError:
        raise
    except (Exception, SystemExit) as cause:
        raise PluginError(f"{what}: {type(cause).__name__}: {cause}") from cause


def _authenticator(
    config: GatewayConfig, loaded: LoadedPlugins, store: Store, clock: Clock
) -> Authenticator:
    key = read_key(config.path(config.security.key_file))
    with _telling("the authenticator could not be made"):
        return loaded.registry.authenticator_maker()(store, key, clock)


def _rate_limiter(loaded: LoadedPlugins) -> RateLimiter:
    with _telling("the rate limiter could not be made"):
        return loaded.registry.rate_limiter_maker()()


def _pattern_engine(loaded: LoadedPlugins) -> PatternEngine:
    with _telling("the pattern engine could not be made"):
        return loaded.registry.pattern_engine_maker()()


def _webhook_sender(
    config: GatewayConfig, loaded: LoadedPlugins, handed_in: WebhookSender | None
) -> Callable[[], WebhookSender] | None:
    if handed_in is not None:
        return lambda: handed_in
    make = loaded.registry.webhook_sender_maker()
    if make is None:
        return None

    def made() -> WebhookSender:
        with _telling("the webhook sender could not be made"):
            return make(config.webhooks.allow)

    return made


def _kind(registry: Registry, config: GatewayConfig, name: str) -> TransportKind:
    return registry.transport_kind(config.channels[name].transport)


def _the_transport(kind: TransportKind) -> str:
    return f"the transport {kind.kind!r} of the plugin {kind.plugin!r}"


def _make(kind: TransportKind, config: GatewayConfig, name: str) -> Transport:
    options = config.options_of(name, kind.options)
    whose = _the_transport(kind)
    with _telling(f"{whose} could not make the channel {name!r}"):
        made = kind.make(name, options)
    if lacking := _lacking(made):
        raise PluginError(
            f"what {whose} made for the channel {name!r} is no transport: {made!r} has no {lacking}"
        )
    return made


def _lacking(transport: object) -> str:
    """The methods that every transport needs and this one has not."""
    needed = ("open", "send", "health", "close")
    return ", ".join(one for one in needed if not callable(getattr(transport, one, None)))


def _tell_addresses(config: GatewayConfig, transports: Mapping[str, Transport]) -> None:
    """Those that are called by HTTP have to tell their networks where."""
    for name, transport in transports.items():
        address = config.http.hooks_of(name)
        if address is not None and isinstance(transport, Reachable):
            transport.reachable_at(address)


def _topology(
    config: GatewayConfig,
    kinds: Mapping[str, TransportKind],
    configured: Mapping[str, Transport],
    handed_in: Mapping[str, Transport],
) -> Topology:
    offers = {
        name: _offer(name, kind.capabilities, configured[name], config.channels[name])
        for name, kind in kinds.items()
    }
    for name, transport in handed_in.items():
        if name in offers or name in config.groups or name == PHONES:
            raise ConfigurationError(f"the name {name!r} is configured and handed in as well")
        _check_channel_name(name)
        if lacking := _lacking(transport):
            raise ConfigurationError(
                f"the channel {name!r} that is handed in is no transport: "
                f"{transport!r} has no {lacking}"
            )
        usual = ChannelConfig(transport=name)
        offers[name] = _offer(name, _capabilities(transport), transport, usual)
    groups = {name: group.channels for name, group in config.groups.items()}
    return Topology(channels=offers, groups=groups)


def _capabilities(transport: Transport) -> Capabilities:
    """Those of one that was handed in."""
    found: Capabilities = getattr(transport, "capabilities", Capabilities())
    return found


def _check_channel_name(name: str) -> None:
    try:
        check_name(name, of="a channel")
    except InvalidRequest as cause:
        raise ConfigurationError(str(cause)) from cause


def _offer(
    name: str, capabilities: Capabilities, transport: Transport, config: ChannelConfig
) -> ChannelOffer:
    shared = {field.name for field in attrs.fields(Capabilities)} & {
        field.name for field in attrs.fields(ChannelOffer)
    }
    common = {field: getattr(capabilities, field) for field in shared}
    price = config.price
    if price is None:
        price = 0 if _COSTS_NOTHING.issuperset(capabilities.media) else 1
    return ChannelOffer(
        name=name,
        price=price,
        daily_parts=getattr(transport, "daily_parts", None),
        fall_back_after=config.fall_back_after,
        **common,
    )

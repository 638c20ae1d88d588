"""
The configuration file: TOML in, frozen values out, every mistake named with its remedy.
"""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypeVar, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import ClassValidationError, IterableValidationError

from smscore.domain.accounts import check_name
from smscore.errors import ConfigurationError, InvalidRequest

__all__ = [
    "ChannelConfig",
    "GatewayConfig",
    "GroupConfig",
    "HttpConfig",
    "PluginsConfig",
    "SecurityConfig",
    "StoreConfig",
    "Tariff",
    "structure",
]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class StoreConfig:
    """Where everything is kept; a relative SQLite path begins at the configuration file."""

    url: str = "sqlite:///smscore.db"


@attrs.frozen(kw_only=True)
class SecurityConfig:
    """``key_file``: what tokens and webhook secrets are derived from. Part of every backup."""

    key_file: str = "smscore.key"


@attrs.frozen(kw_only=True)
class HttpConfig:
    """The HTTP surfaces."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None  # None: scheme and host of the request
    explain: bool = False  # whether api.php adds the reason of a refusal to its body
    submit_timeout: float = 4.0  # seconds until a submission is given up
    access_log: bool = True  # a line for each request; costs about a tenth of its time
    open_state: bool = False  # whether state.php answers without a login


@attrs.frozen(kw_only=True)
class PluginsConfig:
    """``enabled``: entry-point names of the plugins to load; None loads all that are installed."""

    enabled: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class Tariff:
    """An account's commercial plan; None means unlimited."""

    provider_per_second: int | None = None
    queue_per_minute: int | None = None


@attrs.frozen(kw_only=True)
class ChannelConfig:
    """One channel; ``options`` belong to its transport and are checked by it."""

    transport: str
    price: int = 1  # credits a part
    account: str | None = None  # whose inbound messages these are
    options: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class GroupConfig:
    """Channels that stand for one another."""

    channels: tuple[str, ...]


_TARIFFS = {
    "standard": Tariff(provider_per_second=10, queue_per_minute=60),
    "enterprise": Tariff(provider_per_second=50, queue_per_minute=60),
    "unlimited": Tariff(),
}


@attrs.frozen(kw_only=True)
class GatewayConfig:
    """Everything that an operator decides; the rest lives in the store."""

    store: StoreConfig = StoreConfig()
    security: SecurityConfig = SecurityConfig()
    http: HttpConfig = HttpConfig()
    plugins: PluginsConfig = PluginsConfig()
    tariffs: Mapping[str, Tariff] = attrs.field(factory=lambda: dict(_TARIFFS))
    channels: Mapping[str, ChannelConfig] = attrs.field(factory=dict)
    groups: Mapping[str, GroupConfig] = attrs.field(factory=dict)
    directory: Path = attrs.field(factory=Path)  # where relative paths begin

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """
        Read a configuration file.

        Raises:
            ConfigurationError: it is missing, no TOML, or a key or value is wrong.
        """
        path = Path(path)
        try:
            return cls.from_mapping(tomllib.loads(path.read_text("utf-8")), directory=path.parent)
        except FileNotFoundError as cause:
            raise ConfigurationError(
                f"there is no configuration file {path}; 'smscore init' writes one"
            ) from cause
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
            raise ConfigurationError(f"{path} cannot be read: {cause}") from cause
        except ConfigurationError as cause:
            raise ConfigurationError(f"{path}: {cause}") from cause

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any], *, directory: Path = Path()) -> Self:
        """
        Build the configuration from parsed TOML.

        Raises:
            ConfigurationError: a key is unknown or a value is wrong.
        """
        prepared = dict(content)
        channels = prepared.get("channels", {})
        if isinstance(channels, Mapping):
            prepared["channels"] = {
                name: _with_options(channel) for name, channel in channels.items()
            }
        config = structure(prepared, cls, where="")
        config = attrs.evolve(config, directory=directory, tariffs={**_TARIFFS, **config.tariffs})
        _check(config)
        return config

    def path(self, relative: str) -> Path:
        """A path of the configuration, from where the configuration is."""
        return (self.directory / relative).absolute()

    @property
    def store_url(self) -> str:
        """The store's address, its path made absolute."""
        prefix = "sqlite:///"
        if not self.store.url.startswith(prefix):
            return self.store.url
        return prefix + str(self.path(self.store.url.removeprefix(prefix)))


def structure(content: Mapping[str, Any], shape: type[T], *, where: str) -> T:
    """
    Turn parsed TOML into an attrs class; ``where`` names the table in errors.

    Raises:
        ConfigurationError: a key is unknown (the nearest known one is named) or a value is wrong.
    """
    _check_keys(content, shape, where)
    try:
        return _converter.structure(content, shape)
    except (ClassValidationError, IterableValidationError) as cause:
        raise ConfigurationError("; ".join(_faults(cause, where))) from cause


def _with_options(channel: Any) -> Any:
    """A channel's table is flat in the file: what is not ours is its transport's."""
    if not isinstance(channel, Mapping):
        return channel
    own = {field.name for field in attrs.fields(ChannelConfig)} - {"options"}
    prepared = {key: value for key, value in channel.items() if key in own}
    prepared["options"] = {key: value for key, value in channel.items() if key not in own}
    return prepared


def _check(config: GatewayConfig) -> None:
    for name in (*config.channels, *config.groups):
        try:
            check_name(name, of="a channel or group")
        except InvalidRequest as cause:
            raise ConfigurationError(str(cause)) from cause
    for name, group in config.groups.items():
        if not group.channels:
            raise ConfigurationError(f"[groups.{name}] has no channels")
        for channel in group.channels:
            if channel not in config.channels:
                raise ConfigurationError(
                    f"[groups.{name}] names the channel {channel!r}"
                    f"{_nearest(channel, config.channels)}"
                )
    for name in set(config.channels) & set(config.groups) | {"phones"} & {
        *config.channels,
        *config.groups,
    }:
        raise ConfigurationError(f"the name {name!r} is taken; rename the channel or group")
    _check_ranges(config)


def _check_ranges(config: GatewayConfig) -> None:
    http = config.http
    _check_range(http.port, "[http] port", lowest=0, highest=65_535)
    _check_range(http.submit_timeout, "[http] submit_timeout", lowest=0.01, highest=60)
    for name, channel in config.channels.items():
        _check_range(channel.price, f"[channels.{name}] price", lowest=0, highest=1_000_000)
    for name, tariff in config.tariffs.items():
        for key in ("provider_per_second", "queue_per_minute"):
            rate = getattr(tariff, key)
            if rate is not None:
                _check_range(rate, f"[tariffs.{name}] {key}", lowest=1, highest=1_000_000)
    texts = {"[http] host": http.host, "[security] key_file": config.security.key_file}
    for key, text in texts.items():
        if "\0" in text or not text:
            raise ConfigurationError(f"{key} cannot be {text!r}")


def _check_range(value: float, key: str, *, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:  # nan is in no range
        raise ConfigurationError(f"{key} must be between {lowest} and {highest}, not {value}")


def _check_keys(content: Mapping[str, Any], shape: type, where: str) -> None:
    known = {field.name: field for field in attrs.fields(shape) if field.name != "directory"}
    for key, value in content.items():
        if key not in known:
            table = f"[{where}]" if where else "the file"
            raise ConfigurationError(f"{table} has an unknown key {key!r}{_nearest(key, known)}")
        _check_inner(value, known[key].type, f"{where}.{key}".lstrip("."))


def _check_inner(value: Any, shape: Any, where: str) -> None:
    is_table = (isinstance(shape, type) and attrs.has(shape)) or get_origin(shape) is Mapping
    if is_table and not isinstance(value, Mapping):
        raise ConfigurationError(f"{where} must be a table, such as [{where}], not {value!r}")
    if isinstance(shape, type) and attrs.has(shape) and isinstance(value, Mapping):
        _check_keys(value, shape, where)
    arguments = get_args(shape)
    if isinstance(value, str) and any(get_origin(one) is tuple for one in (shape, *arguments)):
        # Otherwise it would be taken apart into its letters.
        raise ConfigurationError(f"{where} must be a list, such as [{value!r}]")
    if len(arguments) > 1 and isinstance(value, Mapping):
        for name, inner in value.items():
            _check_inner(inner, arguments[1], f"{where}.{name}")


def _nearest(key: str, known: Mapping[str, Any]) -> str:
    if close := difflib.get_close_matches(key, known, n=1):
        return f"; did you mean {close[0]!r}?"
    return f"; known are: {', '.join(known) or 'none'}"


def _strict(kinds: tuple[type, ...], what: str) -> Any:
    def check(value: Any, _: Any) -> Any:
        if type(value) not in kinds:
            raise TypeError(f"must be {what}, not {value!r}")
        return value

    return check


def _faults(error: BaseException, where: str) -> list[str]:
    """The leaves of a validation error, each with the table and key where it is."""
    if not isinstance(error, (ClassValidationError, IterableValidationError)):
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return [f"{where}: {reason}" if where else reason]
    faults: list[str] = []
    for inner in error.exceptions:
        step = _step_of(inner)
        faults.extend(_faults(inner, f"{where}.{step}".strip(".") if step else where))
    return faults


def _step_of(error: BaseException) -> str:
    for note in getattr(error, "__notes__", ()):
        name = getattr(note, "name", None)
        if name is None:
            name = getattr(note, "index", None)
        if name is not None:
            return str(name)
    return ""


_converter = cattrs.Converter()
_converter.register_structure_hook(str, _strict((str,), "a string"))
_converter.register_structure_hook(bool, _strict((bool,), "true or false"))
_converter.register_structure_hook(int, _strict((int,), "a whole number"))
_converter.register_structure_hook(float, _strict((int, float), "a number"))
_converter.register_structure_hook(Path, lambda value, _: Path(value))

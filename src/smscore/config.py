"""
The configuration file: TOML in, frozen values out, every mistake named with its remedy.

Longer than most modules, so that all settings are found in one place.
"""

import enum
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from socket import gethostname
from typing import Any, Self, TypeVar

import attrs

from smscore.domain.accounts import check_name
from smscore.domain.alerts import AlertKind
from smscore.domain.keywords import HELP_WORDS, START_WORDS, STOP_WORDS, Keywords
from smscore.domain.policies import DEFAULT_POLICY, DoubtPolicy, RetryPolicy
from smscore.domain.recipients import EmailAddress
from smscore.domain.webhooks import check_url
from smscore.errors import ConfigurationError, InvalidRequest
from smscore.options import between, is_given, networks, plain_address
from smscore.structuring import nearest, read_toml, structure

__all__ = [
    "HOOKS",
    "UNIX",
    "AlertReceiver",
    "AlertsConfig",
    "AppsConfig",
    "ChannelConfig",
    "ConsentConfig",
    "GatewayConfig",
    "GroupConfig",
    "HttpConfig",
    "InboundConfig",
    "LogConfig",
    "LogFormat",
    "MetricsAccess",
    "PhonesConfig",
    "PluginsConfig",
    "ProxyHeader",
    "Role",
    "SecurityConfig",
    "ServerConfig",
    "StoreConfig",
    "Tariff",
    "TracingConfig",
    "WebhooksConfig",
]

HOOKS = "hooks"
"""The first segment of the paths at which networks call their channels."""

UNIX = "unix"
"""Among the trusted proxies: whoever calls at a unix socket."""

T = TypeVar("T")

_WEEK = 7 * 86_400
_YEAR = 366 * 86_400
_SERVER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Whatever is between the first colon, unless that has ports behind it, and an @: a password may
# have everything else in it.
_PASSWORD = re.compile(
    r"://[^/?#@\[]*:(?![0-9]*(?:,[^/?@]*)?(?:[/?]|$))[^@]*@|[?&](?:ssl)?password=", re.IGNORECASE
)


def _is_server(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is not None and not _SERVER_NAME.fullmatch(value):
        raise ConfigurationError(
            f"{attribute.name} cannot be {value!r}: it is a name such as that of a host, "
            "of letters, digits, '.', '_' and '-'"
        )


@attrs.frozen(kw_only=True)
class StoreConfig:
    """
    Where everything is kept; a relative SQLite path begins at the configuration file.

    What is shown to people and logs is the URL: it has no password.
    """

    url: str = "sqlite:///smscore.db"


@attrs.frozen(kw_only=True)
class SecurityConfig:
    """``key_file``: what tokens and webhook secrets are derived from. Part of every backup."""

    key_file: str = attrs.field(default="smscore.key", validator=is_given)


class Role(enum.StrEnum):
    """What a server does of what there is to do on its store."""

    ALL = "all"
    API = "api"  # takes messages by HTTP and e-mail, and answers about them
    CHANNELS = "channels"  # sends and receives them, tells webhooks, and tidies up

    @property
    def has_doors(self) -> bool:
        """Whether callers submit their messages here."""
        return self is not Role.CHANNELS

    @property
    def has_channels(self) -> bool:
        """Whether messages leave from here."""
        return self is not Role.API


@attrs.frozen(kw_only=True)
class ServerConfig:
    """
    What this server is among those that share a store.

    ``name`` is what people call it, and must be its own; None: the name of the host.
    """

    role: Role = Role.ALL
    name: str | None = attrs.field(default=None, validator=_is_server)


class MetricsAccess(enum.StrEnum):
    """Who may read ``/metrics``."""

    OFF = "off"  # nobody: nothing is counted
    LOGIN = "login"  # users with the permission ``metrics``
    OPEN = "open"  # whoever reaches the port


class ProxyHeader(enum.StrEnum):
    """In which header proxies say who calls. The other one may be anybody's."""

    X_FORWARDED = "x-forwarded"  # X-Forwarded-For and X-Forwarded-Proto
    FORWARDED = "forwarded"  # Forwarded, of RFC 7239


@attrs.frozen(kw_only=True)
class HttpConfig:
    """The HTTP surfaces."""

    host: str = attrs.field(default="127.0.0.1", validator=is_given)
    port: int = attrs.field(default=8080, validator=between(0, 65_535))
    # Where the surfaces are from outside, such as behind a proxy; None: not to be reached there.
    public_url: str | None = attrs.field(
        default=None, validator=plain_address("https://sms.example.org")
    )
    explain: bool = False  # whether api.php adds the reason of a refusal to its body
    # Seconds until a submission is given up.
    submit_timeout: float = attrs.field(default=4.0, validator=between(0.01, 60))
    access_log: bool = True  # a line for each request; costs about a tenth of its time
    open_state: bool = False  # whether state.php answers without a login
    docs: bool = True  # whether /openapi.json and /docs are there, for everybody
    # PEM; with it the port speaks TLS.
    certificate: str | None = attrs.field(default=None, validator=is_given)
    # None: in the file of the certificate.
    key: str | None = attrs.field(default=None, validator=is_given)
    # Without TLS, beside the other.
    plain_port: int | None = attrs.field(default=None, validator=between(0, 65_535))
    # Networks of proxies that are believed who calls, or ``unix`` for those at a unix socket.
    trusted_proxies: tuple[str, ...] = attrs.field(default=(), validator=networks(UNIX))
    proxy_header: ProxyHeader = ProxyHeader.X_FORWARDED
    metrics: MetricsAccess = MetricsAccess.OFF

    def __attrs_post_init__(self) -> None:
        if self.certificate is None and (self.key is not None or self.plain_port is not None):
            raise ConfigurationError("key and plain_port need a certificate")

    def hooks_of(self, channel: str) -> str | None:
        """Where a channel's network calls it, but for the last segment; None: nowhere."""
        if self.public_url is None:
            return None
        place = self.public_url.rstrip("/").removesuffix("/api")  # as links of the queue API do
        return f"{place}/{HOOKS}/{channel}"


@attrs.frozen(kw_only=True)
class PhonesConfig:
    """The phones that fetch messages and send them."""

    # Seconds without a word, after which somebody should look.
    silent_after: float = attrs.field(default=900.0, validator=between(60, 365 * 86_400))


@attrs.frozen(kw_only=True)
class InboundConfig:
    """What arrives."""

    # Seconds after the last part that came of a long message, after which it is kept with its gaps.
    wait_for_parts: float = attrs.field(default=3600.0, validator=between(1, 72 * 3600))


@attrs.frozen(kw_only=True)
class AppsConfig:
    """``directory``: where the files of published apps are; None: ``apps`` beside the database."""

    directory: str | None = attrs.field(default=None, validator=is_given)


@attrs.frozen(kw_only=True)
class WebhooksConfig:
    """
    Which endpoints may be called, and how long a broken one is.

    ``allow`` are networks such as ``10.0.0.0/8`` to which webhooks may go though they are not
    public: loopback, private, link-local. ``disable_after`` are seconds for which nothing has
    reached an endpoint.
    """

    allow: tuple[str, ...] = attrs.field(default=(), validator=networks())
    disable_after: float = attrs.field(default=5 * 86_400.0, validator=between(60, _YEAR))


@attrs.frozen(kw_only=True)
class ConsentConfig:
    """
    The words by which people opt out and in or ask for help, and what they are answered.

    STOP, START and HELP are always among them; an empty answer is not sent. ``account`` is who
    answers what came by channels that have no account of their own.
    """

    stop: tuple[str, ...] = STOP_WORDS
    start: tuple[str, ...] = START_WORDS
    help: tuple[str, ...] = HELP_WORDS
    stop_reply: str = "You will get no more messages from us. Reply START to get them again."
    start_reply: str = "You will get messages from us again. Reply STOP to end them."
    help_reply: str = ""  # then HELP is a message like any other
    account: str | None = None

    def __attrs_post_init__(self) -> None:
        try:
            Keywords(stop=self.stop, start=self.start, help=self.help)
            if self.account is not None:
                check_name(self.account, of="an account")
        except InvalidRequest as cause:
            raise ConfigurationError(str(cause)) from cause


@attrs.frozen(kw_only=True)
class AlertReceiver:
    """
    Who hears of alerts: an address that is called, signed, or one to which mail goes.

    ``channel`` is the channel of e-mail whose relay takes the mail; None: the only one there is.
    """

    url: str | None = attrs.field(default=None, repr=False)
    to: str | None = None
    channel: str | None = None

    def __attrs_post_init__(self) -> None:
        try:
            if self.to is not None:
                EmailAddress.parse(self.to)
        except InvalidRequest as cause:
            raise ConfigurationError(str(cause)) from cause
        if (self.url is None) is (self.to is None):
            raise ConfigurationError("either url or to is needed, and not both")
        if self.channel is not None and self.to is None:
            raise ConfigurationError("channel is for mail; say to whom with to")
        try:
            if self.url is not None:
                check_url(self.url)
        except InvalidRequest as cause:  # which leaves the address unsaid: it may hold a secret
            raise ConfigurationError(f"{cause}, such as https://host/path") from cause


@attrs.frozen(kw_only=True)
class AlertsConfig:
    """
    When operators are told that something is wrong, and who; without receivers nobody is.

    Times are in seconds. ``hold`` is for how long something must be wrong that has no time of its
    own, ``settle`` for how long it must be well again, ``pause`` what lies between two calls or
    mails to one receiver at least. ``ignore`` are kinds of alerts of which nobody is to hear.
    """

    receivers: Mapping[str, AlertReceiver] = attrs.field(factory=dict)
    channel_down: float = attrs.field(default=120.0, validator=between(0, _WEEK))
    queue_age: float = attrs.field(default=900.0, validator=between(0, _WEEK))
    store_failing: float = attrs.field(default=30.0, validator=between(0, _WEEK))
    # Credits; None: nobody asks.
    low_credit: int | None = attrs.field(default=None, validator=between(1, 10**12))
    sim_full: float = attrs.field(default=0.8, validator=between(0.1, 1))  # of its places
    # Deliveries that were given up.
    dead_letters: int = attrs.field(default=1, validator=between(1, 1_000_000))
    hold: float = attrs.field(default=60.0, validator=between(0, _WEEK))
    settle: float = attrs.field(default=300.0, validator=between(0, _WEEK))
    pause: float = attrs.field(default=30.0, validator=between(0, _WEEK))
    remind_after: float = attrs.field(default=43_200.0, validator=between(60, _YEAR))
    ignore: tuple[AlertKind, ...] = ()


class LogFormat(enum.StrEnum):
    """What a line of the log is."""

    TEXT = "text"  # for people
    JSON = "json"  # an object, for programs


@attrs.frozen(kw_only=True)
class LogConfig:
    """
    How the bundled server logs.

    ``texts`` lets texts of messages stay in details, which only ``--verbose`` shows.
    """

    format: LogFormat = LogFormat.TEXT
    texts: bool = False


@attrs.frozen(kw_only=True)
class TracingConfig:
    """
    ``endpoint``: where the bundled server sends traces by OTLP over HTTP; None: it makes none.

    ``ratio`` is how many of the messages are traced, from 0 to 1.
    """

    endpoint: str | None = attrs.field(
        default=None, validator=plain_address("http://127.0.0.1:4318/v1/traces")
    )
    ratio: float = attrs.field(default=1.0, validator=between(0, 1))


@attrs.frozen(kw_only=True)
class PluginsConfig:
    """``enabled``: entry-point names of the plugins to load; None loads all that are installed."""

    enabled: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class Tariff:
    """An account's commercial plan; None means unlimited."""

    provider_per_second: int | None = attrs.field(default=None, validator=between(1, 1_000_000))
    queue_per_minute: int | None = attrs.field(default=None, validator=between(1, 1_000_000))

    def shared_by(self, servers: int) -> Self:
        """What each of so many servers allows; together they allow no more, but each one call."""
        limits = (self.provider_per_second, self.queue_per_minute)
        second, minute = (None if one is None else max(1, one // servers) for one in limits)
        return attrs.evolve(self, provider_per_second=second, queue_per_minute=minute)


@attrs.frozen(kw_only=True)
class ChannelConfig:
    """One channel; ``options`` belong to its transport and are checked by it."""

    transport: str
    # Credits a part; None: 1 of an SMS, 0 by Telegram and e-mail.
    price: int | None = attrs.field(default=None, validator=between(0, 1_000_000))
    account: str | None = None  # whose inbound messages these are
    # The name of the one server that may run it; None: any.
    runs_on: str | None = attrs.field(default=None, validator=_is_server)
    in_doubt: DoubtPolicy = DoubtPolicy.INDETERMINATE  # of messages that may or may not have left
    retry: RetryPolicy = DEFAULT_POLICY.retry  # of messages that did not leave
    # Seconds to accept a Telegram message that could go as an SMS.
    fall_back_after: float = attrs.field(default=30.0, validator=between(1, 86_400))
    options: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class GroupConfig:
    """Channels that stand for one another."""

    channels: tuple[str, ...]


_SQLITE = "sqlite:///"

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
    server: ServerConfig = ServerConfig()
    http: HttpConfig = HttpConfig()
    phones: PhonesConfig = PhonesConfig()
    inbound: InboundConfig = InboundConfig()
    apps: AppsConfig = AppsConfig()
    webhooks: WebhooksConfig = WebhooksConfig()
    consent: ConsentConfig = ConsentConfig()
    alerts: AlertsConfig = AlertsConfig()
    log: LogConfig = LogConfig()
    tracing: TracingConfig = TracingConfig()
    plugins: PluginsConfig = PluginsConfig()
    tariffs: Mapping[str, Tariff] = attrs.field(factory=lambda: dict(_TARIFFS))
    channels: Mapping[str, ChannelConfig] = attrs.field(factory=dict)
    groups: Mapping[str, GroupConfig] = attrs.field(factory=dict)
    agent: Mapping[str, Any] = attrs.field(factory=dict)  # checked by the agent itself
    smtp: Mapping[str, Any] = attrs.field(factory=dict)  # checked by the door itself
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
            return cls.from_mapping(read_toml(path), directory=path.parent)
        except FileNotFoundError as cause:
            raise ConfigurationError(
                f"there is no configuration file {path}; 'smscore init' writes one"
            ) from cause
        except (OSError, tomllib.TOMLDecodeError) as cause:
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

    def may_run(self, channel: str) -> bool:
        """Whether a server with this configuration may have the channel and its device."""
        configured = self.channels.get(channel)
        runs_on = None if configured is None else configured.runs_on
        return self.server.role.has_channels and runs_on in (None, self.server_name)

    def with_role(self, role: Role) -> Self:
        """
        The same configuration for a server of this role.

        Raises:
            ConfigurationError: its store bears one server only.
        """
        config = attrs.evolve(self, server=attrs.evolve(self.server, role=role))
        _check_role(config)
        return config

    def options_of(self, channel: str, shape: type[T]) -> T:
        """
        The options of a channel as its transport's attrs class; relative paths begin as all do.

        Raises:
            ConfigurationError: a key is unknown or a value is wrong.
        """
        return structure(
            self.channels[channel].options,
            shape,
            where=f"channels.{channel}",
            directory=self.directory,
        )

    def path(self, relative: str) -> Path:
        """A path of the configuration, from where the configuration is."""
        return (self.directory / relative).absolute()

    @property
    def server_name(self) -> str:
        """What this server is called."""
        return self.server.name or gethostname()

    @property
    def store_url(self) -> str:
        """The store's address, its path made absolute."""
        path = self._store_path
        return self.store.url if path is None else f"{_SQLITE}{path}"

    @property
    def owners(self) -> frozenset[str]:
        """The accounts to which what arrives may belong: those of channels and of inboxes."""
        inboxes = self.smtp.get("inboxes")
        names = [channel.account for channel in self.channels.values()]
        names += inboxes.values() if isinstance(inboxes, Mapping) else ()
        return frozenset(name for name in names if name)

    @property
    def apps_directory(self) -> Path:
        """Where the files of published apps are."""
        if self.apps.directory is not None:
            return self.path(self.apps.directory)
        path = self._store_path
        return self.path("apps") if path is None else path.parent / "apps"

    def app_file(self, digest: str) -> Path:
        """The file of a published app with this SHA-256 digest."""
        return self.apps_directory / f"{digest}.apk"

    @property
    def _store_path(self) -> Path | None:
        if not self.store.url.startswith(_SQLITE):
            return None
        return self.path(self.store.url.removeprefix(_SQLITE))


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
                    f"{nearest(channel, config.channels)}"
                )
    for name in set(config.channels) & set(config.groups) | {"phones"} & {
        *config.channels,
        *config.groups,
    }:
        raise ConfigurationError(f"the name {name!r} is taken; rename the channel or group")
    _check_store(config.store)
    _check_role(config)
    _check_receivers(config)


def _check_store(store: StoreConfig) -> None:
    if _PASSWORD.search(store.url):
        raise ConfigurationError(
            "[store] url has a password in it; put it into a file for smscore's user alone, a line "
            "host:port:database:user:password, and write ?passfile=/path/to/it behind the URL"
        )


def _check_role(config: GatewayConfig) -> None:
    if config.server.role is not Role.ALL and config.store_url.startswith(_SQLITE):
        raise ConfigurationError(
            f"[server] role cannot be {config.server.role.value!r} on {config.store.url}: a file "
            "of SQLite bears one server, which does everything; keep the role 'all', or move to "
            "PostgreSQL (docs/operating.md)"
        )


def _check_receivers(config: GatewayConfig) -> None:
    for name, receiver in config.alerts.receivers.items():
        where, channel = f"[alerts.receivers.{name}]", receiver.channel
        try:
            check_name(name, of="a receiver")
        except InvalidRequest as cause:
            raise ConfigurationError(f"{where} {cause}") from cause
        if channel is not None and channel not in config.channels:
            raise ConfigurationError(
                f"{where} names the channel {channel!r}{nearest(channel, config.channels)}"
            )

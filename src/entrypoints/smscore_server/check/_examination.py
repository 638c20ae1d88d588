"""
What is right and wrong with an installation: looked at piece by piece, and mended nowhere.
"""

import os
from collections.abc import Container, Iterable, Iterator, Mapping, Set
from pathlib import Path
from shlex import quote

import attrs

from smscore import Gateway, GatewayConfig, build
from smscore.config import GroupConfig
from smscore.domain.channels import ChannelMode
from smscore.domain.routes import Route
from smscore.domain.routing import PHONES
from smscore.errors import GatewayError, PluginError, StoreUnavailable
from smscore.files import open_file
from smscore.plugins import LoadedPlugins, load
from smscore.ports.clock import SystemClock
from smscore.services.inquiry import ChannelOverview
from smscore_server._output import instant, printable, several
from smscore_server.check._alerts import alerts
from smscore_server.check._apps import apps
from smscore_server.check._certificates import certificates
from smscore_server.check._consent import opt_outs
from smscore_server.check._devices import devices
from smscore_server.check._findings import Finding, note, ok, wrong
from smscore_server.check._mails import mails
from smscore_server.check._parts import parts
from smscore_server.check._secrets import secrets
from smscore_server.check._servers import servers
from smscore_server.check._serving import serving
from smscore_server.check._webhooks import endpoints, receivers, webhooks

__all__ = ["examine", "examine_certificates"]


_PLUGIN_REMEDY = (
    "'smscore plugins' shows what is installed; mend or remove it, or name the others under "
    "[plugins] enabled"
)


def examine(config_file: Path, *, patience: float) -> Iterator[Finding]:
    """
    Look at everything that can be seen: a fault hides only what cannot be known without it.

    ``patience`` is the time in seconds in which the channels must have become ready.
    """
    try:
        config = GatewayConfig.from_toml(config_file)
    except GatewayError as fault:
        yield wrong("configuration", str(fault), remedy="correct it, then check again")
        return
    yield ok("configuration", str(config_file))
    yield from secrets(config, config_file)
    yield from _installation(config, patience=patience)


def examine_certificates(config_file: Path) -> Iterator[Finding]:
    """Look only at whether the server can use its certificates."""
    try:
        yield from certificates(GatewayConfig.from_toml(config_file), now=None)
    except GatewayError as fault:
        yield wrong("configuration", str(fault), remedy="correct it, then check again")


def _installation(config: GatewayConfig, *, patience: float) -> Iterator[Finding]:
    try:
        loaded = load(config.plugins.enabled)
    except GatewayError as fault:
        yield wrong("plugins", str(fault), remedy=_PLUGIN_REMEDY)
        return
    yield ok("plugins", ", ".join(loaded.names))
    yield from _key_file(config)
    yield from certificates(config, now=SystemClock().now())
    yield from serving(config)
    yield from _agent(config)
    if not config.channels:
        yield note("channels", "none is configured: only phones can carry messages")
    faults = _channel_faults(config, loaded)
    for name, found in faults.items():
        yield wrong(f"channel {name}", str(found), remedy=f"correct [channels.{name}]")
    try:
        gateway = build(_without(config, faults))
    except GatewayError as fault:
        yield wrong("database", str(fault), remedy=_store_remedy(config, fault))
    else:
        with gateway:
            yield from _contents(gateway, config)
            yield from opt_outs(gateway)
            yield from mails(gateway)
            yield from parts(gateway)
            yield from _phones(gateway)
            yield from endpoints(gateway)
            yield from receivers(gateway, loaded)
            yield from servers(gateway)
            yield from alerts(gateway)
            yield from devices(gateway, patience=patience)
    yield webhooks(config, loaded)


def _channel_faults(config: GatewayConfig, loaded: LoadedPlugins) -> Mapping[str, GatewayError]:
    faults = {}
    for name, channel in config.channels.items():
        try:
            kind = loaded.registry.transport_kind(channel.transport)
            kind.make(name, config.options_of(name, kind.options))
        except GatewayError as fault:
            faults[name] = fault
    return faults


def _without(config: GatewayConfig, broken: Container[str]) -> GatewayConfig:
    """The configuration of the channels that can be made: they are looked at nevertheless."""
    sound = {name: one for name, one in config.channels.items() if name not in broken}
    left = {
        name: tuple(one for one in group.channels if one in sound)
        for name, group in config.groups.items()
    }
    groups = {name: GroupConfig(channels=channels) for name, channels in left.items() if channels}
    return attrs.evolve(config, channels=sound, groups=groups)


def _store_remedy(config: GatewayConfig, fault: GatewayError) -> str:
    if isinstance(fault, StoreUnavailable):
        return "is it a database of smscore, and allowed to you? If it is damaged, restore a backup"
    if config.store_url.startswith("postgresql:") and not isinstance(fault, PluginError):
        return "is the URL right? 'smscore migrate' makes an empty database one of smscore"
    prefix = "sqlite:///"
    if isinstance(fault, PluginError) or not config.store_url.startswith(prefix):
        return f"correct [store] url; a database in a file is written {prefix}smscore.db"
    if Path(config.store_url.removeprefix(prefix)).exists():
        return "copy it, then 'smscore migrate'; what a newer smscore made needs that version"
    return "'smscore migrate' creates it, unless it is elsewhere: then correct [store] url"


def _key_file(config: GatewayConfig) -> Iterator[Finding]:
    path = config.path(config.security.key_file)
    try:
        with open_file(path) as file:
            found = os.fstat(file.fileno())
    except OSError as fault:
        is_gone = isinstance(fault, FileNotFoundError)
        yield wrong(
            "key file",
            f"{path}: {fault.strerror}",
            remedy="restore it from a backup; otherwise the next command makes a new one, "
            "and every queue token changes"
            if is_gone
            else "it is a file that the server's user can read, named by [security] key_file",
        )
        return
    mode, size = found.st_mode, found.st_size
    if mode & 0o077:
        yield wrong("key file", f"{path} can be read by others", remedy=f"chmod 600 {path}")
    if size < 32:
        yield wrong("key file", f"{path} is too short", remedy="restore it from a backup")
    elif not mode & 0o077:
        yield ok("key file", str(path))


def _agent(config: GatewayConfig) -> Iterator[Finding]:
    if not config.agent:
        return
    # Loaded here: few installations are an agent's, and it brings an HTTP client.
    from smscore_server.agent import settings_of

    try:
        options, _ = settings_of(config)
    except GatewayError as fault:
        yield wrong("agent", str(fault), remedy="correct [agent]; docs/agent.md explains each key")
    else:
        # Asking it would have messages handed out, or tell it something.
        yield note("agent", f"for {options.server}, which was not asked")


def _contents(gateway: Gateway, config: GatewayConfig) -> Iterator[Finding]:
    try:
        found = gateway.inquiry.accounts()
        faults = {
            one.name: gateway.inquiry.account_statement(one.id, limit=1).faults for one in found
        }
        routes, channels = gateway.rules.current().routes, gateway.inquiry.channels()
    except GatewayError as fault:
        yield wrong("database", str(fault), remedy=_store_remedy(config, fault))
        return
    yield ok("database", config.store_url)
    accounts = faults.keys()
    if not accounts:
        remedy = "smscore account create NAME --country DE"
        yield note("accounts", "there is none yet", remedy=remedy)
    for name, channel in config.channels.items():
        if channel.account is not None and channel.account not in accounts:
            yield wrong(
                f"channel {name}",
                f"its messages belong to {channel.account!r}, which is no account",
                remedy=f"smscore account create {channel.account}, or correct [channels.{name}]",
            )
    for name, said in faults.items():
        if said:
            remedy = f"back up the database as it is; see 'smscore account statement {name}'"
            yield wrong(f"ledger of {name}", said[0], remedy=remedy)
    yield from apps(gateway)
    yield from _queues(channels, known=config.channels)
    yield from _rules(routes, known={PHONES, *config.channels, *config.groups})
    try:
        gateway.rules.prepare()
    except GatewayError as fault:
        remedy = "install what is missing, or 'smscore rules apply' rules without patterns"
        yield wrong("rules", str(fault), remedy=remedy)


def _queues(channels: Iterable[ChannelOverview], *, known: Container[str]) -> Iterator[Finding]:
    for one in channels:
        count = several(one.queued, "message")
        if not one.is_configured and one.name not in known:
            yield wrong(
                f"queue {one.name}",
                f"{count} for a channel that is not configured",
                remedy=f"configure [channels.{one.name}], or 'smscore messages cancel' them",
            )
        elif one.mode is not ChannelMode.RUNNING:
            because = f" ({one.why})" if one.why else ""
            yield note(
                f"queue {one.name}",
                f"{one.mode}{because}, with {count}",
                remedy=f"smscore channel resume {one.name}",
            )


def _phones(gateway: Gateway) -> Iterator[Finding]:
    try:
        found = gateway.phones.all()
    except GatewayError:
        return  # said already of the database
    for one in found:
        if one.is_silent:
            name = quote(one.device.name) if one.device.name else "--unnamed"
            dashes = "-- " if one.device.name.startswith("-") else ""
            yield wrong(
                f"phone {printable(one.title)}",
                f"silent since {instant(one.device.last_seen)}",
                remedy="is it on, and connected? One that was put away: "
                f"smscore device forget --account {one.account} {dashes}{name}",
            )
    if found and not any(one.is_silent for one in found):
        yield ok("phones", f"{several(len(found), 'device')}, none of them silent")


def _rules(routes: Iterable[Route], *, known: Set[str]) -> Iterator[Finding]:
    for route in routes:
        for name in sorted({*route.channels, *route.weights} - known):
            yield wrong(
                f"rule {route.name}",
                f"it names the channel {name!r}, which is not configured",
                remedy="configure the channel, or 'smscore rules apply' without it",
            )

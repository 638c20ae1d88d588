"""
The commands about channels: see what waits, let one pause, run empty, or work again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from smscore import Gateway
from smscore.domain.channels import ChannelMode
from smscore.domain.routing import PHONES
from smscore.services.inquiry import ChannelOverview
from smscore_server._opening import opened
from smscore_server._options import check_text, config_option, json_option
from smscore_server._output import instant, several, show_fields, show_json, show_table

__all__ = ["channel"]

_EFFECTS = {
    ChannelMode.RUNNING: "sends, and is chosen for new messages",
    ChannelMode.PAUSED: "sends nothing; its messages wait, and new ones join them",
    ChannelMode.DRAINING: "sends what it has, and is chosen for nothing new",
}

_why_option = click.option(
    "--why", default="", callback=check_text, metavar="TEXT", help="The reason, for the list."
)
_name_argument = click.argument("name", callback=check_text)


@click.group()
def channel() -> None:
    """
    Pause channels, let them run empty, resume them; see what waits.

    \b
    Example: smscore channel pause modem-1 --why "new SIM card"
    """


@channel.command("list")
@json_option
@config_option
def list_channels(*, as_json: bool, config_file: Path) -> None:
    """
    List the channels in the order of the configuration, with their mode, their state, what waits.

    The state is what the server saw when it last looked, at least once a minute: ready, not ready,
    or down when a person should help. Below the table stands what is known of each. Phone queues
    are listed while something waits in them, and so are channels that are no longer configured.

    \b
    Example: smscore channel list
    JSON: a list with name, transport, mode (running, paused, draining), queued, since, why,
          is_configured, links (how many numbers are linked to a bot), state (ready, not ready,
          down), detail, state_since, seen_at, signal_dbm, identity, facts, server (which of
          several runs it)
    """
    with opened(config_file) as gateway:
        found = [_as_document(gateway, one) for one in gateway.inquiry.channels()]
    if as_json:
        show_json(found)
        return
    columns = ("name", "transport", "mode", "queued", "since", "state", "seen_at")
    show_table(
        [*columns, "why"],
        [[*(one[key] for key in columns), _reason(one)] for one in found],
    )
    for one in found:
        if one["state"] is not None:
            click.echo()
            show_fields(_seen(one))


@channel.command("pause")
@_name_argument
@_why_option
@json_option
@config_option
def pause_channel(*, name: str, why: str, as_json: bool, config_file: Path) -> None:
    """
    Let a channel send nothing until it is resumed.

    Its messages wait for it, and new ones join them. A running server follows within a second, and
    finishes the message that it is sending. It stays so over a restart.

    \b
    Example: smscore channel pause modem-1 --why "new SIM card"
    JSON keys: those of 'smscore channel list --json'
    """
    _set(name, ChannelMode.PAUSED, why=why, as_json=as_json, config_file=config_file)


@channel.command("drain")
@_name_argument
@_why_option
@json_option
@config_option
def drain_channel(*, name: str, why: str, as_json: bool, config_file: Path) -> None:
    """
    Let a channel send what it has, and choose it for nothing new.

    New messages go to the other channels of their rule. When nothing waits for it any more, it can
    be taken out of the configuration.

    \b
    Example: smscore channel drain modem-1 --why "contract ends"
    JSON keys: those of 'smscore channel list --json'
    """
    _set(name, ChannelMode.DRAINING, why=why, as_json=as_json, config_file=config_file)


@channel.command("resume")
@_name_argument
@_why_option
@json_option
@config_option
def resume_channel(*, name: str, why: str, as_json: bool, config_file: Path) -> None:
    """
    Let a channel work again that was paused or was running empty.

    \b
    Example: smscore channel resume modem-1
    JSON keys: those of 'smscore channel list --json'
    """
    _set(name, ChannelMode.RUNNING, why=why, as_json=as_json, config_file=config_file)


def _set(name: str, mode: ChannelMode, *, why: str, as_json: bool, config_file: Path) -> None:
    with opened(config_file) as gateway:
        gateway.administration.set_channel_mode(name, mode, why=why)
        found = next(one for one in gateway.inquiry.channels() if one.name == name)
        document = _as_document(gateway, found)
    if as_json:
        show_json(document)
        return
    click.echo(f"{name} is {mode}: it {_EFFECTS[mode]}.")
    waiting = several(found.queued, "message")
    click.echo(f"{waiting} {'waits' if found.queued == 1 else 'wait'} for it now.")


def _reason(one: Mapping[str, object]) -> object:
    return (one["why"] or None) if one["is_configured"] else "not in the configuration"


def _seen(one: Mapping[str, Any]) -> list[tuple[str, object]]:
    """What is known of a channel, for people."""
    dbm = one["signal_dbm"]
    fields = {
        one["name"]: one["detail"],
        "server": one["server"],
        "since": one["state_since"],
        "device": one["identity"],
        "signal": None if dbm is None else f"{dbm} dBm",
        "links": one["links"],
        **one["facts"],
    }
    return [(name, value) for name, value in fields.items() if value is not None]


def _as_document(gateway: Gateway, found: ChannelOverview) -> dict[str, object]:
    configured = gateway.config.channels.get(found.name)
    if configured is None:
        transport = PHONES if found.name.startswith(f"{PHONES}/") else None
    else:
        transport = configured.transport
    return {
        "name": found.name,
        "transport": transport,
        "mode": found.mode.value,
        "queued": found.queued,
        "since": instant(found.since),
        "why": found.why,
        "is_configured": found.is_configured,
        "links": found.links,
        "server": found.server,
        **_health(found),
    }


def _health(found: ChannelOverview) -> dict[str, object]:
    sighting = found.sighting
    if sighting is None:
        unseen = ("state", "detail", "state_since", "seen_at", "signal_dbm", "identity")
        return {**dict.fromkeys(unseen), "facts": {}}
    health = sighting.health
    not_ready = "down" if sighting.is_down else "not ready"
    return {
        "state": "ready" if health.is_ready else not_ready,
        "detail": health.detail,
        "state_since": instant(sighting.since),
        "seen_at": instant(sighting.at),
        "signal_dbm": health.signal_dbm,
        "identity": health.identity,
        "facts": dict(health.facts),
    }

"""
The command that shows which servers share the store.
"""

from datetime import timedelta
from pathlib import Path

import click

from smscore.services.inquiry import ServerOverview
from smscore_server._clocks import identity, offsets, told
from smscore_server._opening import opened
from smscore_server._options import config_option, json_option
from smscore_server._output import instant, show_json, show_table

__all__ = ["servers"]


@click.command()
@json_option
@config_option
def servers(*, as_json: bool, config_file: Path) -> None:
    """
    List the servers on the store: who lives, and what each of them does.

    A server that was not heard of for 30 seconds is dead: what any server can do another one does
    now, and channels with a device wait for it. It is shown for a day; one that was stopped in
    order is not. One that only seems to be silent, since its clock is wrong, is told apart: that
    takes up to 12 seconds, in which each server that lives is heard of.

    \b
    Example: smscore servers
    JSON: a list with name, role (all, api, channels), version, is_alive, clock_ahead (seconds
          by which its clock is wrong, null if it is right), started_at, heartbeat_at, runs (what
          it has the right to), conflicts (channels with a device that another server has in its
          configuration, too)
    """
    with opened(config_file) as gateway:
        found = gateway.inquiry.servers()
        clocks = offsets(gateway, found)
    if as_json:
        show_json([_as_document(one, ahead=clocks.get(identity(one))) for one in found])
        return
    show_table(
        ["name", "role", "version", "state", "started_at", "heartbeat_at", "runs"],
        [
            [
                one.about.name,
                one.about.role,
                one.about.version,
                _state(one, ahead=clocks.get(identity(one))),
                instant(one.about.started_at),
                instant(one.heartbeat_at),
                ", ".join(one.runs) or None,
            ]
            for one in found
        ],
    )
    for one in found:
        if (ahead := clocks.get(identity(one))) is not None:
            click.echo(
                f"\n{one.about.name} lives, but {told(ahead)}: have both set by a time service"
            )
        for channel in one.conflicts:
            click.echo(
                f"\nchannel {channel} has a device, and is configured on {one.about.name} and on "
                "another server; say with 'runs_on' in its table whose it is"
            )


def _state(one: ServerOverview, *, ahead: timedelta | None) -> str:
    if ahead is not None:
        return "wrong clock"
    return "alive" if one.is_alive else "silent"


def _as_document(one: ServerOverview, *, ahead: timedelta | None) -> dict[str, object]:
    return {
        "name": one.about.name,
        "role": one.about.role,
        "version": one.about.version,
        "is_alive": one.is_alive or ahead is not None,
        "clock_ahead": None if ahead is None else round(ahead.total_seconds(), 1),
        "started_at": instant(one.about.started_at),
        "heartbeat_at": instant(one.heartbeat_at),
        "runs": list(one.runs),
        "conflicts": list(one.conflicts),
    }

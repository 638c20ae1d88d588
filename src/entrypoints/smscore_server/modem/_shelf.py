"""
The command about what a channel set aside: received and unreadable, or sent and not understood.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from smscore import GatewayConfig, build
from smscore_modem import study_of
from smscore_server._options import check_text, config_option, json_option
from smscore_server._output import several, show_json, show_table
from smscore_server.control import control_path
from smscore_server.modem._asking import RunningServer
from smscore_server.modem._borrowing import only_channel
from smscore_server.modem._reaching import chosen_channel

__all__ = ["shelf"]


@click.command()
@click.option(
    "--modem",
    callback=check_text,
    metavar="NAME",
    help="The channel; may be left out if only one modem is configured.",
)
@click.option("--retry", is_flag=True, help="Read them once more, as after an upgrade.")
@click.option("--discard", is_flag=True, help="Throw them away.")
@click.argument("entries", metavar="[ENTRY]...", nargs=-1)
@json_option
@config_option
def shelf(
    *,
    modem: str | None,
    retry: bool,
    discard: bool,
    entries: tuple[str, ...],
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Show what a modem's channel set aside for study.

    That is what it received and nobody can read (unreadable/…), and what was sent and the modem did
    not understand (poison/…), as it went over the line; the newest 500 of each. Needs neither modem
    nor server. What can be read with --retry becomes an ordinary message or report. --discard wants
    to know which, or 'all'.

    \b
    Example: smscore modem shelf --modem modem-1
             smscore modem shelf --retry
             smscore modem shelf --discard unreadable/0 poison/3
    JSON keys: modem, entries: a list with entry, at, why, pdu (in hexadecimal), length (as the
               modem said it); with --retry read and unreadable, with --discard discarded: names
    """
    do = _wanted(retry=retry, discard=discard, entries=entries)
    config = GatewayConfig.from_toml(config_file)
    name = chosen_channel(config, modem)
    answer = _study(config, name, {"do": do, "entries": " ".join(entries) or "all"})
    if as_json:
        show_json({"modem": name, **answer})
    elif do == "list":
        _show(answer["entries"])
    else:
        click.echo(", ".join(_told(what, names) for what, names in answer.items()))


def _wanted(*, retry: bool, discard: bool, entries: tuple[str, ...]) -> str:
    if retry and discard:
        raise click.UsageError("give either --retry or --discard")
    if discard and not entries:
        raise click.UsageError("say which to discard by their names, or 'all'")
    return "retry" if retry else "discard" if discard else "list"


def _study(config: GatewayConfig, name: str, arguments: Mapping[str, str]) -> Mapping[str, Any]:
    server = RunningServer.at(control_path(config))
    if server is not None:
        with server:
            return server.operate(name, "shelf", arguments)
    # It all lies in the store: whoever has the modem now need not be disturbed.
    with build(only_channel(config, name)) as gateway:
        study = study_of(
            name, sink=gateway.reception, journal=gateway.journal(name), clock=gateway.clock
        )
        return study.run(arguments)


def _show(entries: list[Mapping[str, str]]) -> None:
    if not entries:
        click.echo("nothing is set aside", err=True)
        return
    columns = ("entry", "at", "why", "pdu")
    show_table(
        ["entry", "set aside at", "why", "pdu"], [[one[key] for key in columns] for one in entries]
    )


def _told(what: str, names: list[str]) -> str:
    words = {"read": "read", "unreadable": "still unreadable", "discarded": "discarded"}
    return f"{several(len(names), 'entry', plural='entries')} {words[what]}"

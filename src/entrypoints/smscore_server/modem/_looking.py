"""
The commands that look at modems: what there is, how it is, what it holds and says.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import click

from smscore_server._options import config_option, json_option
from smscore_server._output import Failure, printable, show_json, show_table
from smscore_server.modem._facts import identity_of, show_facts, signal_of
from smscore_server.modem._reaching import Choice, modem_options, reached

__all__ = ["identify", "inbox", "list_modems", "signal", "transcript", "watch"]


@click.command("list")
@json_option
@config_option
def list_modems(*, as_json: bool, config_file: Path) -> None:
    """
    List the modems, and the ports to connect one.

    How a modem is was seen by the server, when it last ran. No port is opened. Without a
    configuration the ports are listed all the same.

    \b
    Example: smscore modem list
    JSON keys: modems (a list with name, port, ready, signal_dbm, identity, detail, seen_at),
               ports (a list with path, device, label, modem), devices (USB devices of makers of
               modems without a port, with what is wrong)
    """
    from smscore_server.modem import _list

    _list.show(config_file, as_json=as_json)


@click.command()
@modem_options
def identify(*, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Say which modem, firmware and SIM it is, and whether it is ready.

    A SIM that is locked says nothing of itself; the modem does all the same.

    \b
    Example: smscore modem identify --modem modem-1
             smscore modem identify --port /dev/ttyUSB2
    JSON keys: modem, manufacturer, model, revision, imei, imsi, iccid, profile, detail
    """
    with reached(choice, needs_ready=False) as found:
        show_facts(found.name, identity_of(found), as_json=as_json)


@click.command()
@modem_options
def signal(*, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Say how good signal and registration are.

    -70 dBm is good, -100 is poor, below that messages get lost.

    \b
    Example: smscore modem signal --modem modem-1
    JSON keys: modem, signal_dbm, registration (the state of each domain, by its AT command), detail
    """
    with reached(choice, needs_ready=False) as found:
        show_facts(found.name, signal_of(found), as_json=as_json)


@click.command()
@modem_options
def inbox(*, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Show the texts in a modem, and leave them there.

    Those of its SIM are among them. Beside a running server there are few: it takes them out as
    they come.

    \b
    Example: smscore modem inbox --modem modem-1
    JSON keys: modem, stores (used and total of each), messages: a list with store, index, kind
               (text, report, unreadable); of a text sender, sent_at, text
    """
    with reached(choice) as found:
        answer = found.operate("inbox")
    if as_json:
        show_json({"modem": found.name, **answer})
        return
    if not answer["messages"]:
        click.echo("nothing lies in the modem", err=True)
        return
    show_table(
        ["store", "index", "kind", "from", "sent_at", "text"],
        [
            [
                *(one["store"], one["index"], one["kind"]),
                *(one.get("sender"), one.get("sent_at"), one.get("text")),
            ]
            for one in answer["messages"]
        ],
    )


@click.command()
@modem_options
def watch(*, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Follow a modem until Ctrl-C.

    Tells its state, its signal and registration, and what it says by itself.

    \b
    Example: smscore modem watch --modem modem-1
    JSON: a line for each change: {"at":"…","what":"state","text":"ready"}; what is state, signal,
          registration or another fact, or said
    """
    from smscore_server.modem import _watch

    with reached(choice, settles=False) as found:
        _watch.follow(found, as_json=as_json)


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it there instead.",
)
@modem_options
def transcript(*, output: Path | None, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Print the last talk with a modem.

    For a report of a fault, and to replay it. PINs are not in it, texts and numbers are. 'smscore
    simulate --replay FILE' plays the modem's part of it. Without a server it is the talk of this
    command's own start.

    \b
    Example: smscore modem transcript --modem modem-1 --output modem-1.txt
    JSON keys: modem, lines
    """
    with reached(choice, needs_ready=False) as found:
        lines = found.operate("transcript")["lines"]
    if output is not None:
        _write(output, lines)
    if as_json:
        show_json({"modem": found.name, "lines": lines})
    elif output is None:
        for line in lines:
            click.echo(printable(line))


def _write(output: Path, lines: Sequence[str]) -> None:
    try:
        output.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as cause:
        raise Failure(f"{output} cannot be written: {cause.strerror}") from cause

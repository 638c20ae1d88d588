"""
The commands about modems: what there is, how it is, what it says, and trying it by hand.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import click

from smscore_server._modem_facts import identity_of, show_facts, signal_of
from smscore_server._options import check_text, config_option, json_option
from smscore_server._output import Failure, printable, show_json, show_table
from smscore_server._reaching import Choice, modem_options, reached

__all__ = ["modem"]


@click.group()
def modem() -> None:
    """
    Look at modems and try them: signal, SIM, inbox, balance, one text.

    Beside a running server they are asked through it; without one the port is opened, and what
    arrives meanwhile stays in the modem.

    \b
    Example: smscore modem list
             smscore modem identify --port /dev/ttyUSB2
    """


@modem.command("list")
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
    from smscore_server import _modem_list

    _modem_list.show(config_file, as_json=as_json)


@modem.command()
@modem_options
def identify(*, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Say which modem, firmware and SIM it is.

    \b
    Example: smscore modem identify --modem modem-1
             smscore modem identify --port /dev/ttyUSB2
    JSON keys: modem, manufacturer, model, revision, imei, imsi, iccid, profile
    """
    with reached(choice, needs_ready=False) as found:
        show_facts(found.name, identity_of(found), as_json=as_json)


@modem.command()
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


@modem.command()
@click.option("--to", required=True, metavar="NUMBER", help="The recipient, like +491701234567.")
@click.option(
    "--account",
    callback=check_text,
    metavar="NAME",
    help="Whose message it is, if a server runs; may be left out if there is one account.",
)
@click.argument("text", callback=check_text)
@modem_options
def send(
    *, to: str, account: str | None, text: str, as_json: bool, **choice: Unpack[Choice]
) -> None:
    """
    Send one text over one modem, to try it.

    If a server runs, the text is an ordinary message of an account, for this modem alone, and the
    command waits until its end is known. Without one it is sent at once, charged to nobody and
    remembered nowhere.

    \b
    Example: smscore modem send --modem modem-1 --to +491701234567 "Can you read this?"
    JSON keys: modem, id (null without a server), status, parts, references, detail
    """
    from smscore_server import _modem_send

    _modem_send.send(choice, to=to, text=text, account=account, as_json=as_json)


@modem.command()
@click.option("--reply", callback=check_text, metavar="TEXT", help="What to answer to a menu.")
@click.argument("code", callback=check_text)
@modem_options
def ussd(*, code: str, reply: str | None, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Dial a USSD code, and print the answer.

    Such a code tells the balance of a prepaid SIM, for one. The network may take a minute. A menu
    asks for a reply: repeat the command with one.

    \b
    Example: smscore modem ussd --modem modem-1 "*100#"
             smscore modem ussd --modem modem-1 "*100#" --reply 2
    JSON keys: modem, text, texts (also those before the reply), wants_reply
    """
    arguments = {"code": code} if reply is None else {"code": code, "reply": reply}
    with reached(choice) as found:
        answer = found.operate("ussd", arguments)
    if as_json:
        show_json({"modem": found.name, **answer})
        return
    for line in answer["text"].splitlines():
        click.echo(printable(line))
    if answer["wants_reply"]:
        click.echo("It waits for a reply: the same command with --reply TEXT.", err=True)


@modem.command()
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
        ["STORE", "INDEX", "KIND", "FROM", "SENT AT", "TEXT"],
        [
            [
                *(one["store"], one["index"], one["kind"]),
                *(one.get("sender"), one.get("sent_at"), one.get("text")),
            ]
            for one in answer["messages"]
        ],
    )


@modem.command()
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
    from smscore_server import _modem_watch

    with reached(choice, settles=False) as found:
        _modem_watch.follow(found, as_json=as_json)


@modem.command()
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


@modem.command()
@click.option(
    "--stdin", "is_piped", is_flag=True, help="Read from standard input: PIN, or PUK, PIN."
)
@click.option("--yes", is_flag=True, help="Ask nothing before a PUK is entered.")
@modem_options
def pin(*, is_piped: bool, yes: bool, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Unlock a SIM by its PIN, or by PUK and new PIN.

    Says first how many tries are left: three wrong PINs block a SIM, ten wrong PUKs destroy it.
    What is typed is not shown, and is neither logged nor kept. To have the PIN entered after each
    start, set `pin` for the channel.

    \b
    Example: smscore modem pin --modem modem-1
             smscore modem pin --modem modem-1 --stdin < pin.txt
    JSON keys: modem, state
    """
    from smscore_server import _modem_pin

    with reached(choice, needs_ready=False) as found:
        _modem_pin.unlock(found, is_piped=is_piped, is_sure=yes)
    if as_json:
        show_json({"modem": found.name, "state": "unlocked"})
    else:
        click.echo(f"{found.name}: the SIM is unlocked")


def _write(output: Path, lines: Sequence[str]) -> None:
    try:
        output.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as cause:
        raise Failure(f"{output} cannot be written: {cause.strerror}") from cause

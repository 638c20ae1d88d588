"""
The commands that have a modem do something.
"""

import re
from typing import Unpack

import click

from smscore_server._options import WholeNumber, check_text
from smscore_server._output import printable, show_json
from smscore_server.modem._reaching import Choice, modem_options, modem_options_with, reached

__all__ = ["pin", "reset", "ring", "send", "ussd"]

_LONGEST_RING = 120
_PUNCTUATION = str.maketrans("", "", " -./()\u00a0")
_OUTCOMES = {
    "rang": "it rang",
    "busy": "it is busy",
    "no answer": "nobody took the call",
    "no carrier": "the call could not be put through, or was ended at the other end",
    "no dialtone": "the modem has no line to call on",
}


def _check_number(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    """Before the modem is waited for; it may also be a short one, which no recipient is."""
    if not re.fullmatch(r"\+?[0-9]{3,20}", text):
        raise click.BadParameter(f"{text!r} is not written like +491701234567")
    return text


def _check_recipient(ctx: click.Context, param: click.Parameter, text: str) -> str:
    """Before the modem is waited for; a message that goes to nobody may cost money all the same."""
    return _check_number(ctx, param, text.translate(_PUNCTUATION))


@click.command()
@click.option(
    "--to",
    required=True,
    callback=_check_recipient,
    metavar="NUMBER",
    help="The recipient, like +491701234567.",
)
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
    from smscore_server.modem import _send

    _send.send(choice, to=to, text=text, account=account, as_json=as_json)


@click.command()
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


@click.command()
@click.option(
    "--seconds",
    type=WholeNumber(1, _LONGEST_RING),
    default=15,
    show_default=True,
    help="How long it rings, if nobody takes the call or hangs up.",
)
@click.argument("number", callback=_check_number)
@modem_options
def ring(*, number: str, seconds: int, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Let a telephone ring, and hang up.

    Nothing is said, and whoever takes the call hears silence; some operators charge for that. It is
    no message: charged to nobody, and in no list.

    \b
    Example: smscore modem ring --modem modem-1 +491701234567
             smscore modem ring --modem modem-1 +491701234567 --seconds 30
    JSON keys: modem, number, outcome (rang, busy, no answer, no carrier, no dialtone)
    """
    with reached(choice) as found:
        answer = found.operate("ring", {"number": number, "seconds": str(seconds)})
    outcome = answer["outcome"]
    if as_json:
        show_json({"modem": found.name, "number": number, "outcome": outcome})
    else:
        click.echo(f"{found.name}: {number}: {_OUTCOMES.get(outcome, outcome)}")


@click.command()
@click.option(
    "--soft", is_flag=True, help="Only end what it is in the middle of, and set it up again."
)
@modem_options_with(patience=60.0)
def reset(*, soft: bool, as_json: bool, **choice: Unpack[Choice]) -> None:
    """
    Start a modem anew, and wait until it is ready.

    For one that misbehaves, or was put aside after too many recoveries in vain. Messages wait
    meanwhile, and one whose answer was outstanding is in doubt. The modem may leave its port for
    half a minute and want its PIN again; --soft touches neither.

    \b
    Example: smscore modem reset --modem modem-1 --soft
             smscore modem reset --modem modem-1 --wait 60
    JSON keys: modem, detail (what was done), state (ready)
    """
    from smscore_server.modem import _reset

    with reached(choice, settles=False) as found:
        detail = _reset.reset(found, patience=choice["patience"], is_soft=soft)
    if as_json:
        show_json({"modem": found.name, "detail": detail, "state": "ready"})
    else:
        click.echo(f"{found.name}: it was reset, and is ready")


@click.command()
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
    from smscore_server.modem import _pin

    with reached(choice, needs_ready=False) as found:
        _pin.unlock(found, is_piped=is_piped, is_sure=yes)
    if as_json:
        show_json({"modem": found.name, "state": "unlocked"})
    else:
        click.echo(f"{found.name}: the SIM is unlocked")

"""
The command that erases a person.
"""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click

from smscore import GatewayConfig
from smscore.bootstrap import wipe
from smscore.domain.erasure import masked
from smscore.domain.messages import AccountId
from smscore.ports.storage import TraceKind
from smscore.services.erasure import Erased
from smscore_server._documents import account_names
from smscore_server._opening import opened
from smscore_server._options import check_text, config_option, json_option
from smscore_server._output import printable, several, show_json

__all__ = ["erase"]

_WORDS = {
    TraceKind.MESSAGES: "message",
    TraceKind.INBOUND: "received message",
    TraceKind.PARTS: "received part",
    TraceKind.REPORTS: "report",
    TraceKind.POSTINGS: "webhook delivery",
    TraceKind.ATTEMPTS: "webhook answer",
    TraceKind.EVENTS: "event",
    TraceKind.ANSWERS: "kept answer",
    TraceKind.CONTACTS: "contact",
    TraceKind.LINKS: "link",
    TraceKind.JOURNAL: "thing set aside by a channel",
    TraceKind.ENTRIES: "line of a ledger",
    TraceKind.CHANNELS: "reason of a channel's mode",
    TraceKind.MARKS: "reason of a consent",
    TraceKind.AUDIT: "line of the audit log",
    TraceKind.ACCOUNTS: "account",
    TraceKind.USERS: "user",
    TraceKind.KEYS: "key",
    TraceKind.GROUPS: "group",
    TraceKind.DEVICES: "device",
    TraceKind.WEBHOOKS: "webhook",
    TraceKind.RULES: "rule",
    TraceKind.APPS: "app version",
}
_PLURALS = {
    TraceKind.POSTINGS: "webhook deliveries",
    TraceKind.JOURNAL: "things set aside by channels",
    TraceKind.ENTRIES: "lines of ledgers",
    TraceKind.AUDIT: "lines of the audit log",
    TraceKind.MARKS: "reasons of consents",
    TraceKind.CHANNELS: "reasons of channels' modes",
}


@click.command()
@click.argument("number")
@click.option("--account", callback=check_text, metavar="NAME", help="Who dials the number so.")
@click.option("--as-dialled", is_flag=True, help="Look for these digits, and no other spelling.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
@click.pass_context
def erase(
    ctx: click.Context,
    *,
    number: str,
    account: str | None,
    as_dialled: bool,
    yes: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Erase a person: every text and number of theirs, wherever it is kept.

    Messages to and from NUMBER go, with their stories, what endpoints were to be told of them,
    contacts and links; from texts of others the number is taken out. What waits to be sent is
    cancelled and paid back. Ledgers stay, without the number. NUMBER may be an e-mail address, or
    '-': then it is read from standard input, and in no shell's history. It works beside a running
    server, in small steps; if it was interrupted, run it again.

    Exit status 1 if something is being sent or waits, and has to be erased later. What people have
    set up, such as rules, stays and is named. Backups and logs of others are yours to look after.

    \b
    Example: smscore erase +491701234567 --yes
    JSON keys: number (masked), is_complete, erased, rewritten (both: how many of each kind),
               cancelled, under_way, waiting (both: ids), also (addresses that contacts had),
               left: a list with kind, name, account
    """
    given = sys.stdin.readline().strip() if number == "-" else number
    if not yes:
        _ask()
    with opened(config_file) as gateway:
        erased = gateway.erasure.erase(
            given, account=account, as_dialled=as_dialled, progress=_Progress()
        )
        names = account_names(gateway)
    is_wiped = wipe(GatewayConfig.from_toml(config_file))
    if as_json:
        show_json(_document(erased, names))
    else:
        _tell(erased, names, is_wiped=is_wiped)
    ctx.exit(0 if erased.is_complete else 1)


class _Progress:
    """Says on standard error how far it got, about once a second."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def __call__(self, kind: TraceKind, seen: int) -> None:
        if time.monotonic() - self._said_at >= 1:
            self._said_at = time.monotonic()
            click.echo(f"{kind}: {seen} looked at so far", err=True)


def _ask() -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("what is erased does not come back; give --yes to erase it")
    click.confirm("What is erased does not come back. Erase it?", abort=True, err=True)


def _document(erased: Erased, names: Mapping[AccountId, str]) -> dict[str, object]:
    return {
        "number": masked(erased.number),
        "is_complete": erased.is_complete,
        "erased": dict(erased.dropped),
        "rewritten": dict(erased.rewritten),
        "cancelled": erased.cancelled,
        "under_way": [f"{one:016x}" for one in erased.under_way],
        "waiting": [f"{one:016x}" for one in erased.waiting],
        "also": list(erased.also),
        "left": [
            {
                "kind": one.kind.value,
                "name": one.name,
                "account": None if one.account is None else names.get(one.account),
            }
            for one in erased.left
        ],
    }


def _tell(erased: Erased, names: Mapping[AccountId, str], *, is_wiped: bool) -> None:
    click.echo(f"{masked(erased.number)}: {_counted(erased.dropped)} erased")
    if erased.rewritten:
        click.echo(f"the number was taken out of {_counted(erased.rewritten)}")
    if erased.cancelled:
        click.echo(f"{several(erased.cancelled, 'message')} had not been sent, and will not be")
    for address in erased.also:
        click.echo(printable(f"a contact that is gone also had {address}: erase that as well"))
    for one in erased.left:
        whose = "" if one.account is None else f" of account {names.get(one.account)}"
        click.echo(printable(f"left for you to change: {_WORDS[one.kind]} {one.name}{whose}"))
    if not is_wiped:
        click.echo("the store's own tools have to clean its files")
    for messages, why in (
        (erased.under_way, "being sent to the number"),
        (erased.waiting, "to somebody else, with the number in its text, and not sent yet"),
    ):
        for message in messages:
            click.echo(f"message {message:016x} is {why}; erase again when it is over", err=True)


def _counted(counts: Mapping[TraceKind, int]) -> str:
    said = [
        several(count, _WORDS[kind], plural=_PLURALS.get(kind, ""))
        for kind, count in counts.items()
    ]
    return ", ".join(said) or "nothing"

"""
The commands about consent: who opted out, and whom accounts may write to.

A little longer than others, for it is one list of what may be done.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from smscore import Gateway
from smscore.domain.consent import Mark, MarkKind
from smscore.domain.messages import AccountId
from smscore.services.consent import Wish
from smscore_server._consent_files import export_consent, import_consent
from smscore_server._documents import account_names
from smscore_server._opening import opened
from smscore_server._options import (
    account_option,
    check_filled,
    check_text,
    config_option,
    json_option,
)
from smscore_server._output import instant, several, show_json, show_table

__all__ = ["consent"]

_numbers = click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
_number = click.argument("number", metavar="NUMBER")
_scope_option = click.option(
    "--account", callback=check_text, metavar="NAME", help="Of this account alone, not of all."
)
_sender_option = click.option(
    "--sender", callback=check_filled, metavar="SENDER", help="Of this sender alone."
)
_why_option = click.option(
    "--why", callback=check_text, default="", metavar="TEXT", help="A note, which is shown."
)
_remove_option = click.option("--remove", is_flag=True, help="Take them off the list.")


@click.group()
def consent() -> None:
    """
    See and say who must not be written to.

    People opt out by writing STOP; these commands are for what reaches you otherwise. Numbers are
    kept as keyed hashes: they can be asked about, and not be listed. docs/consent.md tells more.

    \b
    Example: smscore consent opt-out +491701234567 --why "called us"
    """


consent.add_command(import_consent)
consent.add_command(export_consent)


@consent.command("list")
@json_option
@config_option
def list_counts(*, as_json: bool, config_file: Path) -> None:
    """
    Say how many numbers opted out, and how many are on lists.

    \b
    Example: smscore consent list
    JSON: a list with account (null: of all), kind (opted_out, denied, allowed), numbers
    """
    with opened(config_file) as gateway:
        names = account_names(gateway)
        found = [
            (_name(account, names), kind.value, count)
            for (kind, account), count in gateway.consent.counts().items()
        ]
    rows = sorted(found, key=lambda row: (row[0] or "", row[1]))
    columns = ("account", "kind", "numbers")
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        show_table(columns, [(row[0] or "all", *row[1:]) for row in rows])


@consent.command("show")
@_number
@click.option(
    "--account",
    callback=check_text,
    metavar="NAME",
    help="What holds for this one; a national number is one of its country.",
)
@json_option
@config_option
def show_number(*, number: str, account: str | None, as_json: bool, config_file: Path) -> None:
    """
    Say what holds for a number, since when, and which message said so.

    \b
    Example: smscore consent show 0170/1234567 --account shop
    JSON: a list with kind, account (null: of all), sender (null: all), since, why,
          message (null: an operator)
    """
    with opened(config_file) as gateway:
        found = gateway.consent.about(number, account=account)
        _show_marks(found, account_names(gateway), as_json=as_json)


@consent.command("opt-out")
@_numbers
@_scope_option
@_sender_option
@_why_option
@json_option
@config_option
def opt_out(
    *,
    numbers: Sequence[str],
    account: str | None,
    sender: str | None,
    why: str,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Let nobody write to these numbers any more, or not one account, or not as one sender.

    What waits for them is withheld when it would leave. Nobody is told.

    \b
    Example: smscore consent opt-out +491701234567 +491701234568 --account shop
    JSON keys: changed (how many numbers)
    """
    with opened(config_file) as gateway:
        wishes = [
            Wish(number=one, account=account, sender=sender or "", why=why or "operator")
            for one in numbers
        ]
        changed = gateway.consent.hold(wishes)
    _show_changed(changed, "opted out", as_json=as_json)


@consent.command("opt-in")
@_numbers
@_scope_option
@_sender_option
@json_option
@config_option
def opt_in(
    *,
    numbers: Sequence[str],
    account: str | None,
    sender: str | None,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Take back all opt-outs of these numbers, or those of one account, or of one sender.

    \b
    Example: smscore consent opt-in +491701234567
    JSON keys: changed (how many numbers)
    """
    with opened(config_file) as gateway:
        dropped = [
            gateway.consent.drop(one, kind=MarkKind.OPTED_OUT, account=account, sender=sender)
            for one in numbers
        ]
    _show_changed(sum(map(bool, dropped)), "opted in", as_json=as_json)


@consent.command("discard")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@config_option
def discard(*, yes: bool, as_json: bool, config_file: Path) -> None:
    """
    Forget all opt-outs and lists, for example when the key file is lost for good.

    Without the key nobody is recognised, and so nothing is sent. Whoever opted out is written to
    again: take over what you know by 'smscore consent import' before you go on.

    \b
    Example: smscore consent discard --yes
    JSON keys: discarded (how many)
    """
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise click.UsageError("who opted out is forgotten for good; give --yes to do so")
        click.confirm("Who opted out is forgotten for good. Go on?", abort=True, err=True)
    with opened(config_file) as gateway:
        discarded = gateway.consent.discard()
    if as_json:
        show_json({"discarded": discarded})
    else:
        click.echo(f"{several(discarded, 'opt-out or entry', plural='opt-outs and entries')} gone")


@consent.command("deny")
@_numbers
@account_option
@_why_option
@_remove_option
@json_option
@config_option
def deny(
    *,
    numbers: Sequence[str],
    account: str,
    why: str,
    remove: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Let an account not write to these numbers, whatever their owners say.

    For ranges and countries, write a rule that refuses (smscore rules).

    \b
    Example: smscore consent deny +491701234567 --account shop --why "court order"
    JSON keys: changed (how many numbers)
    """
    with opened(config_file) as gateway:
        changed = _list(gateway, numbers, MarkKind.DENIED, account, why, is_removed=remove)
    _show_changed(changed, "no longer denied" if remove else "denied", as_json=as_json)


@consent.command("allow")
@_numbers
@account_option
@_why_option
@_remove_option
@json_option
@config_option
def allow(
    *,
    numbers: Sequence[str],
    account: str,
    why: str,
    remove: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Let an account write to these numbers, and to nobody else: as long as it allows any.

    \b
    Example: smscore consent allow +491701234567 --account test --why "our own telephone"
    JSON keys: changed (how many numbers)
    """
    with opened(config_file) as gateway:
        changed = _list(gateway, numbers, MarkKind.ALLOWED, account, why, is_removed=remove)
    _show_changed(changed, "no longer allowed" if remove else "allowed", as_json=as_json)


def _list(
    gateway: Gateway,
    numbers: Sequence[str],
    kind: MarkKind,
    account: str,
    why: str,
    *,
    is_removed: bool,
) -> int:
    if is_removed:
        dropped = [gateway.consent.drop(one, kind=kind, account=account) for one in numbers]
        return sum(map(bool, dropped))
    wishes = [Wish(number=one, kind=kind, account=account, why=why) for one in numbers]
    return gateway.consent.hold(wishes)


def _show_changed(changed: int, what: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"changed": changed})
    else:
        click.echo(f"{several(changed, 'number')} {what}")


def _show_marks(marks: Sequence[Mark], names: Mapping[AccountId, str], *, as_json: bool) -> None:
    documents = [
        {
            "kind": mark.kind.value,
            "account": _name(mark.account, names),
            "sender": mark.sender or None,
            "since": instant(mark.at),
            "why": mark.why or None,
            "message": None if mark.message is None else f"in_{mark.message:016x}",
        }
        for mark in marks
    ]
    if as_json:
        show_json(documents)
    elif not documents:
        click.echo("nothing is known of this number: it may be written to")
    else:
        everybody = {"account": "all", "sender": "all"}
        rows = [[one[key] or everybody.get(key) for key in one] for one in documents]
        show_table([*documents[0]], rows)


def _name(account: AccountId | None, names: Mapping[AccountId, str]) -> str | None:
    return None if account is None else names.get(account, f"account {account}")

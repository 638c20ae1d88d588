"""
The command that shows an account's ledger, and says whether it adds up.
"""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import click

from smscore.domain.accounts import Account
from smscore.domain.ledger import Entry, Statement
from smscore_server._opening import opened
from smscore_server._options import WholeNumber, check_text, config_option, json_option
from smscore_server._output import Failure, instant, several, show_json, show_table
from smscore_server._times import When, parse_ago

__all__ = ["entry_as_document", "statement"]


@click.command()
@click.argument("name", callback=check_text)
@click.option(
    "--since", callback=parse_ago, metavar="TIME", help="Only from then on: a day, or like 30d."
)
@click.option(
    "--until", callback=parse_ago, metavar="TIME", help="Only until then; a day is included."
)
@click.option(
    "--limit",
    type=WholeNumber(1, 1_000_000),
    default=1000,
    show_default=True,
    help="At most the newest so many.",
)
@json_option
@config_option
def statement(
    *,
    name: str,
    since: When | None,
    until: When | None,
    limit: int,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Show what changed an account's credit, oldest first, and whether it adds up.

    Days begin in the account's time zone. A request for several messages is charged at once: its
    line names the first of them. Exit status 1 if the ledger does not add up to the balance.

    \b
    Example: smscore account statement shop --since 2026-11-01 --until 2026-11-30
    JSON keys: account, time_zone, month, used_this_month, monthly_limit, opening,
               credits, sum (of all entries ever), adds_up, faults, has_more (before these),
               entries: at, kind, credits, balance, message, why
    """
    with opened(config_file) as gateway:
        now = gateway.clock.now()
        account = gateway.inquiry.account_named(name)
        zone = ZoneInfo(account.time_zone)
        found = gateway.inquiry.account_statement(
            account.id,
            since=since.begin(now, zone=zone) if since else None,
            until=until.end(now, zone=zone) if until else None,
            limit=limit + 1,
        )
    has_more = len(found.entries) > limit
    shown = attrs.evolve(found, entries=found.entries[-limit:])
    if as_json:
        show_json(_as_document(account, shown, now=now, has_more=has_more))
    else:
        _show(account, shown, now=now, has_more=has_more)
    if found.faults:
        raise Failure(
            f"THE LEDGER OF ACCOUNT {name} DOES NOT ADD UP: {'; '.join(found.faults)}. "
            "Keep a backup of the database as it is now, and look into it"
        )


def entry_as_document(entry: Entry) -> dict[str, str | int | None]:
    """A line of the ledger, as JSON shows it."""
    return {
        "at": instant(entry.at),
        "kind": entry.kind.value,
        "credits": entry.credits,
        "balance": entry.balance,
        "message": None if entry.message is None else f"{entry.message:016x}",
        "why": entry.why,
    }


def _as_document(
    account: Account, found: Statement, *, now: datetime, has_more: bool
) -> dict[str, object]:
    return {
        "account": account.name,
        "time_zone": account.time_zone,
        "month": _month(account, now),
        "used_this_month": account.used_in(now),
        "monthly_limit": account.monthly_limit,
        "opening": found.opening,
        "credits": found.balance,
        "sum": found.total,
        "adds_up": not found.faults,
        "faults": list(found.faults),
        "has_more": has_more,
        "entries": [entry_as_document(one) for one in found.entries],
    }


def _show(account: Account, found: Statement, *, now: datetime, has_more: bool) -> None:
    zone = ZoneInfo(account.time_zone)
    click.echo(f"Account {account.name}, times of {account.time_zone}\n")
    if has_more:
        click.echo("There are earlier entries; --limit and --until show them.\n")
    if found.entries:
        rows = [_row(one, zone) for one in found.entries]
        if found.opening:
            rows.insert(0, ("", "brought forward", "", found.opening, "", ""))
        show_table(["at", "kind", "credits", "balance", "message", "why"], rows)
        click.echo()
    _show_sums(found)
    limit = "no limit" if account.monthly_limit is None else f"of {account.monthly_limit}"
    used = several(account.used_in(now), "message")
    click.echo(f"Quota of {_month(account, now)}: {used}, {limit}.")


def _row(entry: Entry, zone: ZoneInfo) -> tuple[object, ...]:
    line = entry_as_document(entry)
    at = entry.at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    return (
        at,
        line["kind"],
        f"{entry.credits:+d}",
        entry.balance,
        line["message"],
        entry.why or None,
    )


def _month(account: Account, now: datetime) -> str:
    return f"{now.astimezone(ZoneInfo(account.time_zone)):%Y-%m}"


def _show_sums(found: Statement) -> None:
    given = sum(one.credits for one in found.entries if one.credits > 0)
    taken = sum(one.credits for one in found.entries if one.credits < 0)
    count = several(len(found.entries), "entry", plural="entries")
    click.echo(f"{count}: {given:+d} and {taken:+d} credits.")
    balance = "credits are not counted" if found.balance is None else f"{found.balance} credits"
    click.echo(f"Balance now: {balance}.")
    if not found.faults:
        click.echo("All entries of the account add up to its balance.")

"""
The commands about accounts and their credit.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Unpack

import click

from smscore import Gateway
from smscore.domain.accounts import Account, changed_options
from smscore.domain.ledger import Entry
from smscore.domain.segments import DEFAULT_OPTIONS
from smscore_server._encoding import EncodingChanges, encoding_options, options_as_document
from smscore_server._opening import opened
from smscore_server._options import WholeNumber, check_text, config_option, json_option
from smscore_server._output import instant, show_fields, show_json, show_table

__all__ = ["account"]


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _parse_until(_ctx: click.Context, _param: click.Parameter, text: str | None) -> datetime | None:
    """The end of a subscription: a day that still counts, a moment, or never."""
    if text is None or text == "forever":
        return None
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(day, time(), tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as cause:
        raise click.BadParameter(
            f"{text!r} is neither a date such as 2027-12-31 nor 'forever'"
        ) from cause
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.group()
def account() -> None:
    """
    Create accounts, look at them, change what they may spend and do.

    \b
    Example: smscore account create shop --credits 500 --country DE
    """


@account.command("create")
@click.argument("name", callback=check_text)
@click.option("--credits", type=WholeNumber(min=0), help="Opening balance [default: unmetered].")
@click.option(
    "--plan",
    default="standard",
    show_default=True,
    metavar="TARIFF",
    help="standard, enterprise, or another tariff of the configuration.",
)
@click.option(
    "--monthly-limit",
    type=WholeNumber(min=0),
    help="Messages a calendar month [default: no limit].",
)
@click.option(
    "--subscription-until",
    callback=_parse_until,
    metavar="DATE|forever",
    help="Last day of the subscription, in UTC [default: forever].",
)
@click.option("--country", metavar="CC", help="Home country of national numbers, such as DE.")
@encoding_options
@json_option
@config_option
def create_account(
    *,
    name: str,
    credits: int | None,
    plan: str,
    monthly_limit: int | None,
    subscription_until: datetime | None,
    country: str | None,
    as_json: bool,
    config_file: Path,
    **changes: Unpack[EncodingChanges],
) -> None:
    """
    Create an account, which owns messages, credit, users and keys.

    What is not given is not metered: without --credits the account may send without end. Its texts
    travel in the default GSM alphabet or in UCS-2, in at most 50 parts, if nothing else is given.

    \b
    Example: smscore account create shop --credits 500 --monthly-limit 1000 --country DE
    JSON keys: name, id, plan, country, time_zone, credits, monthly_limit,
               used_this_month, subscription_until, languages, wide_reference,
               replace_typography, max_parts
    """
    with opened(config_file) as gateway:
        created = gateway.administration.create_account(
            name,
            tariff=plan,
            credits=credits,
            monthly_limit=monthly_limit,
            subscription_until=subscription_until,
            home_country=country,
            encoding=changed_options(DEFAULT_OPTIONS, **changes),
        )
        _show(gateway, created, as_json=as_json)


@account.command("set")
@click.argument("name", callback=check_text)
@encoding_options
@json_option
@config_option
def set_account(
    *, name: str, as_json: bool, config_file: Path, **changes: Unpack[EncodingChanges]
) -> None:
    """
    Change how an account's texts may be sent; what is not given stays.

    Languages that are given take the place of all that were allowed. Messages that were accepted
    before are sent as they were accepted; a running server follows within a second.

    \b
    Example: smscore account set shop --language tr --max-parts 6
    JSON keys: those of 'smscore account create --json'
    """
    if all(change is None for change in changes.values()):
        raise click.UsageError("nothing is to be changed; give an option such as --language")
    with opened(config_file) as gateway:
        changed = gateway.administration.set_encoding(name, **changes)
        _show(gateway, changed, as_json=as_json)


@account.command("list")
@json_option
@config_option
def list_accounts(*, as_json: bool, config_file: Path) -> None:
    """
    List all accounts with what they have left.

    \b
    Example: smscore account list
    JSON: a list of what 'smscore account create --json' shows
    """
    with opened(config_file) as gateway:
        found = [_as_document(gateway, one) for one in gateway.inquiry.accounts()]
    if as_json:
        show_json(found)
        return
    columns = ("name", "plan", "country", "credits", "used_this_month", "monthly_limit")
    show_table([name.upper() for name in columns], [[one[key] for key in columns] for one in found])


@account.command("show")
@click.argument("name", callback=check_text)
@json_option
@config_option
def show_account(*, name: str, as_json: bool, config_file: Path) -> None:
    """
    Show an account with the newest changes of its credit.

    \b
    Example: smscore account show shop
    JSON keys: those of 'smscore account create --json'; statement: at, kind, credits,
               balance, message, why
    """
    with opened(config_file) as gateway:
        found = gateway.inquiry.account_named(name)
        entries = gateway.inquiry.statement(found.id, limit=20)
        _show(gateway, found, entries=entries, as_json=as_json)


# A negative amount must not be taken for an option.
@account.command("credit", context_settings={"ignore_unknown_options": True})
@click.argument("name", callback=check_text)
@click.argument("amount", type=int)
@click.option(
    "--why",
    required=True,
    callback=check_text,
    metavar="TEXT",
    help="The reason, for the ledger.",
)
@json_option
@config_option
def credit_account(*, name: str, amount: int, why: str, as_json: bool, config_file: Path) -> None:
    """
    Add credits to an account, or take some with a negative amount.

    \b
    Example: smscore account credit shop 500 --why "invoice 2026-117"
    JSON keys: those of 'smscore account create --json'
    """
    with opened(config_file) as gateway:
        changed = gateway.administration.credit(name, amount, why=why)
        _show(gateway, changed, as_json=as_json)


def _show(
    gateway: Gateway, found: Account, *, as_json: bool, entries: Sequence[Entry] | None = None
) -> None:
    document = _as_document(gateway, found)
    if as_json:
        statement = {} if entries is None else {"statement": [_line(one) for one in entries]}
        show_json({**document, **statement})
        return
    show_fields(document.items())
    if entries:
        click.echo()
        columns = ("at", "kind", "credits", "balance", "why", "message")
        lines = [_line(one) for one in entries]
        show_table(
            [name.upper() for name in columns], [[one[key] for key in columns] for one in lines]
        )


def _as_document(gateway: Gateway, found: Account) -> dict[str, object]:
    return {
        "name": found.name,
        "id": found.id,
        "plan": found.tariff,
        "country": found.home_country,
        "time_zone": found.time_zone,
        "credits": found.credits,
        "monthly_limit": found.monthly_limit,
        "used_this_month": found.used_in(gateway.clock.now()),
        "subscription_until": instant(found.subscription_until),
        **options_as_document(found.encoding),
    }


def _line(entry: Entry) -> dict[str, str | int | None]:
    return {
        "at": instant(entry.at),
        "kind": entry.kind.value,
        "credits": entry.credits,
        "balance": entry.balance,
        "message": None if entry.message is None else f"{entry.message:016x}",
        "why": entry.why,
    }

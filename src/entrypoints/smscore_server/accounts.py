"""
The commands about accounts and their credit.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import click

from smscore import Gateway
from smscore.domain.accounts import Account
from smscore.domain.ledger import Entry
from smscore.domain.messages import AccountId
from smscore.domain.settings import AccountChanges
from smscore_server._account_options import AccountWishes, account_options, as_changes
from smscore_server._encoding import options_as_document
from smscore_server._opening import opened
from smscore_server._options import WholeNumber, check_text, config_option, json_option
from smscore_server._output import instant, show_documents, show_fields, show_json
from smscore_server._statement import entry_as_document, statement

__all__ = ["account"]


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
@account_options
@json_option
@config_option
def create_account(
    *,
    name: str,
    credits: int | None,
    as_json: bool,
    config_file: Path,
    **wishes: Unpack[AccountWishes],
) -> None:
    """
    Create an account, which owns messages, credit, users and keys.

    What is not given is not metered: without --credits the account may send without end. Its plan
    is the standard one, its time zone UTC, and its texts travel in the default GSM alphabet or in
    UCS-2, in at most 50 parts, if nothing else is given.

    \b
    Example: smscore account create shop --credits 500 --monthly-limit 1000 --country DE
    JSON keys: name, id, plan, country, time_zone, sender, credits, monthly_limit,
               used_this_month, subscription_until, claim_lease (seconds), languages,
               wide_reference, replace_typography, max_parts
    """
    wished = as_changes(wishes).apply(Account(id=AccountId(0), name=name))
    with opened(config_file) as gateway:
        created = gateway.administration.create_account(
            name,
            tariff=wished.tariff,
            credits=credits,
            monthly_limit=wished.monthly_limit,
            subscription_until=wished.subscription_until,
            claim_lease=wished.claim_lease,
            home_country=wished.home_country,
            time_zone=wished.time_zone,
            default_sender=wished.default_sender.value if wished.default_sender else None,
            encoding=wished.encoding,
        )
        _show(gateway, created, as_json=as_json)


@account.command("set")
@click.argument("name", callback=check_text)
@account_options
@click.option(
    "--metered/--unmetered",
    "is_metered",
    default=None,
    help="Begin to count credits, from 0; or end it, and book out what is left.",
)
@json_option
@config_option
def set_account(
    *,
    name: str,
    is_metered: bool | None,
    as_json: bool,
    config_file: Path,
    **wishes: Unpack[AccountWishes],
) -> None:
    """
    Change what an account may do; what is not given stays.

    Languages that are given take the place of all that were allowed. Messages that were accepted
    before are sent as they were accepted; a running server follows within a second. Credits are
    added and taken by 'smscore account credit'.

    \b
    Example: smscore account set shop --plan enterprise --monthly-limit none --language tr
    JSON keys: those of 'smscore account create --json'
    """
    changes = as_changes(wishes)
    if changes == AccountChanges() and is_metered is None:
        raise click.UsageError("nothing is to be changed; give an option such as --plan")
    with opened(config_file) as gateway:
        changed = gateway.administration.change_account(name, changes, is_metered=is_metered)
        _show(gateway, changed, as_json=as_json)


account.add_command(statement)


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
    show_documents(columns, found)


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
        statement = (
            {} if entries is None else {"statement": [entry_as_document(one) for one in entries]}
        )
        show_json({**document, **statement})
        return
    show_fields(document.items())
    if entries:
        click.echo()
        columns = ("at", "kind", "credits", "balance", "message", "why")
        show_documents(columns, [entry_as_document(one) for one in entries])


def _as_document(gateway: Gateway, found: Account) -> dict[str, object]:
    return {
        "name": found.name,
        "id": found.id,
        "plan": found.tariff,
        "country": found.home_country,
        "time_zone": found.time_zone,
        "sender": found.default_sender.value if found.default_sender else None,
        "credits": found.credits,
        "monthly_limit": found.monthly_limit,
        "used_this_month": found.used_in(gateway.clock.now()),
        "subscription_until": instant(found.subscription_until),
        "claim_lease": int(found.claim_lease.total_seconds()) if found.claim_lease else None,
        **options_as_document(found.encoding),
    }

"""
The command that shows what people did.
"""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import attrs
import click

from smscore.domain.audit import AuditEntry
from smscore.domain.messages import AccountId
from smscore_server._documents import account_names
from smscore_server._opening import opened
from smscore_server._options import WholeNumber, config_option, json_option
from smscore_server._output import instant, show_json, show_table
from smscore_server._times import When, parse_ago

__all__ = ["audit"]


@click.command()
@click.option(
    "--since",
    callback=parse_ago,
    metavar="TIME",
    help="Only what was done since then: a day in UTC, a time, or like 2h.",
)
@click.option("--limit", type=WholeNumber(min=1), default=50, show_default=True, metavar="N")
@json_option
@config_option
def audit(*, since: When | None, limit: int, as_json: bool, config_file: Path) -> None:
    """
    Show what people did: who, when, what, to what; the newest first.

    Written down are changes of accounts, users, keys, rules, channels, webhooks, apps, consent and
    directories, what was sent again or called back by hand, pruning and erasing. A person who was
    erased is shown by a keyed hash of the number, as 'smscore consent' shows it. Without a name
    something was done over HTTP, by whom the account's credentials belong to, or by a host.

    \b
    Example: smscore audit --since 7d
    JSON: a list with number, at, who, what, subject, detail
    """
    with opened(config_file) as gateway:
        begin = since.begin(gateway.clock.now()) if since else None
        names = account_names(gateway)
        found = [
            (number, _with_names(entry, names))
            for number, entry in islice(gateway.audit.all(since=begin), limit)
        ]
    if as_json:
        show_json([{"number": number, **_document(entry)} for number, entry in found])
        return
    show_table(
        ["at", "who", "what", "subject", "detail"],
        [
            (instant(one.at), one.who or None, one.what, one.subject, _told(one) or None)
            for _, one in found
        ],
    )


def _with_names(entry: AuditEntry, names: Mapping[AccountId, str]) -> AuditEntry:
    """Accounts by their names, also where only the id was at hand."""
    account = entry.detail.get("account")
    if not isinstance(account, int):
        return entry
    return attrs.evolve(
        entry, detail={**entry.detail, "account": names.get(AccountId(account), str(account))}
    )


def _document(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": instant(entry.at),
        "who": entry.who or None,
        "what": entry.what,
        "subject": entry.subject,
        "detail": dict(entry.detail),
    }


def _told(entry: AuditEntry) -> str:
    return ", ".join(f"{name} {value}" for name, value in entry.detail.items() if value is not None)

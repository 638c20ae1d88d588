"""
The commands about phones: which there are, and putting back what one has lost.
"""

from collections.abc import Mapping
from pathlib import Path

import click

from smscore.services.phones import PhoneOverview
from smscore_server._opening import opened
from smscore_server._options import account_option, check_text, config_option, json_option
from smscore_server._output import instant, printable, several, show_documents, show_json
from smscore_server._times import When, parse_ago

__all__ = ["device", "queue"]

_UNNAMED = "unnamed"

_any_account_option = click.option(
    "--account", callback=check_text, metavar="NAME", help="Only those of this account."
)


@click.group()
def device() -> None:
    """
    List the phones that poll and report; forget one.

    \b
    Example: smscore device list --account shop
    """


@device.command("list")
@_any_account_option
@json_option
@config_option
def list_devices(*, account: str | None, as_json: bool, config_file: Path) -> None:
    """
    List the phones that poll and report, by the names that they give themselves.

    Those that give none are one line, "unnamed". Delivered and failed are messages of which a phone
    has said so. One is silent when it neither polled nor reported for as long as [phones]
    silent_after says; a poll without a name may be that of any phone of the account. Polls are
    written down every 20 seconds. An account has at most 1000: the one that was not seen for the
    longest time is forgotten for a new one.

    \b
    Example: smscore device list --account shop
    JSON: a list with account, name (null: unnamed), first_seen, last_seen, last_poll, delivered,
          failed, silent
    """
    with opened(config_file) as gateway:
        found = [_as_document(one) for one in gateway.phones.all(account=account)]
    if as_json:
        show_json(found)
        return
    columns = ("account", "name", "last_seen", "last_poll", "delivered", "failed", "silent")
    show_documents(columns, [{**one, "name": _shown(one)} for one in found])


@device.command("forget")
@click.argument("name", required=False, callback=check_text)
@click.option("--unnamed", is_flag=True, help="The line of those that give no name.")
@account_option
@json_option
@config_option
def forget_device(
    *, name: str | None, unnamed: bool, account: str, as_json: bool, config_file: Path
) -> None:
    """
    Forget a phone, such as one that was replaced; it is listed again when it is heard of again.

    \b
    Example: smscore device forget pixel --account shop
    JSON keys: account, name (null: unnamed)
    """
    if bool(name) == unnamed:
        raise click.UsageError("name the phone, or give --unnamed")
    with opened(config_file) as gateway:
        gateway.phones.forget(account, name or "")
    if as_json:
        show_json({"account": account, "name": name or None})
    else:
        click.echo(f"{printable(name or _UNNAMED)} of {account} is forgotten")


@click.group()
def queue() -> None:
    """
    Put back what phones were handed and have said nothing of.

    \b
    Example: smscore queue requeue --claimed-before 2h --dry-run
    """


@queue.command("requeue")
@click.option(
    "--claimed-before",
    required=True,
    callback=parse_ago,
    metavar="TIME",
    help="A day in UTC, a time, or like 2h: at least so long ago.",
)
@_any_account_option
@click.option("--dry-run", is_flag=True, help="Only say how many there are.")
@json_option
@config_option
def requeue(
    *,
    claimed_before: When,
    account: str | None,
    dry_run: bool,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Have messages handed out again that phones fetched before then and have said nothing of.

    For a phone that is lost or broken: what it has sent without telling may arrive twice. If it
    reports late after all it is believed: what it has delivered is not handed out any more, and
    what it could not send waits for another phone. Works beside a running server, in small steps.

    \b
    Example: smscore queue requeue --claimed-before 2h --account shop
    JSON keys: claimed_before, dry_run, messages, accounts (how many of each account)
    """
    with opened(config_file) as gateway:
        before = claimed_before.begin(gateway.clock.now())
        act = gateway.phones.claimed if dry_run else gateway.phones.requeue
        found = act(before=before, account=account)
    if as_json:
        content = {"claimed_before": instant(before), "dry_run": dry_run}
        show_json({**content, "messages": sum(found.values()), "accounts": dict(found)})
        return
    done = "would be handed out again" if dry_run else "wait for a phone again"
    click.echo(f"{several(sum(found.values()), 'message')}: {done}{_by_account(found)}")


def _by_account(found: Mapping[str, int]) -> str:
    told = ", ".join(f"{name} {count}" for name, count in found.items())
    return f" ({told})" if len(found) > 1 else ""


def _as_document(found: PhoneOverview) -> dict[str, object]:
    device = found.device
    return {
        "account": found.account,
        "name": device.name or None,
        "first_seen": instant(device.first_seen),
        "last_seen": instant(device.last_seen),
        "last_poll": instant(device.last_poll),
        "delivered": device.delivered,
        "failed": device.failed,
        "silent": found.is_silent,
    }


def _shown(document: Mapping[str, object]) -> object:
    return document["name"] or _UNNAMED

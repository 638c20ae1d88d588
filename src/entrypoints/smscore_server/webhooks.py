"""
The commands about webhooks: who is told, what became of it, and telling it again.
"""

from pathlib import Path

import click

from smscore.domain.announcements import ANNOUNCED
from smscore.domain.webhooks import WebhookId
from smscore_server._deliveries import (
    list_attempts,
    list_deliveries,
    owner_of,
    replay_callbacks,
    replay_deliveries,
    replay_pushes,
    webhook_argument,
)
from smscore_server._opening import opened
from smscore_server._options import account_option, check_text, config_option, json_option
from smscore_server._output import show_documents, show_fields, show_json
from smscore_server._webhook_documents import history_document, webhook_document

__all__ = ["webhooks"]

_COLUMNS = ("webhook", "account", "active", "url", "events")


@click.group()
def webhooks() -> None:
    """
    See who is told what happened, what became of it; tell it again.

    \b
    Example: smscore webhooks deliveries wh_0ca9a52b8bc00000 --state dead
    """


for _command in (
    list_deliveries,
    list_attempts,
    replay_deliveries,
    replay_callbacks,
    replay_pushes,
):
    webhooks.add_command(_command)


@webhooks.command("list")
@click.option("--account", callback=check_text, metavar="NAME", help="Only those of this account.")
@json_option
@config_option
def list_webhooks(*, account: str | None, as_json: bool, config_file: Path) -> None:
    """
    List the webhooks; one that is not active is told nothing until it is switched on.

    \b
    Example: smscore webhooks list --account shop
    JSON: a list of objects with the keys webhook, account, active, url, events, failing_since,
    created_at
    """
    with opened(config_file) as gateway:
        if account is not None:
            gateway.inquiry.account_named(account)
        found = [
            webhook_document(one, owner.name)
            for owner in gateway.inquiry.accounts()
            if account in (None, owner.name)
            for one in gateway.webhooks.all(owner.id)
        ]
    if as_json:
        show_json(found)
        return
    show_documents(_COLUMNS, found)


@webhooks.command("add")
@click.argument("url", callback=check_text)
@account_option
@click.option(
    "--event",
    "events",
    type=click.Choice(ANNOUNCED),
    multiple=True,
    help="What to tell; can be given several times. Without it, everything.",
)
@json_option
@config_option
def add_webhook(
    *, url: str, account: str, events: tuple[str, ...], as_json: bool, config_file: Path
) -> None:
    """
    Tell an address what happens to an account's messages, and print its secret, this once.

    \b
    Example: smscore webhooks add https://shop.example/sms --account shop --event message.failed
    JSON keys: webhook, account, active, url, events, failing_since, created_at, secret
    """
    with opened(config_file) as gateway:
        owner = gateway.inquiry.account_named(account)
        added, secret = gateway.webhooks.add(owner.id, url=url, events=events or ANNOUNCED)
    document = {**webhook_document(added, account), "secret": secret}
    if as_json:
        show_json(document)
        return
    show_fields([(key, document[key]) for key in ("webhook", "url", "events", "secret")])


@webhooks.command("show")
@webhook_argument
@json_option
@config_option
def show_webhook(*, webhook: int, as_json: bool, config_file: Path) -> None:
    """
    Show a webhook: what waits for it, was told or given up.

    The times under switched_off are those when it was because nothing had reached its endpoint.

    \b
    Example: smscore webhooks show wh_0ca9a52b8bc00000
    JSON keys: as 'smscore webhooks list --json' shows, and pending, delivered, dead, switched_off
    (a list of objects with the keys at, failing_since)
    """
    with opened(config_file) as gateway:
        owner = owner_of(gateway, webhook)
        history = gateway.webhooks.history(owner, WebhookId(webhook))
        document = {
            **webhook_document(history.webhook, gateway.inquiry.account(owner).name),
            **history_document(history),
        }
    if as_json:
        show_json(document)
        return
    off = [
        f"{one['at']}, nothing had reached it since {one['failing_since']}"
        for one in document["switched_off"]
    ]
    fields = {**document, "events": ", ".join(document["events"]), "switched_off": "; ".join(off)}
    show_fields(fields.items())


@webhooks.command("enable")
@webhook_argument
@json_option
@config_option
def enable_webhook(*, webhook: int, as_json: bool, config_file: Path) -> None:
    """
    Switch a webhook on; what waited for it is told now.

    \b
    Example: smscore webhooks enable wh_0ca9a52b8bc00000
    JSON keys: as 'smscore webhooks list --json' shows
    """
    _switch(webhook, config_file, is_active=True, as_json=as_json)


@webhooks.command("disable")
@webhook_argument
@json_option
@config_option
def disable_webhook(*, webhook: int, as_json: bool, config_file: Path) -> None:
    """
    Switch a webhook off; what is pending waits.

    \b
    Example: smscore webhooks disable wh_0ca9a52b8bc00000
    JSON keys: as 'smscore webhooks list --json' shows
    """
    _switch(webhook, config_file, is_active=False, as_json=as_json)


@webhooks.command("remove")
@webhook_argument
@json_option
@config_option
def remove_webhook(*, webhook: int, as_json: bool, config_file: Path) -> None:
    """
    Remove a webhook, and what is pending for it.

    \b
    Example: smscore webhooks remove wh_0ca9a52b8bc00000
    JSON keys: webhook
    """
    with opened(config_file) as gateway:
        gateway.webhooks.remove(owner_of(gateway, webhook), WebhookId(webhook))
    if as_json:
        show_json({"webhook": f"wh_{webhook:016x}"})
        return
    click.echo("removed")


def _switch(webhook: int, config_file: Path, *, is_active: bool, as_json: bool) -> None:
    with opened(config_file) as gateway:
        owner = owner_of(gateway, webhook)
        changed, _ = gateway.webhooks.change(owner, WebhookId(webhook), is_active=is_active)
        document = webhook_document(changed, gateway.inquiry.account(owner).name)
    if as_json:
        show_json(document)
        return
    click.echo("active" if is_active else "not active")

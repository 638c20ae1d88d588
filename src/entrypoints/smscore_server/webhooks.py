"""
The commands about webhooks: who is told, what became of it, and telling it again.
"""

from pathlib import Path

import click

from smscore import Gateway
from smscore.domain.announcements import ANNOUNCED
from smscore.domain.messages import AccountId
from smscore.domain.webhooks import PostingId, PostingState, WebhookId
from smscore.services.webhooks import Deliveries
from smscore_server._opening import opened
from smscore_server._options import (
    WholeNumber,
    account_option,
    check_text,
    config_option,
    json_option,
    parse_id,
)
from smscore_server._output import (
    Failure,
    several,
    show_fields,
    show_json,
    show_table,
)
from smscore_server._times import When, parse_ago
from smscore_server._webhook_documents import (
    attempt_document,
    delivery_document,
    webhook_document,
)

__all__ = ["webhooks"]

_COLUMNS = ("webhook", "account", "active", "url", "events")
_DELIVERY_COLUMNS = ("delivery", "event", "message", "state", "attempts", "last")

_state = click.Choice([one.value for one in PostingState])


_webhook_argument = click.argument("webhook", metavar="WEBHOOK", callback=parse_id("wh_"))
_delivery_argument = click.argument("delivery", metavar="DELIVERY", callback=parse_id("whd_"))
_state_option = click.option("--state", type=_state, help="Only those in this state.")


@click.group()
def webhooks() -> None:
    """
    See who is told what happened, what became of it; tell it again.

    \b
    Example: smscore webhooks deliveries wh_0ca9a52b8bc00000 --state dead
    """


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
    rows = [[one[key] for key in _COLUMNS] for one in found]
    show_table([name.upper() for name in _COLUMNS], rows)


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


@webhooks.command("enable")
@_webhook_argument
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
@_webhook_argument
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
@_webhook_argument
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
        gateway.webhooks.remove(_owner(gateway, webhook), WebhookId(webhook))
    if as_json:
        show_json({"webhook": f"wh_{webhook:016x}"})
        return
    click.echo("removed")


@webhooks.command("deliveries")
@_webhook_argument
@_state_option
@click.option("--limit", type=WholeNumber(1, 1000), default=50, show_default=True, help="How many.")
@json_option
@config_option
def list_deliveries(
    *, webhook: int, state: str | None, limit: int, as_json: bool, config_file: Path
) -> None:
    """
    List what was or will be told to a webhook, newest first.

    \b
    Example: smscore webhooks deliveries wh_0ca9a52b8bc00000 --state dead
    JSON: a list of objects with the keys delivery, event_id, event, message, sequence, state,
    attempts, last_status, last_error, next_attempt_at, created_at
    """
    with opened(config_file) as gateway:
        found = gateway.webhooks.deliveries(
            _owner(gateway, webhook),
            WebhookId(webhook),
            state=PostingState(state) if state else None,
            limit=limit,
        )
    documents = [delivery_document(one) for one in found]
    if as_json:
        show_json(documents)
        return
    rows = [
        [*(one[key] for key in _DELIVERY_COLUMNS[:-1]), one["last_error"] or one["last_status"]]
        for one in documents
    ]
    show_table([name.upper() for name in _DELIVERY_COLUMNS], rows)


@webhooks.command("attempts")
@_webhook_argument
@_delivery_argument
@json_option
@config_option
def list_attempts(*, webhook: int, delivery: int, as_json: bool, config_file: Path) -> None:
    """
    List every attempt at a delivery: when, how long it took, what came back.

    \b
    Example: smscore webhooks attempts wh_0ca9a52b8bc00000 whd_0ca9a52b8bc00001
    JSON: a list of objects with the keys attempt, at, seconds, status, error, answer
    """
    with opened(config_file) as gateway:
        owner = _owner(gateway, webhook)
        _, found = gateway.webhooks.attempts(owner, WebhookId(webhook), PostingId(delivery))
    documents = [attempt_document(one) for one in found]
    if as_json:
        show_json(documents)
        return
    for document in documents:
        show_fields(document.items())


@webhooks.command("replay")
@_webhook_argument
@click.argument("delivery", metavar="[DELIVERY]", required=False, callback=parse_id("whd_"))
@_state_option
@click.option("--since", callback=parse_ago, metavar="WHEN", help="Only what happened since then.")
@click.option("--until", callback=parse_ago, metavar="WHEN", help="Only what happened before then.")
@json_option
@config_option
def replay(
    *,
    webhook: int,
    delivery: int | None,
    state: str | None,
    since: When | None,
    until: When | None,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Tell one delivery again, or all that were given up, or those of a state and time.

    WHEN is 2026-12-24, 2026-12-24T18:00 or a duration such as 2h. What is repeated has the same
    event id and bytes.

    \b
    Example: smscore webhooks replay wh_0ca9a52b8bc00000 --since 2h
    JSON keys: replayed
    """
    with opened(config_file) as gateway:
        owner, now = _owner(gateway, webhook), gateway.clock.now()
        if delivery is None:
            count = gateway.webhooks.replay_all(
                owner,
                WebhookId(webhook),
                Deliveries(
                    state=PostingState(state) if state else None,
                    since=since.begin(now) if since else None,
                    until=until.begin(now) if until else None,
                ),
            )
        else:
            gateway.webhooks.replay(owner, WebhookId(webhook), PostingId(delivery))
            count = 1
    if as_json:
        show_json({"replayed": count})
        return
    click.echo(f"{several(count, 'delivery', plural='deliveries')} to be told again")


def _owner(gateway: Gateway, webhook: int) -> AccountId:
    found = gateway.store.read(lambda view: view.webhooks.get(WebhookId(webhook)))
    if found is None:
        raise Failure(f"there is no webhook wh_{webhook:016x}; 'smscore webhooks list' shows all")
    return found.account


def _switch(webhook: int, config_file: Path, *, is_active: bool, as_json: bool) -> None:
    with opened(config_file) as gateway:
        owner = _owner(gateway, webhook)
        changed, _ = gateway.webhooks.change(owner, WebhookId(webhook), is_active=is_active)
        document = webhook_document(changed, gateway.inquiry.account(owner).name)
    if as_json:
        show_json(document)
        return
    click.echo("active" if is_active else "not active")

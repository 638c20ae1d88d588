"""
The commands about deliveries: what was told to a webhook, what came back, and telling it again.
"""

from datetime import datetime
from pathlib import Path

import attrs
import click

from smscore import Gateway
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
from smscore_server._output import Failure, several, show_fields, show_json, show_table
from smscore_server._times import When, parse_ago
from smscore_server._webhook_documents import attempt_document, delivery_document

__all__ = [
    "list_attempts",
    "list_deliveries",
    "owner_of",
    "replay_callbacks",
    "replay_deliveries",
    "replay_pushes",
    "webhook_argument",
]

_DELIVERY_COLUMNS = ("delivery", "event", "message", "state", "attempts", "last")

_state = click.Choice([one.value for one in PostingState])

webhook_argument = click.argument("webhook", metavar="WEBHOOK", callback=parse_id("wh_"))
_delivery_argument = click.argument("delivery", metavar="DELIVERY", callback=parse_id("whd_"))
_state_option = click.option("--state", type=_state, help="Only those in this state.")
_since_option = click.option(
    "--since", callback=parse_ago, metavar="WHEN", help="Only what happened since then."
)
_until_option = click.option(
    "--until", callback=parse_ago, metavar="WHEN", help="Only what happened before then."
)


@click.command("deliveries")
@webhook_argument
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
            owner_of(gateway, webhook),
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
    show_table(_DELIVERY_COLUMNS, rows)


@click.command("attempts")
@webhook_argument
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
        owner = owner_of(gateway, webhook)
        _, found = gateway.webhooks.attempts(owner, WebhookId(webhook), PostingId(delivery))
    documents = [attempt_document(one) for one in found]
    if as_json:
        show_json(documents)
        return
    for document in documents:
        show_fields(document.items())


@click.command("replay")
@webhook_argument
@click.argument("delivery", metavar="[DELIVERY]", required=False, callback=parse_id("whd_"))
@_state_option
@_since_option
@_until_option
@json_option
@config_option
def replay_deliveries(
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
        owner, now = owner_of(gateway, webhook), gateway.clock.now()
        if delivery is None:
            which = _which(since, until, now=now)
            which = attrs.evolve(which, state=PostingState(state) if state else None)
            count = gateway.webhooks.replay_all(owner, WebhookId(webhook), which)
        else:
            gateway.webhooks.replay(owner, WebhookId(webhook), PostingId(delivery))
            count = 1
    _show_count(count, as_json=as_json)


@click.command("replay-callbacks")
@account_option
@_since_option
@_until_option
@json_option
@config_option
def replay_callbacks(
    *, account: str, since: When | None, until: When | None, as_json: bool, config_file: Path
) -> None:
    """
    Tell the callback addresses of an account's messages again what was given up.

    WHEN is 2026-12-24, 2026-12-24T18:00 or a duration such as 2h.

    \b
    Example: smscore webhooks replay-callbacks --account shop --since 2h
    JSON keys: replayed
    """
    with opened(config_file) as gateway:
        owner = gateway.inquiry.account_named(account)
        which = _which(since, until, now=gateway.clock.now())
        count = gateway.webhooks.replay_callbacks(owner.id, which)
    _show_count(count, as_json=as_json)


@click.command("replay-pushes")
@click.option("--host", callback=check_text, metavar="URL", help="Only to this host.")
@_since_option
@_until_option
@json_option
@config_option
def replay_pushes(
    *,
    host: str | None,
    since: When | None,
    until: When | None,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Make the calls of inbound rules again that were given up.

    WHEN is 2026-12-24, 2026-12-24T18:00 or a duration such as 2h; URL is http://10.0.0.9:8080.

    \b
    Example: smscore webhooks replay-pushes --host http://10.0.0.9:8080 --since 2h
    JSON keys: replayed
    """
    with opened(config_file) as gateway:
        which = _which(since, until, now=gateway.clock.now())
        count = gateway.pushes.replay_all(which, host=host)
    _show_count(
        count, as_json=as_json, again=f"{several(count, 'push', plural='pushes')} to be made"
    )


def _which(since: When | None, until: When | None, *, now: datetime) -> Deliveries:
    begin = since.begin(now) if since else None
    if begin is not None and begin > now:
        raise click.UsageError("--since is in the future, and nothing has happened since")
    return Deliveries(since=begin, until=until.begin(now) if until else None)


def _show_count(count: int, *, as_json: bool, again: str = "") -> None:
    if as_json:
        show_json({"replayed": count})
        return
    told = f"{several(count, 'delivery', plural='deliveries')} to be told"
    click.echo(f"{again or told} again")


def owner_of(gateway: Gateway, webhook: int) -> AccountId:
    """The account whose webhook it is."""
    found = gateway.store.read(lambda view: view.webhooks.get(WebhookId(webhook)))
    if found is None:
        raise Failure(f"there is no webhook wh_{webhook:016x}; 'smscore webhooks list' shows all")
    return found.account

"""
The commands about messages: send one, list them, ask how far one got and why.
"""

from collections.abc import Mapping
from pathlib import Path

import click

from smscore import Gateway
from smscore.domain.deliveries import Part, Status
from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.ports.storage import Tracked
from smscore.services.inquiry import Story
from smscore_server._opening import opened
from smscore_server._options import (
    WholeNumber,
    account_option,
    check_text,
    config_option,
    json_option,
    message_argument,
)
from smscore_server._output import instant, printable, show_fields, show_json, show_table

__all__ = ["explain", "messages", "send", "status"]

_PREVIEW = 40


@click.command()
@account_option
@click.option("--to", required=True, metavar="NUMBER", help="The recipient, like +491701234567.")
@click.argument("text")
@json_option
@config_option
def send(*, account: str, to: str, text: str, as_json: bool, config_file: Path) -> None:
    """
    Send one text and print its id.

    The message is durable when the command ends; a running server, or the next one, sends it.

    \b
    Example: smscore send --account shop --to +491701234567 "Your parcel is here"
    JSON keys: id, status, credits_used, credits_remaining
    """
    with opened(config_file) as gateway:
        receipt = gateway.submissions.submit(
            account=account, to=to, text=text, surface=Surface.COMMAND
        )
    accepted = receipt.accepted[0]
    if as_json:
        show_json(
            {
                "id": f"{accepted.message:016x}",
                "status": accepted.status.value,
                "credits_used": receipt.credits_used,
                "credits_remaining": receipt.credits_remaining,
            }
        )
    else:
        click.echo(f"{accepted.message:016x} {accepted.status}")


@click.command()
@click.option(
    "--status",
    "statuses",
    type=click.Choice([one.value for one in Status]),
    multiple=True,
    help="Only those with this status; can be given several times.",
)
@click.option("--account", callback=check_text, metavar="NAME", help="Only those of this account.")
@click.option(
    "--limit",
    type=WholeNumber(1, 10_000),
    default=50,
    show_default=True,
    help="At most so many.",
)
@json_option
@config_option
def messages(
    *,
    statuses: tuple[str, ...],
    account: str | None,
    limit: int,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    List messages, newest first.

    \b
    Example: smscore messages --status failed --status indeterminate
    JSON: a list of what 'smscore status --json' shows
    """
    with opened(config_file) as gateway:
        found = gateway.inquiry.messages(
            account=gateway.inquiry.account_named(account).id if account else None,
            statuses=[Status(one) for one in statuses],
            limit=limit,
        )
        names = _names(gateway)
    documents = [_as_document(one, names) for one in found]
    if as_json:
        show_json(documents)
        return
    columns = ("id", "status", "account", "to", "channel", "accepted_at")
    show_table(
        [*(name.upper() for name in columns), "TEXT"],
        [[*(one[key] for key in columns), _preview(str(one["text"]))] for one in documents],
    )


@click.command()
@message_argument
@json_option
@config_option
def status(*, message: MessageId, as_json: bool, config_file: Path) -> None:
    """
    Say how far a message got.

    \b
    Example: smscore status 0d2f6a3b4c5d6e7f
    JSON keys: id, status, account, to, from, text, via, channel, parts, credits,
               accepted_at, due_at, sent_at, finished_at, error_code, error
    """
    with opened(config_file) as gateway:
        tracked = gateway.inquiry.message(message)
        document = _as_document(tracked, _names(gateway))
    if as_json:
        show_json(document)
    else:
        show_fields(document.items())


@click.command()
@message_argument
@json_option
@config_option
def explain(*, message: MessageId, as_json: bool, config_file: Path) -> None:
    """
    Tell the whole story of a message.

    What was decided when it was accepted, and everything that happened since, from stored facts.

    \b
    Example: smscore explain msg_0d2f6a3b4c5d6e7f
    JSON keys: those of 'smscore status --json'; route, part_states, events
    """
    with opened(config_file) as gateway:
        story = gateway.inquiry.explain(message)
        document = _as_document(story.tracked, _names(gateway))
    if as_json:
        show_json({**document, **_story_as_document(story)})
    else:
        show_fields(document.items())
        _show_story(story)


def _story_as_document(story: Story) -> dict[str, object]:
    delivery = story.tracked.delivery
    return {
        "route": [{"channel": leg.channel, "credits": leg.price} for leg in delivery.route],
        "part_states": [_as_part(part) for part in delivery.parts],
        "events": [_as_event(event) for event in story.events],
    }


def _show_story(story: Story) -> None:
    if parts := story.tracked.delivery.parts:
        click.echo("\nParts")
        headings = ["NUMBER", "CHANNEL", "STATE", "REFERENCE", "AT"]
        show_table(headings, [list(_as_part(part).values()) for part in parts])
    click.echo("\nStory")
    show_table(
        ["AT", "EVENT", "DETAIL"],
        [
            (instant(event.at, precision="milliseconds"), event.kind, _told(event.detail))
            for event in story.events
        ],
    )


def _names(gateway: Gateway) -> Mapping[AccountId, str]:
    return {account.id: account.name for account in gateway.inquiry.accounts()}


def _as_document(tracked: Tracked, names: Mapping[AccountId, str]) -> dict[str, str | int | None]:
    message, delivery = tracked.message, tracked.delivery
    return {
        "id": f"{message.id:016x}",
        "status": delivery.status.value,
        "account": names.get(message.account),
        "to": message.recipient.value,
        "from": message.sender.value if message.sender else None,
        "text": message.text,
        "via": message.surface.value,
        "channel": delivery.channel,
        "parts": delivery.segments,
        "credits": delivery.charged,
        "accepted_at": instant(message.accepted_at),
        "due_at": instant(delivery.due_at),
        "sent_at": instant(delivery.sent_at),
        "finished_at": instant(delivery.finished_at),
        "error_code": delivery.error_code,
        "error": delivery.error,
    }


def _as_part(part: Part) -> dict[str, str | int | None]:
    return {
        "number": part.number,
        "channel": part.channel,
        "state": part.state.value,
        "reference": part.reference,
        "at": instant(part.at, precision="milliseconds"),
    }


def _as_event(event: Event) -> dict[str, object]:
    return {
        "sequence": event.sequence,
        "at": instant(event.at, precision="milliseconds"),
        "kind": event.kind,
        "detail": dict(event.detail),
    }


def _told(detail: Mapping[str, str | int | None]) -> str:
    return "; ".join(f"{name} {value}" for name, value in detail.items() if value not in (None, ""))


def _preview(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _PREVIEW else shown[: _PREVIEW - 1] + "…"

"""
The commands about messages: list them, ask how far one got, have it sent again, call it back.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import click

from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId
from smscore_server._documents import account_names, as_document, preview, received_as_document
from smscore_server._opening import opened
from smscore_server._options import (
    WholeNumber,
    check_text,
    config_option,
    json_option,
    message_argument,
    message_arguments,
)
from smscore_server._outcomes import each, show_outcomes
from smscore_server._output import show_document, show_json, show_table
from smscore_server._selection import Selection, select, selection_options

__all__ = ["messages", "status"]

_MANY = 10
_RESENDABLE = (Status.FAILED, Status.INDETERMINATE, Status.QUEUED)


class _WithList(click.Group):
    """A group that lists when no other command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_option = bool(args) and args[0].startswith("-") and args[0] not in ctx.help_option_names
        return super().parse_args(ctx, ["list", *args] if is_option or not args else args)


@click.group(cls=_WithList)
def messages() -> None:
    """
    List messages, resend them, call them back; see what arrived.

    Without another command 'smscore messages' lists: the newest come first.

    \b
    Examples:
      smscore messages                              the newest 50
      smscore messages list --status failed         those that failed
      smscore messages requeue --status failed --since 2h
    """


@messages.command("list")
@selection_options(statuses=tuple(Status))
@json_option
@config_option
def list_messages(*, as_json: bool, config_file: Path, **selection: Unpack[Selection]) -> None:
    """
    List messages, newest first.

    \b
    Example: smscore messages list --status failed --status indeterminate --since 1d
    JSON: a list of what 'smscore status --json' shows
    """
    with opened(config_file) as gateway:
        found, names = select(gateway, selection), account_names(gateway)
    documents = [as_document(one, names) for one in found]
    if as_json:
        show_json(documents)
        return
    columns = ("id", "status", "account", "to", "channel", "accepted_at")
    show_table(
        [*columns, "text"],
        [[*(one[key] for key in columns), preview(str(one["text"]))] for one in documents],
    )


@messages.command("received")
@click.option("--account", callback=check_text, metavar="NAME", help="Only those of this account.")
@click.option(
    "--limit",
    type=WholeNumber(1, 10_000),
    default=50,
    show_default=True,
    help="At most the newest so many.",
)
@json_option
@config_option
def list_received(*, account: str | None, limit: int, as_json: bool, config_file: Path) -> None:
    """
    List messages that arrived, newest first.

    'smscore explain ID' tells what rules did with one. Where parts of a long message did not come,
    its text has "[…]" in their place.

    \b
    Example: smscore messages received --account shop
    JSON: a list with id, account, channel, kind, from, text, received_at, missing_parts
    """
    with opened(config_file) as gateway:
        names = account_names(gateway)
        owner = None if account is None else gateway.inquiry.account_named(account).id
        found = gateway.inquiry.inbound(account=owner, limit=limit)
    documents = [received_as_document(one, names) for one in found]
    if as_json:
        show_json(documents)
        return
    columns = ("id", "account", "channel", "kind", "from", "received_at")
    show_table(
        [*columns, "text"],
        [[*(one[key] for key in columns), preview(str(one["text"]))] for one in documents],
    )


@messages.command("requeue")
@message_arguments
@selection_options(statuses=_RESENDABLE)
@click.option("--yes", is_flag=True, help=f"Do not ask before more than {_MANY} are sent again.")
@json_option
@config_option
@click.pass_context
def requeue_messages(
    ctx: click.Context,
    *,
    ids: Sequence[MessageId],
    yes: bool,
    as_json: bool,
    config_file: Path,
    **selection: Unpack[Selection],
) -> None:
    """
    Have messages sent again.

    Each is a new attempt of the same message, by the rules of today, and paid for again as far as
    its credits were given back. One that is indeterminate may arrive twice; one that a phone has
    fetched goes back to the phone queue; one that waits has its channel chosen anew. Name messages
    by their ids, or select them: those that failed, if no --status says otherwise. 'smscore
    messages list' shows what is meant.

    Exit status 1 if any was refused; the others are sent nevertheless.

    \b
    Example: smscore messages requeue --status failed --account shop --since 2h
    JSON: a list with id, done, status, channel, code, error
    """
    if bool(ids) == _is_selected(selection):
        raise click.UsageError("name messages by their ids, or select them, as by --status failed")
    with opened(config_file) as gateway:
        if not ids:
            found = select(gateway, selection, otherwise=Status.FAILED)
            ids = [one.message.id for one in reversed(found)]  # the oldest goes first
            _say_if_cut_off(len(ids), selection["limit"])
        if not yes:
            _ask(len(ids))
        is_fine = show_outcomes(each(ids, gateway.interventions.resend), as_json=as_json)
    ctx.exit(0 if is_fine else 1)


@messages.command("cancel")
@message_arguments
@json_option
@config_option
@click.pass_context
def cancel_messages(
    ctx: click.Context, *, ids: Sequence[MessageId], as_json: bool, config_file: Path
) -> None:
    """
    Call messages back.

    Only those that wait can be; their credits are given back, and the others say why not. Exit
    status 1 if there are such.

    \b
    Example: smscore messages cancel 0d2f6a3b4c5d6e7f
    JSON: a list with id, done, status, channel, code, error
    """
    if not ids:
        raise click.UsageError("name messages by their ids")
    with opened(config_file) as gateway:
        is_fine = show_outcomes(each(ids, gateway.interventions.cancel), as_json=as_json)
    ctx.exit(0 if is_fine else 1)


@click.command()
@message_argument
@json_option
@config_option
def status(*, message: MessageId, as_json: bool, config_file: Path) -> None:
    """
    Say how far a message got.

    \b
    Example: smscore status 0d2f6a3b4c5d6e7f
    JSON keys: id, status, account, to, from, text, medium, via, channel, parts, credits,
               priority, accepted_at, due_at, expires_at, sent_at, finished_at, error_code, error
    """
    with opened(config_file) as gateway:
        document = as_document(gateway.inquiry.message(message), account_names(gateway))
    show_document(document, as_json=as_json)


def _is_selected(selection: Selection) -> bool:
    return bool(selection["statuses"] or selection["account"] or selection["since"])


def _say_if_cut_off(count: int, limit: int) -> None:
    if count == limit:
        click.echo(f"These are the newest {limit}; there may be more, see --limit.", err=True)


def _ask(count: int) -> None:
    if count <= _MANY:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{count} messages are meant; give --yes to have all sent again")
    click.confirm(f"Have {count} messages sent again?", abort=True, err=True)

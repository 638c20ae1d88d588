"""
The command that sends one text.
"""

from pathlib import Path

import click

from smscore.domain.messages import Medium, Priority, Surface
from smscore_server._opening import opened
from smscore_server._options import account_option, check_text, config_option, json_option
from smscore_server._output import show_json
from smscore_server._times import When, parse_ahead

__all__ = ["send"]


def _only(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> str:
    """The one recipient: of several all but the last would silently get nothing."""
    if len(given) > 1:
        raise click.BadParameter("it is given more than once; send to each by a command of its own")
    return given[0]


@click.command()
@account_option
@click.option(
    "--to",
    required=True,
    multiple=True,
    callback=_only,
    metavar="RECIPIENT",
    help="A number like +491701234567, or an address like anna@example.org.",
)
@click.option(
    "--from",
    "sender",
    callback=check_text,
    metavar="SENDER",
    help="What the recipient sees as the sender, where a channel can show it.",
)
@click.option(
    "--medium",
    type=click.Choice([one.value for one in Medium]),
    default=Medium.SMS.value,
    show_default=True,
    help="As what; automatic: by Telegram, else as an SMS; voice: the telephone rings.",
)
@click.option(
    "--priority",
    type=click.Choice([one.name.lower() for one in Priority]),
    default="normal",
    show_default=True,
    help="Who goes first when several wait for one channel.",
)
@click.option(
    "--not-before",
    callback=parse_ahead,
    metavar="TIME",
    help="Not earlier than 2026-12-24T18:00 (in UTC), 2026-12-24T18:00+01:00, or 2h from now.",
)
@click.option(
    "--expires",
    callback=parse_ahead,
    metavar="TIME",
    help="Not later than then; a time likewise, or like 30m.",
)
@click.option(
    "--idempotency-key",
    metavar="KEY",
    help="Send once, however often the command is repeated within 24 hours.",
)
@click.argument("text", default="")
@json_option
@config_option
def send(
    *,
    account: str,
    to: str,
    sender: str | None,
    medium: str,
    priority: str,
    not_before: When | None,
    expires: When | None,
    idempotency_key: str | None,
    text: str,
    as_json: bool,
    config_file: Path,
) -> None:
    """
    Send one text and print its id.

    The message is durable when the command ends; a running server, or the next one, sends it. To
    repeat a command under one idempotency key, give times and not durations: they stay the same.
    By Telegram only those can be reached who share their number with a channel's bot. A call needs
    no TEXT. What goes to an address goes by e-mail, whatever --medium says of numbers.

    \b
    Example: smscore send --account shop --to +491701234567 "Your parcel is here"
             smscore send --account shop --to +491701234567 --not-before 2h --expires 1d "Hello"
             smscore send --account shop --to anna@example.org "Your parcel is here"
    JSON keys: id, status, credits_used, credits_remaining
    """
    with opened(config_file) as gateway:
        now = gateway.clock.now()
        receipt = gateway.submissions.submit(
            account=account,
            to=to,
            text=text,
            sender=sender,
            medium=Medium(medium),
            priority=Priority[priority.upper()],
            not_before=not_before.begin(now) if not_before else None,
            expires_at=expires.end(now) if expires else None,
            idempotency_key=idempotency_key,
            surface=Surface.COMMAND,
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

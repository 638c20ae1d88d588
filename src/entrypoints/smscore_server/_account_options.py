"""
The options about accounts: what one is created with, and what can be changed afterwards.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import click

from smscore.domain.numbers import SenderId
from smscore.domain.settings import UNCHANGED, AccountChanges, Unchanged
from smscore.ports.clock import SystemClock
from smscore_server._encoding import EncodingChanges, encoding_options
from smscore_server._options import WholeNumber, check_text
from smscore_server._times import parse_ahead, parse_span

__all__ = ["AccountWishes", "account_options", "as_changes"]

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])

_NONE = "none"
_FOREVER = "forever"
_OFF = "off"


class AccountWishes(EncodingChanges):
    """What was given of the options."""

    plan: str | None  # None: not given
    monthly_limit: int | Unchanged | None  # None: none
    subscription_until: datetime | Unchanged | None
    claim_lease: timedelta | Unchanged | None
    country: str | Unchanged | None
    time_zone: str | None
    sender: str | Unchanged | None


def as_changes(wishes: AccountWishes) -> AccountChanges:
    """
    What the account is to be like; what was not given is to stay.

    Raises:
        Rejected: a value cannot be.
    """
    sender = wishes["sender"]
    return AccountChanges(
        tariff=_given(wishes["plan"]),
        home_country=wishes["country"],
        time_zone=_given(wishes["time_zone"]),
        default_sender=SenderId.parse(sender) if isinstance(sender, str) else sender,
        monthly_limit=wishes["monthly_limit"],
        subscription_until=wishes["subscription_until"],
        claim_lease=wishes["claim_lease"],
        languages=_given(wishes["languages"]),
        wide_reference=_given(wishes["wide_reference"]),
        replace_typography=_given(wishes["replace_typography"]),
        max_parts=_given(wishes["max_parts"]),
    )


def _given(value: T | None) -> T | Unchanged:
    return UNCHANGED if value is None else value


def _text_or_none(
    ctx: click.Context, param: click.Parameter, text: str | None
) -> str | Unchanged | None:
    if text is None:
        return UNCHANGED
    return None if text.casefold() == _NONE else check_text(ctx, param, text)


def _number_or_none(
    ctx: click.Context, param: click.Parameter, text: str | None
) -> int | Unchanged | None:
    if text is None:
        return UNCHANGED
    if text.casefold() == _NONE:
        return None
    number: int = WholeNumber(min=0)(text, param, ctx)
    return number


def _until(
    ctx: click.Context, param: click.Parameter, text: str | None
) -> datetime | Unchanged | None:
    """The end of a subscription: a day that still counts, a moment, or never."""
    if text is None:
        return UNCHANGED
    if text.casefold() in (_FOREVER, _NONE):
        return None
    when = parse_ahead(ctx, param, text)
    return None if when is None else when.end(SystemClock().now())


def _lease(
    ctx: click.Context, param: click.Parameter, text: str | None
) -> timedelta | Unchanged | None:
    if text is None:
        return UNCHANGED
    return None if text.casefold() in (_OFF, _NONE) else parse_span(ctx, param, text)


_OPTIONS = (
    click.option(
        "--plan",
        callback=check_text,
        metavar="TARIFF",
        help="standard, enterprise, unlimited, or another tariff of the configuration.",
    ),
    click.option(
        "--monthly-limit",
        callback=_number_or_none,
        metavar="N|none",
        help="Messages a calendar month, in the account's time zone.",
    ),
    click.option(
        "--subscription-until",
        callback=_until,
        metavar="DATE|forever",
        help="Last day of the subscription, in UTC.",
    ),
    click.option(
        "--claim-lease",
        callback=_lease,
        metavar="DURATION|off",
        help="After which what a phone has fetched and not reported goes to a phone again.",
    ),
    click.option(
        "--country",
        callback=_text_or_none,
        metavar="CC|none",
        help="Home country of national numbers, such as DE.",
    ),
    click.option(
        "--time-zone",
        callback=check_text,
        metavar="NAME",
        help="Where its months and days begin, such as Europe/Berlin.",
    ),
    click.option(
        "--sender",
        callback=_text_or_none,
        metavar="SENDER|none",
        help="Shown to recipients where a channel can, if a message names no other.",
    ),
)


def account_options(command: Command) -> Command:
    """Give a command the options; it takes them as ``**wishes: Unpack[AccountWishes]``."""
    command = encoding_options(command)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command

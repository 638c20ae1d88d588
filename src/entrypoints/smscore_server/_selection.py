"""
Which messages a command is about: the options that select them, and the look-up.
"""

from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Any, TypedDict, TypeVar

import click

from smscore import Gateway
from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId
from smscore.ports.storage import Tracked
from smscore_server._options import WholeNumber, check_text
from smscore_server._times import When, parse_ago

__all__ = ["Selection", "select", "selection_options"]

Command = TypeVar("Command", bound=Callable[..., Any])

_PAGE = 500


class Selection(TypedDict):
    """What was given of the options."""

    statuses: tuple[str, ...]
    account: str | None
    since: When | None
    limit: int


def selection_options(*, statuses: Collection[Status]) -> Callable[[Command], Command]:
    """Give a command the options; it takes them as ``**selection: Unpack[Selection]``."""
    options = (
        click.option(
            "--status",
            "statuses",
            type=click.Choice([one.value for one in statuses]),
            multiple=True,
            help="Only those with this status; can be given several times.",
        ),
        click.option(
            "--account", callback=check_text, metavar="NAME", help="Only those of this account."
        ),
        click.option(
            "--since",
            callback=parse_ago,
            metavar="TIME",
            help="Only those accepted since then: a day in UTC, a time, or like 2h.",
        ),
        click.option(
            "--limit",
            type=WholeNumber(1, 10_000),
            default=50,
            show_default=True,
            help="At most the newest so many.",
        ),
    )

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def select(
    gateway: Gateway, selection: Selection, *, otherwise: Status | None = None
) -> list[Tracked]:
    """
    The messages that are meant, newest first; ``otherwise`` is the status if none was given.

    Raises:
        NotFound: there is no such account.
    """
    statuses = [Status(one) for one in selection["statuses"]]
    if not statuses and otherwise is not None:
        statuses = [otherwise]
    matching = _matching(gateway, selection, statuses=statuses)
    return list(islice(matching, selection["limit"]))


def _matching(
    gateway: Gateway, selection: Selection, *, statuses: Collection[Status]
) -> Iterator[Tracked]:
    name, since = selection["account"], selection["since"]
    account = None if name is None else gateway.inquiry.account_named(name).id
    begin = since.begin(gateway.clock.now()) if since else None
    before: MessageId | None = None
    while page := gateway.inquiry.messages(
        account=account,
        statuses=statuses,
        before=before,
        limit=min(_PAGE, selection["limit"]),
    ):
        for tracked in page:
            if begin is not None and tracked.message.accepted_at < begin:
                return
            yield tracked
        before = page[-1].message.id

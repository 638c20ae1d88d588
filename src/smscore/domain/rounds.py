"""
What is sent because something arrived: bounded, so that nothing goes round for ever.

Networks carry no mark by which a gateway could tell a message that another gateway made of ours.
Of our own words we know how often they were made anew; of others', how many there were.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from smscore.domain.inbound import InboundKind, InboundMessage
from smscore.domain.messages import OutboundMessage
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress, Recipient, parse_recipient
from smscore.errors import GoesRound, InvalidRequest, Rejected

__all__ = [
    "MOST_HOPS",
    "MOST_LOOKED_AT",
    "WINDOW",
    "answerable",
    "check_hops",
    "check_rate",
    "hops_of",
]

MOST_HOPS = 3
"""How often a text is made anew: passed on, come back, passed on again."""

WINDOW = timedelta(hours=1)
"""How far back is looked."""

MOST_LOOKED_AT = 200
"""Of our own messages, for words that come back."""

_SHORTEST = 7
"""Digits of a number that can be answered; shorter ones are codes of networks and services."""

# RFC 3834, 2: programs and lists, by the names that they have everywhere.
_NOBODY = re.compile(
    r"mailer-daemon|postmaster|owner-.+|.+-(?:owner|request|bounces?)|bounces?(?:[+-].+)?"
    r"|(?:no|do-?not)-?reply(?:[+-].+)?",
    re.IGNORECASE,
)

_SILENT_KINDS = frozenset({InboundKind.PORT, InboundKind.SILENT, InboundKind.WAITING})


def hops_of(text: str, made: Sequence[OutboundMessage]) -> int:
    """How often the words of a message that arrives were made anew here already."""
    return max((one.hops for one in made if one.text == text), default=0)


def check_hops(hops: int) -> None:
    """
    Let a message be made that is so many times removed from what a person wrote.

    Raises:
        GoesRound: they are too many.
    """
    if hops > MOST_HOPS:
        raise GoesRound(f"its words were passed on {MOST_HOPS} times and came back each time")


def check_rate(count: int, *, per_hour: int) -> None:
    """
    Let one more message be made for a recipient of what a sender wrote.

    Raises:
        GoesRound: there were enough within an hour.
    """
    if count >= per_hour:
        raise GoesRound(f"{count} within an hour for one sender and one recipient are enough")


def answerable(message: InboundMessage, *, home: str | None, is_automatic: bool) -> Recipient:
    """
    Whom an answer reaches that nobody writes; ``home`` is the country that they are in.

    Raises:
        InvalidRequest: nobody would read it.
    """
    if is_automatic or message.kind in _SILENT_KINDS:
        raise InvalidRequest("nobody wrote it: what programs send is not answered")
    try:
        sender = parse_recipient(message.sender, home=home)
    except Rejected as cause:
        raise InvalidRequest("its sender is nobody who could be answered") from cause
    if isinstance(sender, PhoneNumber) and len(sender.digits) < _SHORTEST:
        raise InvalidRequest("its sender is a short code, which is not answered")
    if isinstance(sender, EmailAddress) and _NOBODY.fullmatch(sender.local_part):
        raise InvalidRequest("nobody reads what is sent to the address of its sender")
    return sender

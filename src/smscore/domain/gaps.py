"""
Messages of which parts are missing: how long they are waited for, and how many of them there are.
"""

import enum
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import attrs

from smscore.domain.joining import LONGEST_WAIT, Joined

__all__ = ["MOST_OF_SENDER", "MOST_OPEN", "OpenGroup", "Turn", "groups_to_see", "turn_of"]

MOST_OPEN, MOST_OF_SENDER = 1000, 20
"""References under which parts are waited for: of all senders, and of one on one channel."""

MOST_REUSES = 4
"""Messages of one sender under one reference for which parts are waited for."""


@attrs.frozen(kw_only=True)
class OpenGroup:
    """The parts under one reference that are still to be joined: of one message, or of several."""

    channel: str
    sender: str
    reference: int
    is_wide: bool
    total: int
    parts: int  # how many there are, repeats included
    since: datetime  # when the first of them came
    unseen_since: datetime | None  # the same of those of which no message has been made


class Turn(enum.Enum):
    """What is to be done about a message that has gaps."""

    WAITS = "waits"
    PUBLISHED = "published"  # as it is; parts that come late make it whole
    CLOSED = "closed"  # what comes now is another message


def groups_to_see(
    groups: Sequence[OpenGroup], *, now: datetime, wait: timedelta
) -> Iterator[tuple[OpenGroup, bool]]:
    """
    Those about which something may be to be done, and whether they are too many to be kept open.

    Of the groups, given with the eldest first, the eldest are too many.
    """
    left, left_of = len(groups), Counter((one.channel, one.sender) for one in groups)
    for group in groups:
        whose = (group.channel, group.sender)
        is_too_many = left > MOST_OPEN or left_of[whose] > MOST_OF_SENDER
        if is_too_many:
            left -= 1
            left_of[whose] -= 1
        unseen = group.unseen_since
        is_due = unseen is not None and unseen <= now - wait
        if is_too_many or is_due or group.since <= now - LONGEST_WAIT:
            yield group, is_too_many


def turn_of(joined: Joined, *, now: datetime, wait: timedelta, is_too_many: bool) -> Turn:
    """What is to be done about a message now."""
    is_over = is_too_many or joined.since <= now - LONGEST_WAIT
    if joined.published_as is not None:
        return Turn.CLOSED if is_over else Turn.WAITS
    is_due = is_over or joined.is_complete or joined.newest.received_at <= now - wait
    return Turn.PUBLISHED if is_due else Turn.WAITS

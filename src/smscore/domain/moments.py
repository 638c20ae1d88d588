"""
Moments that others name: which can be kept, and told in every time zone.
"""

from datetime import datetime

from smscore.errors import InvalidRequest

__all__ = ["check_moment", "check_range"]

_YEARS = range(2, 9000)
"""The first and the last one that there are do not exist in every time zone."""


def check_moment(moment: datetime, what: str) -> None:
    """
    Let a moment pass that can be kept.

    Raises:
        InvalidRequest: it has no time zone, or is in a year with which nothing can be reckoned.
    """
    if moment.tzinfo is None:
        raise InvalidRequest(f"{what} is {moment}, which has no time zone; use an aware datetime")
    if moment.year not in _YEARS:
        raise InvalidRequest(f"{what} is {moment}; use a year from 2 to 8999")


def check_range(since: datetime | None, until: datetime | None) -> None:
    """
    Let a range pass that holds any moment; None is no bound.

    Raises:
        InvalidRequest: it ends before it begins, or at once.
    """
    if since is not None and until is not None and since >= until:
        raise InvalidRequest(
            f"since is {since.isoformat()}, which is not before until, {until.isoformat()}"
        )

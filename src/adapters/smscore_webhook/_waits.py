"""
How long an endpoint wants to be left alone: what it says in ``Retry-After``.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["seconds_asked"]

_SECONDS = re.compile(r"[0-9]{1,9}")
_ASKING = frozenset({429, 503})  # RFC 6585, 4; RFC 9110, 15.6.4


def seconds_asked(status: int, header: bytes, *, at: datetime) -> float | None:
    """
    The seconds that the header asks for, counted from ``at`` if it names a time; else None.

    RFC 9110, 10.2.3: seconds or a date. What is neither has not been said.
    """
    text = header.decode("latin-1").strip()
    if status not in _ASKING or not text:
        return None
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # RFC 9110, 5.6.7: of the old forms one says nothing of a zone, and means the same.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - at).total_seconds())

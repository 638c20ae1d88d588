"""
Since when the queues of channels wait.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from smscore.domain.messages import MessageId, Priority
from smscore.ids import born_at
from smscore_sqlmodel._columns import PLACE
from smscore_sqlmodel._sessions import Session

__all__ = ["oldest"]

_FIRST = (
    f"SELECT {PLACE} FROM smscore_messages "  # noqa: S608  # a constant
    f"WHERE channel = ? AND status = 'queued' AND priority = ? ORDER BY {PLACE} LIMIT 1"
)


def oldest(session: Session, channels: Collection[str]) -> Mapping[str, datetime]:
    """By channel; those of which nothing is queued are left out."""
    session.settle()
    found = {channel: _first_places(session, channel) for channel in channels}
    return {channel: born_at(min(places)) for channel, places in found.items() if places}


def _first_places(session: Session, channel: str) -> list[MessageId]:
    """Of each priority, for with each one the index begins anew."""
    rows = [session.fetch(_FIRST, (channel, priority)) for priority in Priority]
    return [MessageId(place) for found in rows for (place,) in found]

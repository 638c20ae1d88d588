"""
What operators want of a channel: that it works, that it waits, or that it runs empty.
"""

import enum
from datetime import datetime

import attrs

__all__ = ["ChannelMode", "ChannelState"]


class ChannelMode(enum.StrEnum):
    """Whether a channel sends, and whether it is chosen for new messages."""

    RUNNING = "running"  # both
    PAUSED = "paused"  # it is chosen, and sends nothing: its queue waits
    DRAINING = "draining"  # it sends what it has, and is chosen for nothing new


@attrs.frozen(kw_only=True)
class ChannelState:
    """The mode of a channel, and since when and why."""

    channel: str
    mode: ChannelMode
    at: datetime
    why: str = ""

"""
What waits for a channel that cannot take it goes by another one, if there is one.
"""

from collections.abc import Mapping
from datetime import datetime

from smscore.domain.messages import Priority
from smscore.ports.storage import UnitOfWork
from smscore.services._progress import record

__all__ = ["divert"]

_BATCH = 500


def divert(
    work: UnitOfWork, channel: str, least: Mapping[str, Priority | None], *, now: datetime
) -> int:
    """
    Send on what waits for a channel that cannot take it, and say how many messages that were.

    ``least`` is the least priority that each channel takes, None of one that takes nothing.
    """
    diverted = 0
    for tracked in work.outbox.claimable(channel, limit=_BATCH):
        delivery = tracked.delivery
        able = [leg for leg in delivery.route if _is_able(leg.channel, delivery.priority, least)]
        if not able or able[0] is delivery.route[0] or delivery.parts:
            continue
        if delivery.fall_back_at is not None:
            continue  # it does so in its own time
        after = delivery.diverted(able[0])
        record(
            work,
            after,
            at=now,
            kind="message.rerouted",
            detail={"channel": channel, "to": after.channel, "error": "the channel is not ready"},
        )
        diverted += 1
    return diverted


def _is_able(channel: str, priority: Priority, least: Mapping[str, Priority | None]) -> bool:
    lowest = least.get(channel, Priority.LOW)  # phones take everything
    return lowest is not None and priority >= lowest

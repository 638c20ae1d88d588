"""
What a phone would tell of a message, from how far its delivery got.
"""

from datetime import datetime, timedelta

from smscore.domain.deliveries import Delivery, Status
from smscore_agent._server import DELIVERED, FAILED

__all__ = ["is_waiting", "may_be_sent_anew", "outcome_of"]


def outcome_of(delivery: Delivery, *, now: datetime, patience: timedelta) -> int | None:
    """
    2 or 3; None while it is on its way or in doubt.

    Sent counts as delivered where nothing better is to be expected: no part has a reference that a
    delivery report could name, or none came within the patience.
    """
    match delivery.status:
        case Status.DELIVERED:
            return DELIVERED
        case Status.FAILED | Status.EXPIRED | Status.CANCELLED:
            return FAILED
        case Status.SENT if _can_be_reported(delivery) and _is_recent(delivery, now, patience):
            return None
        case Status.SENT:
            return DELIVERED
        case _:
            return None


def is_waiting(delivery: Delivery) -> bool:
    """Whether it still has to leave by one of our channels."""
    return delivery.status in (Status.SCHEDULED, Status.QUEUED, Status.SENDING)


def may_be_sent_anew(delivery: Delivery) -> bool:
    """Whether it has ended, and certainly no part of it ever left."""
    ended = (Status.FAILED, Status.EXPIRED, Status.CANCELLED)
    return delivery.status in ended and not delivery.parts


def _can_be_reported(delivery: Delivery) -> bool:
    return any(part.reference is not None for part in delivery.parts)


def _is_recent(delivery: Delivery, now: datetime, patience: timedelta) -> bool:
    return delivery.sent_at is not None and now - delivery.sent_at < patience

"""
What becomes of deliveries at a channel, inside a unit of work: claimed, given back, settled.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore.domain.deliveries import Delivery, ProcessId, Status
from smscore.domain.messages import Priority
from smscore.ports.storage import Tracked, UnitOfWork
from smscore.services._consent import Objections
from smscore.services._progress import record, withhold

__all__ = ["claim", "is_held", "release", "settle"]


def claim(
    work: UnitOfWork,
    channel: str,
    *,
    least: Priority,
    owner: ProcessId,
    now: datetime,
    limit: int,
    objections: Objections,
) -> Sequence[Tracked]:
    """
    Take the next messages, as far as they are important enough.

    What is too late expires, and what must not be sent any more is withheld.
    """
    taken = []
    claimable = work.outbox.claimable(channel, limit=limit)
    objected = objections.against(work, [one.message for one in claimable])
    for tracked in claimable:
        delivery = tracked.delivery
        if reason := objected.get(tracked.message.id):
            after = withhold(work, delivery, reason, at=now)
        elif delivery.expires_at is not None and delivery.expires_at <= now:
            after = record(work, delivery.expired(at=now), at=now)
        elif delivery.priority < least:
            break  # and so are all behind it
        else:
            claimed = delivery.claimed(owner=owner)
            detail: dict[str, str | int | None] = {"channel": channel, "attempt": claimed.attempts}
            after = record(work, claimed, at=now, detail=detail)
        taken.append(Tracked(message=tracked.message, delivery=after))
    return taken


def is_held(delivery: Delivery, *, owner: ProcessId, channel: str) -> bool:
    """Whether it is this process that sends it, and on this channel."""
    return (
        delivery.status is Status.SENDING
        and delivery.owner == owner
        and delivery.channel == channel
    )


def release(
    work: UnitOfWork, unbegun: Sequence[Tracked], *, owner: ProcessId, now: datetime
) -> None:
    """Give back what was claimed and not begun."""
    for one in unbegun:
        found = work.outbox.get(one.message.id)
        if found is not None and is_held(found.delivery, owner=owner, channel=one.delivery.channel):
            settle(work, found.delivery, found.delivery.released(), now=now, why=None)


def settle(
    work: UnitOfWork, before: Delivery, after: Delivery, *, now: datetime, why: str | None
) -> None:
    """Keep what became of a delivery at its channel, and tell it."""
    detail: dict[str, str | int | None] = {"channel": before.channel}
    if after.status is Status.SENT:
        detail["references"] = ", ".join(part.reference or "-" for part in after.parts)
    if why is not None and after.route != before.route:
        detail |= {"to": after.channel, "why": why}
    if after.error:
        detail["error"] = after.error
    if after.due_at is not None:
        detail["again_at"] = after.due_at.isoformat(timespec="seconds")
    record(work, after, at=now, kind=_kind_of(before, after), detail=detail)


def _kind_of(before: Delivery, after: Delivery) -> str:
    match after.status:
        case Status.SCHEDULED:
            return "message.retried"
        case Status.QUEUED if after.route != before.route:
            return "message.rerouted"
        case Status.QUEUED if before.is_in_doubt:
            return "message.resent"
        case Status.QUEUED:
            return "message.released"
        case status:
            return f"message.{status}"

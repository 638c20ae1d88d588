"""
What happened to a message, one fact after another: the story that ``explain`` tells.

Events are written in the same unit of work as the change they describe, numbered per message
without gaps.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from smscore.domain.deliveries import Delivery, Status
from smscore.domain.messages import AccountId, MessageId

__all__ = ["KINDS", "NO_MESSAGE", "Event", "next_event"]

KINDS = frozenset(
    {
        *(f"message.{status.value}" for status in Status),
        "channel.down",
        "channel.up",
        "message.accepted_late",
        "message.helped",
        "message.opted_in",
        "message.opted_out",
        "message.received",
        "message.recovered",
        "message.released",
        "message.reported",
        "message.requeued",
        "message.rerouted",
        "message.resent",
        "message.retried",
        "message.updated",
        "rule.answered",
        "rule.called",
        "rule.forwarded",
        "rule.matched",
        "rule.refused",
        "webhook.disabled",
    }
)
"""Of what there are events: see :class:`Event`."""

NO_MESSAGE = MessageId(0)
"""What events of channels have in the place of a message."""


class Event(Struct, frozen=True, kw_only=True):
    """
    One fact about one message.

    ``kind`` is ``message.`` and the status reached, or a word of its own where the status does not
    tell what happened: ``message.retried`` (postponed), ``message.rerouted`` (the next channel gets
    it), ``message.recovered`` (of a process that ended), ``message.released`` (not begun, and up
    again), ``message.requeued`` (a phone had it), ``message.resent``, ``message.reported`` (a
    report that changes no status), ``message.accepted_late`` (by a channel that it was taken from)
    and, of an inbound message, ``message.received``, ``message.updated`` (a part came that was
    missing), ``message.opted_out``, ``message.opted_in`` and ``message.helped`` (it was a word that
    is heeded) and what rules did: ``rule.matched``, ``rule.forwarded``, ``rule.answered``,
    ``rule.called``, ``rule.refused``. Of a channel it is
    ``channel.down`` (a person should look) or ``channel.up``; the message is 0 then. Of a
    webhook it is ``webhook.disabled``; the message is the webhook's id then.
    ``detail`` holds plain text values, in the field's words.
    """

    message: MessageId
    account: AccountId | None  # None: an inbound message that belongs to nobody
    sequence: int  # 1, 2, 3 … per message, and of all channels together
    kind: str
    at: datetime
    detail: Mapping[str, str | int | None] = field(default_factory=dict)


def next_event(
    delivery: Delivery,
    *,
    kind: str,
    at: datetime,
    detail: Mapping[str, str | int | None] | None = None,
) -> tuple[Delivery, Event]:
    """The event that follows in the delivery's story, and the delivery that has counted it."""
    counted = replace(delivery, sequence=delivery.sequence + 1)
    event = Event(
        message=delivery.message,
        account=delivery.account,
        sequence=counted.sequence,
        kind=kind,
        at=at,
        detail=detail or {},
    )
    return counted, event

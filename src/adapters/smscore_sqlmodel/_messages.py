"""
Messages and their deliveries to rows and back: this runs for every message.
"""

from datetime import datetime
from typing import TypeAlias

from smscore.domain.deliveries import Delivery, ProcessId, Status
from smscore.domain.messages import (
    AccountId,
    Medium,
    MessageId,
    OutboundMessage,
    Priority,
    Surface,
)
from smscore.domain.numbers import SenderId
from smscore.domain.recipients import Recipient, recipient_of
from smscore.ports.storage import Tracked
from smscore_sqlmodel._legs import parts_of, parts_text, route_of, route_text
from smscore_sqlmodel._mapping import (
    from_micros,
    languages_of,
    languages_text,
    micros,
    optional_moment,
)

__all__ = [
    "MessageCells",
    "delivery_cells",
    "delivery_of",
    "ending_of",
    "is_plain",
    "message_cells",
    "message_of",
    "plain_cells",
    "reference_cells",
    "tracked_of",
]

_PRIORITIES = {int(priority): priority for priority in Priority}
_SURFACES = {str(surface): surface for surface in Surface}
_SMS = Medium.SMS
_STATUSES = {str(status): status for status in Status}

MessageCells: TypeAlias = tuple[
    int,  # id
    int,  # account
    str,  # recipient
    str,  # recipient_as_given
    str,  # text
    str,  # surface
    int,  # accepted_at
    str | None,  # sender
    int,  # priority
    int,  # flash
    int | None,  # not_before
    int | None,  # expires_at
    str | None,  # callback_url
    str | None,  # languages
    int | None,  # wide_reference
    str | None,  # medium
    str,  # channel
    str,  # route
    int,  # segments
    int,  # charged
    str,  # status
    int | None,  # due_at
    int | None,  # fall_back_at
    int | None,  # owner
    int | None,  # claimed_at
    int,  # attempts
    str | None,  # parts
    int | None,  # sent_at
    int | None,  # finished_at
    str | None,  # error_code
    str | None,  # error
    int,  # sequence
    int | None,  # origin
    int | None,  # hops
]


def message_cells(message: OutboundMessage, delivery: Delivery) -> MessageCells:
    """The row of a message and its delivery."""
    accepted_at = micros(message.accepted_at)
    return (
        message.id,
        message.account,
        delivery.recipient.value,
        message.recipient_as_given,
        message.text,
        message.surface.value,
        accepted_at,
        message.sender.value if message.sender else None,
        delivery.priority.value,
        1 if message.flash else 0,
        None if message.not_before is None else micros(message.not_before),
        None if delivery.expires_at is None else micros(delivery.expires_at),
        message.callback_url,
        languages_text(message.languages) or None,
        1 if message.wide_reference else None,
        None if message.medium is _SMS else message.medium.value,
        *delivery_cells(delivery)[:-1],
        message.origin,
        message.hops or None,
    )


def is_plain(message: OutboundMessage, delivery: Delivery) -> bool:
    """Whether nothing is to be written but what :func:`plain_cells` holds."""
    return (
        delivery.status is Status.QUEUED
        and delivery.expires_at is None
        and message.not_before is None
        and message.callback_url is None
        and not message.languages
        and not message.wide_reference
        and message.medium is _SMS
        and message.origin is None
        and not delivery.parts
        and delivery.error is None
        and delivery.error_code is None
        and delivery.due_at is None
        and delivery.fall_back_at is None
        and delivery.owner is None
        and delivery.claimed_at is None
        and delivery.sent_at is None
        and delivery.finished_at is None
    )


def plain_cells(message: OutboundMessage, delivery: Delivery) -> tuple[int | str | None, ...]:
    """The row of a message that is simply queued, without the columns that are NULL then."""
    return (
        message.id,
        message.account,
        delivery.recipient.value,
        message.recipient_as_given,
        message.text,
        message.surface.value,
        micros(message.accepted_at),
        message.sender.value if message.sender else None,
        delivery.priority.value,
        1 if message.flash else 0,
        delivery.route[0].channel,
        route_text(delivery.route),
        delivery.segments,
        delivery.charged,
        "queued",
        delivery.attempts,
        delivery.sequence,
    )


def delivery_cells(
    delivery: Delivery,
) -> tuple[
    str,
    str,
    int,
    int,
    str,
    int | None,
    int | None,
    int | None,
    int | None,
    int,
    str | None,
    int | None,
    int | None,
    str | None,
    str | None,
    int,
    int,
]:
    """What changes of a delivery, from ``channel`` to ``sequence``, and its id."""
    return (
        delivery.route[0].channel,
        route_text(delivery.route),
        delivery.segments,
        delivery.charged,
        delivery.status.value,
        None if delivery.due_at is None else micros(delivery.due_at),
        None if delivery.fall_back_at is None else micros(delivery.fall_back_at),
        delivery.owner,
        None if delivery.claimed_at is None else micros(delivery.claimed_at),
        delivery.attempts,
        parts_text(delivery.parts) if delivery.parts else None,
        None if delivery.sent_at is None else micros(delivery.sent_at),
        None if delivery.finished_at is None else micros(delivery.finished_at),
        delivery.error_code,
        delivery.error,
        delivery.sequence,
        delivery.message,
    )


def reference_cells(delivery: Delivery) -> list[tuple[int, int, str, str, int, str]]:
    """The rows under which reports find the delivery's parts."""
    message, ending = delivery.message, ending_of(delivery.recipient)
    return [
        (message, part.number, part.channel, part.reference, micros(part.at), ending)
        for part in delivery.parts
        if part.reference is not None
    ]


def ending_of(recipient: Recipient) -> str:
    """The last digits of a number, which all of its spellings have, or of an address its end."""
    return recipient.value.removeprefix("+")[-5:]


def tracked_of(cells: MessageCells) -> Tracked:
    """The message and the delivery of a row."""
    message = message_of(cells)
    delivery = _delivery(cells, message.recipient, message.accepted_at, message.expires_at)
    return Tracked(message=message, delivery=delivery)


def message_of(cells: MessageCells) -> OutboundMessage:
    """The message of a row."""
    return OutboundMessage(
        id=MessageId(cells[0]),
        account=AccountId(cells[1]),
        recipient=recipient_of(cells[2]),
        recipient_as_given=cells[3],
        text=cells[4],
        surface=_SURFACES[cells[5]],
        accepted_at=from_micros(cells[6]),
        sender=None if cells[7] is None else SenderId(cells[7]),
        priority=_PRIORITIES[cells[8]],
        flash=bool(cells[9]),
        not_before=optional_moment(cells[10]),
        expires_at=optional_moment(cells[11]),
        callback_url=cells[12],
        languages=() if cells[13] is None else languages_of(cells[13]),
        wide_reference=bool(cells[14]),
        medium=_SMS if cells[15] is None else Medium(cells[15]),
        origin=None if cells[32] is None else MessageId(cells[32]),
        hops=cells[33] or 0,
    )


def delivery_of(cells: MessageCells) -> Delivery:
    """The delivery of a row."""
    return _delivery(
        cells, recipient_of(cells[2]), from_micros(cells[6]), optional_moment(cells[11])
    )


def _delivery(
    cells: MessageCells,
    recipient: Recipient,
    accepted_at: datetime,
    expires_at: datetime | None,
) -> Delivery:
    return Delivery(
        message=MessageId(cells[0]),
        account=AccountId(cells[1]),
        recipient=recipient,
        route=route_of(cells[17]),
        segments=cells[18],
        charged=cells[19],
        accepted_at=accepted_at,
        status=_STATUSES[cells[20]],
        priority=_PRIORITIES[cells[8]],
        due_at=optional_moment(cells[21]),
        fall_back_at=optional_moment(cells[22]),
        expires_at=expires_at,
        owner=None if cells[23] is None else ProcessId(cells[23]),
        claimed_at=optional_moment(cells[24]),
        attempts=cells[25],
        parts=() if cells[26] is None else parts_of(cells[26]),
        sent_at=optional_moment(cells[27]),
        finished_at=optional_moment(cells[28]),
        error_code=cells[29],
        error=cells[30],
        sequence=cells[31],
    )

"""
What a transport is given of a message: its parts on the leg in use, and where they go.
"""

import zlib
from collections.abc import Callable, Sequence

from smscore.domain.description import describe_email
from smscore.domain.messages import Medium, OutboundMessage
from smscore.domain.segments import MOST_PARTS, Encoding, EncodingOptions, Segments, split
from smscore.ports.storage import Tracked
from smscore.ports.transport import SendJob

__all__ = ["job_of"]

_ONE_CALL = Segments(encoding=Encoding.GSM7, parts=("",))


def job_of(
    tracked: Tracked, *, cut: Callable[[str], Sequence[str]] | None, address: str | None
) -> SendJob:
    """The same for all tries on one leg; ``cut`` is the channel's own way of cutting texts."""
    message, delivery = tracked.message, tracked.delivery
    medium = delivery.route[0].medium
    return SendJob(
        message=message.id,
        recipient=message.recipient,
        text=message.text,
        segments=_segments(message, medium, cut),
        # Equal for all tries of one message, and different for its neighbours.
        concat_reference=zlib.crc32(message.id.to_bytes(8, "big"))
        & (0xFFFF if message.wide_reference else 0xFF),
        sender=message.sender,
        flash=message.flash,
        priority=delivery.priority,
        expires_at=message.expires_at,
        accepted=delivery.accepted_parts,
        medium=medium,
        address=address,
    )


def _segments(
    message: OutboundMessage, medium: Medium, cut: Callable[[str], Sequence[str]] | None
) -> Segments:
    if medium is Medium.VOICE:
        return _ONE_CALL
    if medium is Medium.EMAIL:
        return describe_email(message.text).segments
    if medium is Medium.TELEGRAM and cut is not None:
        return Segments(encoding=Encoding.UCS2, parts=tuple(cut(message.text)))
    options = EncodingOptions(
        languages=message.languages, wide_reference=message.wide_reference, max_parts=MOST_PARTS
    )
    return split(message.text, options=options)

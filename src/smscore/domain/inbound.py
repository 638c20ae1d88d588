"""
What arrives: parts as a network delivered them, and the messages that they make when joined.
"""

import enum
from collections.abc import Iterable
from datetime import datetime

import attrs

from smscore.domain.alphabets import decode_gsm7
from smscore.domain.messages import AccountId, MessageId

__all__ = ["Coding", "Concatenation", "InboundMessage", "InboundPart", "is_complete", "join_text"]


class Coding(enum.StrEnum):
    """How the user data of a part is to be read."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"
    BINARY = "binary"


@attrs.frozen(kw_only=True)
class Concatenation:
    """The place of a part in its message (23.040, 9.2.3.24.1): ``number`` counts from 1."""

    reference: int
    total: int
    number: int
    is_wide: bool = False  # a 16-bit reference

    def has_sense(self) -> bool:
        """Whether the header can be obeyed; one that cannot is ignored."""
        return 1 <= self.number <= self.total


@attrs.frozen(kw_only=True)
class InboundPart:
    """
    One short message as it came off a channel, not yet decoded.

    ``user_data`` holds one septet per octet for ``GSM7``, UTF-16 big-endian octets for ``UCS2``,
    octets otherwise; the user data header is not in it. Parts are joined *before* decoding, since
    an escape pair or a surrogate pair may be cut between them.
    """

    channel: str
    sender: str  # exactly as received: the key for joining
    coding: Coding
    user_data: bytes
    received_at: datetime
    sent_at: datetime | None = None  # the centre's time stamp, if it had a sensible one
    concatenation: Concatenation | None = None
    fingerprint: str = ""  # of the raw message: the same one offered twice is stored once


@attrs.frozen(kw_only=True)
class InboundMessage:
    """A received message, whole."""

    id: MessageId
    account: AccountId | None  # None: the channel belongs to no account
    channel: str
    sender: str
    text: str
    received_at: datetime
    sent_at: datetime | None = None


def is_complete(parts: Iterable[InboundPart]) -> bool:
    """Whether the parts, all of one message, leave no gap."""
    found: dict[int, int] = {}
    for part in parts:
        if part.concatenation is None or not part.concatenation.has_sense():
            return True
        found[part.concatenation.number] = part.concatenation.total
    return bool(found) and len(found) == max(found.values())


def join_text(parts: Iterable[InboundPart]) -> str:
    """The text of the parts in their order; runs of one coding are decoded together."""
    ordered = sorted(parts, key=lambda part: part.concatenation.number if part.concatenation else 1)
    text: list[str] = []
    run = b""
    for index, part in enumerate(ordered):
        run += part.user_data
        is_last = index + 1 == len(ordered)
        if is_last or ordered[index + 1].coding is not part.coding:
            text.append(_decode(run, part.coding))
            run = b""
    return "".join(text)


def _decode(user_data: bytes, coding: Coding) -> str:
    match coding:
        case Coding.GSM7:
            return decode_gsm7(user_data)
        case Coding.UCS2:
            return user_data.decode("utf-16-be", "replace")
        case Coding.BINARY:
            return user_data.hex()

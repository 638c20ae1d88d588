"""
What arrives: parts as a network delivered them, and the messages that they make when joined.
"""

import enum
from datetime import datetime
from hashlib import sha256
from typing import Self

import attrs

from smscore.domain.headers import Concatenation, concatenation_of
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.user_data import Coding

__all__ = ["TELEGRAM_SENDER", "InboundKind", "InboundMessage", "InboundPart"]

TELEGRAM_SENDER = "telegram:"
"""What stands before the id of a chat, where a sender's number is not known."""


class InboundKind(enum.StrEnum):
    """What arrived. What was meant for a program or the telephone itself is told from texts."""

    SMS = "sms"
    TELEGRAM = "telegram"
    EMAIL = "email"
    PORT = "port"  # addressed to a port of the telephone (23.040, 9.2.3.24.3 and .4)
    SILENT = "silent"  # short message type 0, which no telephone shows (23.040, 9.2.3.9)
    REPLACEMENT = "replacement"  # takes the place of an earlier one (23.040, 9.2.3.9)
    WAITING = "waiting"  # says that something waits elsewhere, such as voice mail (23.038, 4)


@attrs.frozen(kw_only=True)
class InboundPart:
    """
    One short message as it came off a channel, not yet decoded.

    ``user_data`` holds one septet per octet for ``GSM7``, UTF-16 big-endian octets for ``UCS2``,
    octets otherwise; ``header`` the information elements in front of it. Parts are joined
    *before* decoding, since an escape pair or a surrogate pair may be cut between them; see
    :mod:`smscore.domain.joining`.
    """

    channel: str
    sender: str  # exactly as received: the key for joining
    coding: Coding
    user_data: bytes
    received_at: datetime
    sent_at: datetime | None = None  # the centre's time stamp, if it had a sensible one
    header: bytes = b""
    # Of the raw message, in its channel: the same one offered twice is stored once. Of a part
    # without, it is made of all that the part holds, see :meth:`with_fingerprint`.
    fingerprint: str = ""
    kind: InboundKind = InboundKind.SMS
    # Of a mail: no person wrote it, and nobody should answer; what it is about. The store keeps
    # neither with the part; the subject is told in the story of the message.
    is_automatic: bool = False
    subject: str = ""
    # The message that has been made of it while other parts are missing; only the store sets it.
    published_as: MessageId | None = None

    @property
    def concatenation(self) -> Concatenation | None:
        """The part's place in its message, if the header gives it one that makes sense."""
        return concatenation_of(self.header)

    def with_fingerprint(self) -> Self:
        """
        The part with a fingerprint: its own, or one of everything that it holds.

        So another text is another message, even from the same sender at the same time; what is
        offered again is known only if it says to have been received at the same time.
        """
        if self.fingerprint:
            return self
        return attrs.evolve(self, fingerprint=sha256(repr(self).encode()).hexdigest()[:32])


@attrs.frozen(kw_only=True)
class InboundMessage:
    """A received message; ``missing`` are the numbers, from 1, of the parts that did not come."""

    id: MessageId
    account: AccountId | None  # None: the channel belongs to no account
    channel: str
    sender: str
    text: str
    received_at: datetime
    sent_at: datetime | None = None
    kind: InboundKind = InboundKind.SMS
    missing: tuple[int, ...] = ()  # then GAP stands in the text for each run of them

"""
What a customer asked for: one text to one recipient, which never changes once accepted.
"""

import enum
import re
from datetime import datetime
from typing import NewType

from msgspec import Struct

from smscore.domain.languages import Language
from smscore.domain.numbers import SenderId
from smscore.domain.recipients import EmailAddress, Recipient

__all__ = [
    "AccountId",
    "Medium",
    "MessageId",
    "OutboundMessage",
    "Priority",
    "Surface",
    "clean_text",
]

AccountId = NewType("AccountId", int)
MessageId = NewType("MessageId", int)
"""64 bits, time-ordered, shown by each surface in its own way; see :mod:`smscore.ids`."""


class Priority(enum.IntEnum):
    """Who goes first when several messages wait for one channel."""

    LOW = 0
    NORMAL = 1
    HIGH = 2


class Medium(enum.StrEnum):
    """As what a message reaches its recipient."""

    SMS = "sms"
    TELEGRAM = "telegram"
    AUTOMATIC = "automatic"  # Telegram first; an SMS if the recipient cannot be reached there
    VOICE = "voice"  # a call that rings; the text is not used
    EMAIL = "email"  # as everything that goes to an address

    # Whether it matters on which channels the recipient's number is linked. Said once: to compare
    # members takes ten times as long, and every message is asked several times.
    goes_by_links: bool

    def __init__(self, word: str) -> None:
        self.goes_by_links = word in {"telegram", "automatic"}


class Surface(enum.StrEnum):
    """The door through which a message came in."""

    GATEWAY = "gateway"
    QUEUE = "queue"
    PROVIDER = "provider"
    LIBRARY = "library"
    COMMAND = "command"
    AGENT = "agent"  # fetched from another server
    EMAIL = "email"
    CONSENT = "consent"  # our own answer to STOP, START or HELP
    RULES = "rules"  # made of a message that arrived


class OutboundMessage(Struct, frozen=True, kw_only=True):
    """
    One text to one recipient, as it was accepted.

    ``languages`` and ``wide_reference`` are what the account allowed then: whoever sends cuts the
    text by them, and so into the parts that were paid for.
    """

    id: MessageId
    account: AccountId
    recipient: Recipient
    recipient_as_given: str
    text: str
    surface: Surface
    accepted_at: datetime
    sender: SenderId | None = None
    priority: Priority = Priority.NORMAL
    flash: bool = False
    not_before: datetime | None = None  # None: at once
    expires_at: datetime | None = None  # None: the channel's own validity
    callback_url: str | None = None
    languages: tuple[Language, ...] = ()
    wide_reference: bool = False
    medium: Medium = Medium.SMS
    origin: MessageId | None = None  # the message that arrived, of which a rule made this one
    hops: int = 0  # how often it was made anew since a person wrote it, as far as is known

    @property
    def is_email(self) -> bool:
        """Whether it goes to an address, and so by e-mail, whatever medium was asked for."""
        return isinstance(self.recipient, EmailAddress)


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str) -> str:
    """
    A text that every store can keep: U+0000 and lone surrogates become U+FFFD.

    Nothing else is touched; its length in code points stays the same.
    """
    if text.isascii() and "\0" not in text:  # nearly always, and told at a glance
        return text
    return _UNSTORABLE.sub("\ufffd", text)

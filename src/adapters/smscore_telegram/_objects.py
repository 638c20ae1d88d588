"""
What the Bot API says, as far as we listen: its objects, and the envelope around them.
"""

import re
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct, field

__all__ = [
    "UPDATES",
    "Chat",
    "Contact",
    "Envelope",
    "Member",
    "MemberUpdate",
    "Message",
    "Numbered",
    "Parameters",
    "Update",
    "User",
    "decode",
]

T = TypeVar("T")

_PAIR = rb"u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:%s|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)" % _PAIR, re.DOTALL)

UPDATES = ("message", "my_chat_member")
"""The kinds of updates that we ask for."""


class Parameters(Struct):
    """What a refusal may add."""

    retry_after: float | None = None  # seconds


class Envelope(Struct):
    """Every answer: a result, or a refusal."""

    ok: bool
    result: Raw = Raw(b"null")
    error_code: int = 0
    description: str = ""
    parameters: Parameters = field(default_factory=Parameters)


class User(Struct):
    """A person, or a bot."""

    id: int
    first_name: str = ""
    username: str = ""


class Chat(Struct):
    """A conversation; with one person it has the person's id and names."""

    id: int
    type: str
    first_name: str = ""
    last_name: str = ""
    username: str = ""

    @property
    def is_private(self) -> bool:
        """Whether it is with one person."""
        return self.type == "private"


class Contact(Struct):
    """An entry of a telephone book; ``user_id`` says whose, if Telegram knows."""

    phone_number: str
    first_name: str = ""
    last_name: str = ""
    user_id: int | None = None


class Message(Struct):
    """Something that was said; ``date`` in seconds since 1970."""

    message_id: int
    date: int
    chat: Chat
    from_: User | None = field(default=None, name="from")
    text: str | None = None
    caption: str | None = None
    contact: Contact | None = None


class Member(Struct):
    """How somebody belongs to a chat; a bot that is blocked was ``kicked``."""

    status: str


class MemberUpdate(Struct):
    """How the bot belongs to a chat has changed."""

    chat: Chat
    new_chat_member: Member


class Numbered(Struct):
    """What every update has, whatever else may be in it."""

    update_id: int


class Update(Numbered):
    """One thing that happened; of the kinds that we do not know nothing but the number is left."""

    message: Message | None = None
    my_chat_member: MemberUpdate | None = None


def decode(said: bytes | Raw, kind: type[T]) -> T:
    """
    An object; half a character in a text is replaced, for it must not hide all that came with it.

    Raises:
        msgspec.DecodeError: it has another shape.
    """
    try:
        return msgspec.json.decode(said, type=kind)
    except msgspec.DecodeError:
        whole = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], bytes(said))
        return msgspec.json.decode(whole, type=kind)

"""
What an update means: somebody came, shared a number, wrote, or left.
"""

from datetime import UTC, datetime

import attrs
import msgspec

from smscore.domain.numbers import PhoneNumber
from smscore.errors import InvalidNumber
from smscore_telegram._objects import Contact, Message, Numbered, Update, decode

__all__ = ["Blocked", "Happening", "Shared", "Started", "Stopped", "Wrote", "happening_of", "read"]


@attrs.frozen(kw_only=True)
class Happening:
    """Something that a person did in a chat of their own with the bot."""

    chat: int

    @property
    def address(self) -> str:
        """Where the person is written to."""
        return str(self.chat)


@attrs.frozen(kw_only=True)
class Started(Happening):
    """Opened the bot, or asked how it goes on."""


@attrs.frozen(kw_only=True)
class Stopped(Happening):
    """Wants no more messages."""


@attrs.frozen(kw_only=True)
class Blocked(Happening):
    """Wants to hear nothing at all: not even an answer."""


@attrs.frozen(kw_only=True)
class Shared(Happening):
    """Shared a contact; without a ``number`` it was not their own, or none that can be read."""

    number: PhoneNumber | None
    name: str


@attrs.frozen(kw_only=True)
class Wrote(Happening):
    """Wrote a text."""

    update: int
    text: str
    at: datetime | None  # None: it came with no time that makes sense


def read(update: msgspec.Raw) -> Update | Numbered | None:
    """An update; of one with another shape than promised the number alone, or nothing."""
    for kind in (Update, Numbered):
        try:
            return decode(update, kind)
        except msgspec.DecodeError:
            continue
    return None


def happening_of(update: Numbered) -> Happening | None:
    """What it means to us; None if nothing. What happens in groups and channels never does."""
    if not isinstance(update, Update):
        return None
    membership, message = update.my_chat_member, update.message
    if membership is not None and membership.chat.is_private:
        is_gone = membership.new_chat_member.status in ("kicked", "left")
        return Blocked(chat=membership.chat.id) if is_gone else None
    if message is not None and message.chat.is_private:
        return _of_message(message, update.update_id)
    return None


def _of_message(message: Message, update: int) -> Happening | None:
    chat = message.chat.id
    if message.contact is not None:
        return _shared(message, message.contact)
    text = message.text or message.caption
    if not (words := (text or "").split(maxsplit=1)):
        return None
    # Programs write `/stop@the_bot` when somebody taps on a command.
    match words[0].lower().partition("@")[0]:
        case "/start":
            return Started(chat=chat)
        case "/stop":
            return Stopped(chat=chat)
    return Wrote(chat=chat, update=update, text=text or "", at=_time(message.date))


def _time(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _shared(message: Message, contact: Contact) -> Shared:
    """
    Anybody can share anybody's contact: only what Telegram knows to be the sender's own counts.

    The chat is private, so it has the sender's id as well.
    """
    is_own = message.from_ is not None and contact.user_id == message.from_.id == message.chat.id
    names = (message.chat.first_name, message.chat.last_name)
    return Shared(
        chat=message.chat.id,
        number=_number(contact.phone_number) if is_own else None,
        name=" ".join(filter(None, names)),
    )


def _number(given: str) -> PhoneNumber | None:
    """Telegram's numbers have their country code, and most often no plus sign."""
    try:
        return PhoneNumber.parse("+" + given.strip().lstrip("+"))
    except InvalidNumber:
        return None

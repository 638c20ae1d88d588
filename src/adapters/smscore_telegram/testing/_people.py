"""
People with Telegram, who do with a bot what people do.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smscore_telegram.testing._telegram import FakeTelegram

__all__ = ["Person"]


class Person:
    """Somebody with an account; made by :meth:`FakeTelegram.person`."""

    def __init__(self, telegram: "FakeTelegram", *, user: int, name: str, number: str) -> None:
        self._telegram = telegram
        self.id = user
        self.name = name
        self.number = number
        self.has_met_bot = False
        self.is_blocking = False
        self.is_gone = False
        self.keyboard: Mapping[str, Any] | None = None  # that the bot has shown last

    @property
    def address(self) -> str:
        """The id of the chat with the bot, as text."""
        return str(self.id)

    @property
    def received(self) -> list[str]:
        """The texts that the bot has sent, oldest first."""
        return [sent.text for sent in self._telegram.sent if sent.person is self]

    def opens_bot(self) -> None:
        """For the first time, or again after having blocked it."""
        if self.is_blocking:
            self.is_blocking = False
            self._joins("kicked", "member")
        self.writes("/start")

    def writes(self, text: str, **changes: Any) -> None:
        """A text; ``changes`` are other fields of the message."""
        self.sends(text=text, **changes)

    def sends(self, **content: Any) -> None:
        """Anything: the fields of a message besides those that say from whom and when it is."""
        self.has_met_bot = True
        message = {"from": self.as_user(), "chat": self.as_chat(), **content}
        self._telegram.happens("message", message)

    def stops(self) -> None:
        """Asks for no more."""
        self.writes("/stop")

    def shares_contact(self, of: "Person | None" = None) -> None:
        """By the bot's button; or somebody else's contact, as anybody can."""
        owner = of or self
        contact = {
            "phone_number": owner.number.lstrip("+"),
            "first_name": owner.name,
            "user_id": owner.id,
        }
        self.sends(contact=contact)

    def links(self) -> None:
        """Opens the bot and shares the number."""
        self.opens_bot()
        self.shares_contact()

    def blocks(self) -> None:
        """Wants to hear nothing more of the bot."""
        self.is_blocking = True
        self._joins("member", "kicked")

    def deletes_account(self) -> None:
        """Is not there any more, and the bot is not told."""
        self.is_gone = True

    def as_chat(self) -> dict[str, Any]:
        """The chat with the bot as the Bot API shows it."""
        return {"id": self.id, "type": "private", "first_name": self.name}

    def as_user(self) -> dict[str, Any]:
        """The person as the Bot API shows them."""
        return {"id": self.id, "is_bot": False, "first_name": self.name}

    def _joins(self, before: str, after: str) -> None:
        bot = self._telegram.bot
        change = {
            "chat": self.as_chat(),
            "from": self.as_user(),
            "old_chat_member": _member(before, bot),
            "new_chat_member": _member(after, bot),
        }
        self._telegram.happens("my_chat_member", change)


def _member(status: str, bot: Mapping[str, Any]) -> dict[str, Any]:
    member: dict[str, Any] = {"status": status, "user": bot}
    return member | {"until_date": 0} if status == "kicked" else member

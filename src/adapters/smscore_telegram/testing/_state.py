"""
What a stand-in for Telegram remembers, and what the methods of the Bot API do with it.
"""

import time
from collections.abc import Mapping
from typing import Any

import attrs

from smscore_telegram.testing._answers import Refused
from smscore_telegram.testing._people import Person
from smscore_telegram.testing._rules import LONGEST_TEXT

__all__ = ["Refusing", "Sent", "State", "Webhook"]

_MOST_UPDATES = 100


@attrs.frozen(kw_only=True)
class Sent:
    """A message that a person has got."""

    person: Person
    text: str
    message_id: int


@attrs.frozen(kw_only=True)
class Webhook:
    """Where updates are to be posted."""

    url: str
    secret: str | None


class Refusing(Exception):
    """A request is not done."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.refused = Refused(code=code, description=description)


class State:
    """One bot, its people, and what they have said. Whoever uses it keeps others out meanwhile."""

    def __init__(self, *, bot: Mapping[str, Any]) -> None:
        self.bot = bot
        self.people: dict[int, Person] = {}
        self.sent: list[Sent] = []
        self.updates: list[dict[str, Any]] = []
        self.webhook: Webhook | None = None
        self._last: dict[str, Any] = {}
        self._count = 0

    def add(self, kind: str, content: Mapping[str, Any]) -> None:
        """An update, with what all of its kind have."""
        self._last = {"update_id": self._next(), kind: self._stamped(kind, content)}
        self.updates.append(self._last)

    def add_again(self) -> None:
        """The last update, as if its confirmation had been lost."""
        if self._last not in self.updates:
            self.updates.insert(0, self._last)

    def confirm(self, offset: int) -> None:
        """Forget the updates before this number."""
        self.updates = [update for update in self.updates if update["update_id"] >= offset]

    def do(self, method: str, parameters: Mapping[str, Any]) -> Any:
        """
        What comes of a request.

        Raises:
            Refusing: nothing.
        """
        match method:
            case "getMe":
                return self.bot
            case "getChat":
                return self._reached(parameters).as_chat()
            case "sendMessage":
                return self._send(parameters)
            case "getUpdates":
                return self._updates(parameters)
            case "setWebhook":
                secret = parameters.get("secret_token")
                self.webhook = Webhook(url=parameters["url"], secret=secret)
            case "deleteWebhook":
                self.webhook = None
        return True

    def _send(self, parameters: Mapping[str, Any]) -> Any:
        person, text = self._reached(parameters), parameters["text"]
        shown = text.strip()  # blanks at the ends are not kept
        if not shown:
            raise Refusing(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > LONGEST_TEXT:
            raise Refusing(400, "Bad Request: message is too long")
        if person.is_gone:
            raise Refusing(403, "Forbidden: user is deactivated")
        if person.is_blocking:
            raise Refusing(403, "Forbidden: bot was blocked by the user")
        sent = Sent(person=person, text=shown, message_id=self._next())
        self.sent.append(sent)
        person.keyboard = parameters.get("reply_markup", person.keyboard)
        return {
            "message_id": sent.message_id,
            "date": int(time.time()),
            "from": self.bot,
            "chat": person.as_chat(),
            "text": shown,
        }

    def _updates(self, parameters: Mapping[str, Any]) -> Any:
        if self.webhook is not None:
            raise Refusing(409, "Conflict: can't use getUpdates method while webhook is active")
        offset, limit = parameters.get("offset", 0), parameters.get("limit", _MOST_UPDATES)
        return [update for update in self.updates if update["update_id"] >= offset][:limit]

    def _reached(self, parameters: Mapping[str, Any]) -> Person:
        person = self.people.get(int(parameters["chat_id"]))
        if person is None or not person.has_met_bot:
            raise Refusing(400, "Bad Request: chat not found")
        return person

    def _stamped(self, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        stamp: dict[str, Any] = {"date": int(time.time())}
        if kind == "message":
            stamp["message_id"] = self._next()
        return stamp | dict(content)

    def _next(self) -> int:
        self._count += 1
        return self._count

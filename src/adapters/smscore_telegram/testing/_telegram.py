"""
The stand-in as a test holds it: people, scripts, and what was asked and sent.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import attrs

from smscore_telegram.testing._answers import Dropped, Held, Refused
from smscore_telegram.testing._people import Person
from smscore_telegram.testing._posting import post
from smscore_telegram.testing._rules import METHODS, fault_in
from smscore_telegram.testing._server import Answer, Server
from smscore_telegram.testing._state import Refusing, Sent, State, Webhook

__all__ = ["FakeTelegram", "Request"]

_TOKEN = "100000:not-a-secret"  # noqa: S105  # as it says
_RIVAL = "Conflict: terminated by other getUpdates request"

Script = Refused | Dropped | Held


@attrs.frozen(kw_only=True)
class Request:
    """What a program has asked."""

    method: str
    parameters: Mapping[str, Any]


class FakeTelegram:
    """
    A Bot API server on loopback, with one bot; use it as a context manager.

    It takes nothing that Telegram would not take, nor parameters that it does not know.
    :meth:`script` has it do something else than usual. ``requests`` holds all that it was asked.
    """

    def __init__(self, *, token: str = _TOKEN, bot: str = "test_bot") -> None:
        self.token = token
        self.requests: list[Request] = []
        number = int(token.partition(":")[0])
        self._state = State(
            bot={"id": number, "is_bot": True, "first_name": "Test", "username": bot}
        )
        self._scripts: dict[tuple[str, str | None], deque[Script]] = {}
        self._polls = 0
        self._bell = asyncio.Event()  # rings for those who wait for updates
        self._changed = threading.Condition()
        self._server = Server(self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; whoever waits for an answer gets none. May be called twice."""
        self._server.close()

    # For whoever tests.

    @property
    def url(self) -> str:
        """The ``base_url`` of its channels."""
        return self._server.url

    @property
    def table(self) -> dict[str, Any]:
        """What ``[channels.NAME]`` needs to use it."""
        return {"transport": "telegram", "token": self.token, "base_url": self.url}

    def person(self, name: str = "Ada", *, number: str = "+491701234567") -> Person:
        """Somebody who has Telegram, and has not met the bot."""
        with self._changed:
            person = Person(self, user=1000 + len(self._state.people), name=name, number=number)
            self._state.people[person.id] = person
        return person

    def script(
        self, *answers: Script, method: str = "sendMessage", to: Person | None = None
    ) -> None:
        """
        The next requests for the method are answered like this, one after another.

        ``to``: only those that are about this person.
        """
        key = method, None if to is None else to.address
        with self._changed:
            self._scripts.setdefault(key, deque()).extend(answers)

    def wait_for(self, condition: Callable[[], bool], *, timeout: float = 10.0) -> bool:
        """Wait until a request or a message has made the condition true."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    @property
    def sent(self) -> Sequence[Sent]:
        """What people have got, oldest first."""
        return tuple(self._state.sent)

    def asked(self, method: str) -> list[Mapping[str, Any]]:
        """The parameters of all requests for a method, oldest first."""
        return [request.parameters for request in self.requests if request.method == method]

    @property
    def webhook(self) -> Webhook | None:
        """Where :meth:`deliver` posts updates; None: they are fetched."""
        return self._state.webhook

    def take_updates(self) -> list[bytes]:
        """What :meth:`deliver` would post, oldest first; it is not kept any longer."""
        with self._changed:
            taken, self._state.updates = self._state.updates, []
        return [json.dumps(update).encode() for update in taken]

    def deliver(self) -> list[int]:
        """
        Post what happened to the webhook, over HTTP and in order, and say how each was answered.

        What was answered by an error is kept, to be posted again.
        """
        webhook, statuses = self._state.webhook, []
        if webhook is None:
            raise RuntimeError("no webhook was asked for")
        for update in tuple(self._state.updates):
            status = post(webhook, json.dumps(update).encode())
            statuses.append(status)
            if 200 <= status < 300:  # as HTTP counts
                with self._changed:
                    self._state.updates.remove(update)
        return statuses

    @property
    def unconfirmed(self) -> int:
        """How many updates wait, fetched or not."""
        return len(self._state.updates)

    def happens(self, kind: str, content: Mapping[str, Any]) -> None:
        """An update for the bot; what people do ends here."""
        self._change(lambda: self._state.add(kind, content))

    def happens_again(self) -> None:
        """The last update, as if its confirmation had been lost."""
        self._change(self._state.add_again)

    @property
    def bot(self) -> Mapping[str, Any]:
        """The bot as the Bot API shows it."""
        return self._state.bot

    # For whoever asks.

    async def _answer(self, path: str, body: bytes) -> Answer:
        token, _, method = path.removeprefix("/bot").partition("/")
        if token != self.token:
            return _refusal(Refused(code=401, description="Unauthorized"))
        if method not in METHODS:
            return _refusal(Refused(code=404, description="Not Found"))
        parameters = json.loads(body or b"{}")
        with self._changed:
            self.requests.append(Request(method=method, parameters=parameters))
            script = self._scripted(method, parameters)
            self._changed.notify_all()
        return await self._follow(script, method, parameters)

    def _scripted(self, method: str, parameters: Mapping[str, Any]) -> Script | None:
        for about in (str(parameters.get("chat_id")), None):
            if script := self._scripts.get((method, about)):
                return script.popleft()
        return None

    async def _follow(
        self, script: Script | None, method: str, parameters: Mapping[str, Any]
    ) -> Answer:
        match script:
            case Refused():
                return _refusal(script)
            case Dropped(is_done=False):
                return None
            case Held():
                await script.wait()
        done = await self._do(method, parameters)
        return None if isinstance(script, Dropped) else done

    async def _do(self, method: str, parameters: Mapping[str, Any]) -> Answer:
        if fault := fault_in(method, parameters):
            return _refusal(Refused(code=400, description=f"Bad Request: {fault}"))
        if method == "getUpdates" and not await self._is_alone(parameters):
            return _refusal(Refused(code=409, description=_RIVAL))
        try:
            with self._changed:
                result = self._state.do(method, parameters)
                self._changed.notify_all()
        except Refusing as refusing:
            return _refusal(refusing.refused)
        return 200, json.dumps({"ok": True, "result": result}).encode()

    async def _is_alone(self, parameters: Mapping[str, Any]) -> bool:
        """Wait for updates; whether nobody else has asked for them meanwhile."""
        self._ring()
        self._polls += 1
        poll, bell = self._polls, self._bell
        with self._changed:
            self._state.confirm(parameters.get("offset", 0))
            is_waiting = not self._state.updates and self._state.webhook is None
            self._changed.notify_all()
        with suppress(TimeoutError):
            if is_waiting:
                await asyncio.wait_for(bell.wait(), parameters.get("timeout", 0))
        return poll == self._polls

    def _change(self, change: Callable[[], None]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()
        self._server.call(self._ring)

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()


def _refusal(refused: Refused) -> Answer:
    if refused.body is not None:
        return refused.code, refused.body
    document: dict[str, Any] = {
        "ok": False,
        "error_code": refused.code,
        "description": refused.description,
    }
    if refused.retry_after is not None:
        document["parameters"] = {"retry_after": refused.retry_after}
    return refused.code, json.dumps(document).encode()

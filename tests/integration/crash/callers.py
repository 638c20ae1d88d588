"""
Callers of the three surfaces that go on whatever happens, and remember what they were told.
"""

import json
import random
import threading
from collections.abc import Sequence
from typing import Any

import attrs
import httpx2
from installation import DEAR, FAILING, PREFIXES, REFUSED
from world import World

__all__ = ["Attempt", "Caller", "Item", "Numbers"]

_TIMEOUT = 60.0  # seconds, for whoever hangs: also without its database a server answers soon
_PAUSE = 0.02  # before it is tried again
_UNAVAILABLE = {"provider": (503,), "gateway": (408, 503), "queue": (503,)}
_REPLAYED = 100
"""Answers under a key that are asked for again at the end."""


@attrs.frozen(kw_only=True)
class Item:
    """One text to one recipient."""

    recipient: str
    text: str
    parts: int


@attrs.define(eq=False, kw_only=True)
class Attempt:
    """A request, and the answer to it; ``answer`` is None if none ever came."""

    surface: str
    items: tuple[Item, ...]
    key: str | None
    answer: bytes | None = None
    messages: tuple[int, ...] = ()
    life: int = 0  # of the server that answered


class Numbers:
    """Makes recipients that nobody had before, and texts for them. Any thread may ask."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._lock = threading.Lock()
        self._count = 0

    def item(self, *, is_for_phones: bool = False) -> Item:
        """A new one: for some modem, unless it is for phones."""
        with self._lock:
            self._count += 1
            number, draw = self._count, self._chance.random()
            prefix = "+49173" if is_for_phones else self._prefix()
        parts = 1 if draw < 0.7 else 2 if draw < 0.95 else 3
        # The last digits are the code of the refusal: for good, or for now.
        suffix = ("001", "042")[number % 2] if prefix == REFUSED else ""
        return Item(
            recipient=f"{prefix}{number:07d}{suffix}",
            text=f"message {number} " + "x" * 140 * (parts - 1) + "y" * 20 * (parts > 1),
            parts=parts,
        )

    def _prefix(self) -> str:
        draw = self._chance.random()
        if draw < 0.12:
            return (DEAR, REFUSED, FAILING)[int(draw / 0.04)]
        return self._chance.choice(list(PREFIXES.values()))


class Caller:
    """
    Submits to one surface, one request after another.

    Every other request bears a key, and is repeated until it is answered. One without a key is not
    repeated: if no answer came, its messages may or may not be there. Some answers are asked for
    again in a later life of the server; ``faults`` are those that were not the same.
    """

    def __init__(self, world: World, surface: str, *, numbers: Numbers, seed: int) -> None:
        self._world = world
        self._surface = surface
        self._numbers = numbers
        self._chance = random.Random(seed)
        self.attempts: list[Attempt] = []
        self.replays = 0
        self.faults: list[str] = []

    def run(self, over: threading.Event, *, pause: float) -> None:
        """Submit until it is over; then have every key answered."""
        with httpx2.Client(timeout=_TIMEOUT) as client:
            while not over.wait(pause):
                if self._world.is_up.wait(0.1):
                    self._submit(client)
                    self._replay_some(client)
            for attempt in self._with_keys()[-_REPLAYED:]:
                self._replay(client, attempt)

    def _submit(self, client: httpx2.Client) -> None:
        attempt = Attempt(
            surface=self._surface,
            items=tuple(self._items()),
            key=f"{self._surface}-{len(self.attempts)}" if self._chance.random() < 0.5 else None,
        )
        self.attempts.append(attempt)
        self._try(client, attempt)
        while attempt.key and attempt.answer is None:
            if self._world.is_gone.wait(_PAUSE):
                return
            self._world.is_up.wait(0.1)
            self._try(client, attempt)

    def _items(self) -> Sequence[Item]:
        if self._surface != "queue":
            return [self._numbers.item()]
        count = self._chance.randint(1, 4)
        return [self._numbers.item(is_for_phones=self._chance.random() < 0.6) for _ in range(count)]

    def _try(self, client: httpx2.Client, attempt: Attempt) -> None:
        life = self._world.life
        answer = self._ask(client, attempt)
        if answer is not None:
            attempt.answer, attempt.life = answer, life
            attempt.messages = _messages_in(answer, self._surface)

    def _replay_some(self, client: httpx2.Client) -> None:
        known = self._with_keys()[-20:]
        if known and self._chance.random() < 0.1:
            attempt = self._chance.choice(known)
            if attempt.life != self._world.life:
                self._replay(client, attempt)

    def _replay(self, client: httpx2.Client, attempt: Attempt) -> None:
        answer = self._ask(client, attempt)
        if answer is None:
            return
        self.replays += 1
        if answer != attempt.answer:
            self.faults.append(f"{attempt.key}: {attempt.answer!r}, and later {answer!r}")

    def _with_keys(self) -> Sequence[Attempt]:
        return [one for one in self.attempts if one.key is not None and one.answer is not None]

    def _ask(self, client: httpx2.Client, attempt: Attempt) -> bytes | None:
        """The body of the answer; None when there was none."""
        headers = {"Idempotency-Key": attempt.key} if attempt.key else {}
        try:
            answer = self._post(client, attempt, headers)
        except httpx2.TimeoutException:
            self.faults.append(f"{attempt.surface} did not answer within {_TIMEOUT} s")
            return None
        except httpx2.TransportError:
            return None
        if answer.status_code == 200:
            return answer.content
        # Refused while it stops, or its store fails.
        is_known = answer.status_code in _UNAVAILABLE[self._surface]
        assert is_known, f"{self._surface}: {answer.status_code}: {answer.text}"
        return None

    def _post(
        self, client: httpx2.Client, attempt: Attempt, headers: dict[str, str]
    ) -> httpx2.Response:
        credentials, origin = self._world.credentials, self._world.origin
        if self._surface == "queue":
            batch = [{"phone": one.recipient, "message": one.text} for one in attempt.items]
            return client.post(
                f"{origin}/api/{credentials.token}/queue", json=batch, headers=headers
            )
        [item] = attempt.items
        if self._surface == "provider":
            headers = {**headers, "Authorization": f"Bearer {credentials.key}"}
            content = {"to": item.recipient, "message": item.text}
            return client.post(f"{origin}/v1/messages", json=content, headers=headers)
        login = {"username": credentials.user, "password": credentials.password}
        form = {**login, "to": item.recipient, "text": item.text}
        return client.post(f"{origin}/api.php", data=form, headers=headers)


def _messages_in(answer: bytes, surface: str) -> tuple[int, ...]:
    if surface == "gateway":
        return (int(answer.decode().split("ID: ")[1], 16),)
    content: Any = json.loads(answer)
    if surface == "provider":
        return (int(content["message_id"].removeprefix("msg_"), 16),)
    assert not content["errors"], content
    return tuple(int(item["hash"], 16) for item in content["items"])

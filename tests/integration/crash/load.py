"""
The load on a server that is killed: callers, phones, and texts that arrive from outside.
"""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Self

import httpx2
from callers import Attempt, Caller, Numbers
from world import World

__all__ = ["Correspondents", "Load", "Phone"]

_PAUSE = 0.015  # of each caller, between two requests
_PATIENCE = 120.0
_SURFACES = ("provider", "gateway", "queue")


class Phone:
    """
    Fetches messages and tells what became of them, until the queue is empty.

    Messages whose answer got lost are gone for the phone: that is what fetching means.
    """

    def __init__(self, world: World, *, seed: int) -> None:
        self._world = world
        self._chance = random.Random(seed)
        self.handed_out: list[int] = []
        self.told: dict[int, bool] = {}  # and the server said that it knew

    def run(self, over: threading.Event) -> None:
        """Poll until it is over, and then until nothing is left."""
        with httpx2.Client(timeout=10) as client:
            while not over.wait(0.05):
                if self._world.is_up.wait(0.1):
                    self._poll(client)
            while self._poll(client):
                pass

    def _poll(self, client: httpx2.Client) -> bool:
        path = f"/api/{self._world.credentials.token}/get_messages?limit=5"
        found: list[dict[str, str]] = []
        with suppress(httpx2.TransportError):
            answer = client.get(f"{self._world.origin}{path}")
            found = answer.json() if answer.status_code == 200 else []
        self.handed_out += [int(one["hash"], 16) for one in found]
        for one in found:
            if self._chance.random() < 0.9:
                self._tell(client, one["hash"], is_delivered=self._chance.random() < 0.8)
        return bool(found)

    def _tell(self, client: httpx2.Client, message: str, *, is_delivered: bool) -> None:
        """Say it until somebody has heard it."""
        entry = {"hash": message, "status": 2 if is_delivered else 3}
        path = f"/api/{self._world.credentials.token}/status"
        while not self._world.is_gone.wait(_PAUSE):
            with suppress(httpx2.TransportError):
                answer = client.post(
                    f"{self._world.origin}{path}", json={"device": "phone", "messages": [entry]}
                )
                if answer.status_code == 200:
                    assert answer.json()["updated"] == 1, answer.text
                    self.told[int(message, 16)] = is_delivered
                    return
            self._world.is_up.wait(0.1)


class Correspondents:
    """People outside, who write to the modems whether or not anybody listens."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.written: list[str] = []

    def run(self, over: threading.Event) -> None:
        """Write until it is over."""
        while not over.wait(0.12):
            number = len(self.written)
            text = f"inbound {number}" + " and more" * (20 if number % 4 == 0 else 0)
            self._world.simulator.inject_sms(
                modem=number % len(self._world.simulator.modems),
                sender=f"+49160{number % 7:07d}",
                text=text,
            )
            self.written.append(text)


class Load:
    """All of them, within a ``with`` block."""

    def __init__(self, world: World, *, seed: int) -> None:
        numbers = Numbers(random.Random(seed))
        self.callers = [
            Caller(world, surface, numbers=numbers, seed=seed + place)
            for place, surface in enumerate(_SURFACES)
        ]
        self.phones = [Phone(world, seed=seed + place) for place in range(2)]
        self.correspondents = Correspondents(world)
        self._over = threading.Event()
        self._is_all_queued = threading.Event()
        self._pool = ThreadPoolExecutor(thread_name_prefix="load")
        self._others: Sequence[Future[None]] = ()
        self._polling: Sequence[Future[None]] = ()

    @property
    def attempts(self) -> Sequence[Attempt]:
        """All requests of all callers."""
        return [attempt for caller in self.callers for attempt in caller.attempts]

    @property
    def promised(self) -> int:
        """How many messages were acknowledged."""
        return sum(len(attempt.messages) for attempt in self.attempts)

    def check(self) -> None:
        """
        Look whether all of them still go on.

        Raises:
            Exception: what one of them met.
        """
        for future in self._futures:
            if future.done():
                future.result()

    def finish(self) -> None:
        """Stop; the server has to be up, since callers and phones finish what they began."""
        self._over.set()
        for future in self._others:
            future.result(_PATIENCE)
        self._is_all_queued.set()
        for future in self._polling:
            future.result(_PATIENCE)

    @property
    def _futures(self) -> Sequence[Future[None]]:
        return [*self._others, *self._polling]

    def __enter__(self) -> Self:
        self._others = [
            *(self._pool.submit(caller.run, self._over, pause=_PAUSE) for caller in self.callers),
            self._pool.submit(self.correspondents.run, self._over),
        ]
        self._polling = [self._pool.submit(one.run, self._is_all_queued) for one in self.phones]
        return self

    def __exit__(self, *_: object) -> None:
        # Not waited for: whoever still wants an answer hears from the world that none will come.
        self._over.set()
        self._is_all_queued.set()
        self._pool.shutdown(wait=False)

"""
Callers of all three surfaces that go on whatever happens, and remember what they were promised.
"""

import itertools
import threading
from contextlib import suppress

import httpx2
from world import World

__all__ = ["Load"]


class Load:
    """
    Submits a number of messages, each to a recipient of its own, from several threads.

    A caller that gets no answer does not repeat itself: that message may or may not be there.
    """

    def __init__(self, world: World, *, messages: int, callers: int = 6) -> None:
        self._world = world
        self._numbers = itertools.count()
        self._messages = messages
        self._changed = threading.Condition()
        self.promised: dict[int, str] = {}  # id to recipient
        self.handed_out: list[str] = []
        self._threads = [threading.Thread(target=self._submit) for _ in range(callers)]
        self._phone = threading.Thread(target=self._poll)
        self._is_over = threading.Event()

    def start(self) -> None:
        """Begin."""
        for thread in (*self._threads, self._phone):
            thread.start()

    def wait_for(self, promises: int) -> None:
        """Wait until so many messages have been accepted, or none are left to submit."""
        with self._changed:
            self._changed.wait_for(
                lambda: len(self.promised) >= promises or not self._is_submitting(), 60
            )

    def finish(self) -> None:
        """Wait until all is submitted, and stop the phone."""
        for thread in self._threads:
            thread.join(120)
        self._is_over.set()
        self._phone.join(30)

    def _is_submitting(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _submit(self) -> None:
        with httpx2.Client(base_url=self._world.origin, timeout=10) as client:
            while (number := next(self._numbers)) < self._messages:
                self._world.is_up.wait(30)
                with suppress(httpx2.TransportError):
                    self._submit_one(client, number)
        with self._changed:
            self._changed.notify_all()

    def _submit_one(self, client: httpx2.Client, number: int) -> None:
        recipient = f"+49170{number:07d}"
        text = f"message {number} " + "x" * (200 if number % 10 == 0 else 0)
        surface = (self._provider, self._gateway, self._queue)[number % 3]
        identity = surface(client, recipient, text)
        with self._changed:
            self.promised[int(identity, 16)] = recipient
            self._changed.notify_all()

    def _provider(self, client: httpx2.Client, recipient: str, text: str) -> str:
        answer = client.post(
            "/v1/messages",
            json={"to": recipient, "message": text},
            headers={"Authorization": f"Bearer {self._world.credentials.key}"},
        )
        assert answer.status_code == 200, answer.text
        identity: str = answer.json()["message_id"]
        return identity.removeprefix("msg_")

    def _gateway(self, client: httpx2.Client, recipient: str, text: str) -> str:
        credentials = self._world.credentials
        form = {"username": credentials.user, "password": credentials.password}
        answer = client.post("/api.php", data={**form, "to": recipient, "text": text})
        assert answer.status_code == 200, answer.text
        return answer.text.split("ID: ")[1]

    def _queue(self, client: httpx2.Client, recipient: str, text: str) -> str:
        path = f"/api/{self._world.credentials.token}/queue"
        answer = client.post(path, json=[{"phone": recipient, "message": text}])
        assert answer.status_code == 200, answer.text
        identity: str = answer.json()["items"][0]["hash"]
        return identity

    def _poll(self) -> None:
        path = f"/api/{self._world.credentials.token}/get_messages?limit=5"
        with httpx2.Client(base_url=self._world.origin, timeout=10) as client:
            while not self._is_over.wait(0.02):
                self._world.is_up.wait(30)
                with suppress(httpx2.TransportError):
                    self.handed_out += [one["hash"] for one in client.get(path).json()]

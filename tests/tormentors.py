"""
Endpoints each of which misbehaves in a way of its own until it is healed, and remembers everything.
"""

import json
import random
import re
import select
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import attrs
from endpoints import OK, Endpoint

__all__ = ["WAYS", "Heard", "Tormentor"]

_LATE = 11.0  # seconds, and nobody waits for more than ten
_HEADER = re.compile(rb"^(webhook-id|X-SMSProvider-Sequence): (\S+)\r$", re.MULTILINE)

Way = Callable[[socket.socket, threading.Event], Any]
"""
What is done with a request in place of an answer; the event is set when it need not last.

True: it was an answer, and the event counts as heard.
"""


@attrs.frozen(kw_only=True)
class Heard:
    """A request, and whether it was answered as it should be."""

    event: str
    message: str
    sequence: int
    name: str
    body: bytes
    at: float
    is_acknowledged: bool


class Tormentor(Endpoint):
    """``most`` is how many requests it had at a time; ``way`` None: it is a healthy one."""

    def __init__(self, way: Way | None = None) -> None:
        self._way = way
        self._let_go = threading.Event()
        self._lock = threading.Lock()
        self._at_once = 0
        self.most = 0
        self.heard: list[Heard] = []
        super().__init__(lambda _: None)

    def heal(self) -> None:
        """From now on it answers."""
        self._way = None
        self._let_go.set()

    def close(self) -> None:
        self.heal()
        super().close()

    def acknowledged(self) -> set[str]:
        """The events that it has answered for."""
        with self._lock:
            return {one.event for one in self.heard if one.is_acknowledged}

    def sequences(self) -> Mapping[str, Sequence[int]]:
        """By message the numbers of its events, each once, in the order of their first arrival."""
        found, known = defaultdict(list), set()
        with self._lock:
            for one in sorted(self.heard, key=lambda heard: heard.at):
                if one.event not in known:
                    known.add(one.event)
                    found[one.message].append(one.sequence)
        return found

    def answer(self, connection: socket.socket, request: bytes) -> bool | None:
        at, way = time.time(), self._way
        with self._lock:
            self._at_once += 1
            self.most = max(self.most, self._at_once)
        try:
            is_acknowledged = (way or take)(connection, self._let_go) is True
        except OSError:
            is_acknowledged = False
        with self._lock:
            self._at_once -= 1
            self.heard.append(_heard(request, at=at, is_acknowledged=is_acknowledged))
        return way is None


def _heard(request: bytes, *, at: float, is_acknowledged: bool) -> Heard:
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(_HEADER.findall(head + b"\r\n"))
    content = json.loads(body)
    return Heard(
        event=headers[b"webhook-id"].decode(),
        message=content["message_id"],
        sequence=int(headers[b"X-SMSProvider-Sequence"]),
        name=content["event"],
        body=body,
        at=at,
        is_acknowledged=is_acknowledged,
    )


def take(connection: socket.socket, _: threading.Event) -> bool:
    connection.sendall(OK)
    return True


def stumble(connection: socket.socket, let_go: threading.Event) -> bool | None:
    return refuse(500)(connection, let_go) if random.random() < 0.2 else take(connection, let_go)


def hang(connection: socket.socket, let_go: threading.Event) -> None:
    """Until the other side goes away."""
    while not let_go.wait(0.05):
        if select.select([connection], [], [], 0)[0] and not connection.recv(1, socket.MSG_PEEK):
            return


def reset(connection: socket.socket, _: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def answer_late(connection: socket.socket, let_go: threading.Event) -> None:
    if not let_go.wait(_LATE):
        connection.sendall(OK)


def trickle(connection: socket.socket, let_go: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not let_go.wait(0.1):
        connection.sendall(b"X: y\r\n")


def pour(connection: socket.socket, _: threading.Event) -> bool:
    """Ten megabytes that nobody has asked for; the status counts."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n")
    with suppress(OSError):
        for _ in range(100):
            connection.sendall(b"x" * 100_000)
    return True


def say(answer: bytes) -> Way:
    return lambda connection, _: connection.sendall(answer)


def refuse(status: int, *headers: str) -> Way:
    lines = [f"HTTP/1.1 {status} No", *headers, "Content-Length: 0", "", ""]
    return say("\r\n".join(lines).encode())


WAYS: Mapping[str, Way] = {
    "hangs": hang,
    "resets": reset,
    "stumbles": stumble,
    "answers 500": refuse(500),
    "answers 410": refuse(410),
    "redirects to metadata": refuse(301, "Location: http://169.254.169.254/latest/meta-data/"),
    "answers late": answer_late,
    "answers garbage": say(b"\x00\xff\r\n\r\n" * 100),
    "ends in the middle": say(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "sends 10 MB": pour,
    "trickles": trickle,
}

"""
One request as it arrives on a connection, and the octets of its reply.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from smscore_http import Reply

__all__ = ["BODY_AHEAD", "Exchange", "encoded"]

BODY_AHEAD = 64 << 10
"""Octets of a body that are kept before anybody asks for them; the rest waits in the network."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Exchange:
    """
    A request and what is known of its body so far.

    ``keeps_alive`` says whether the connection survives it; ``on_room`` is called when its body
    was taken and there is room for more.
    """

    __slots__ = (
        "_body",
        "_expects_continue",
        "_on_room",
        "_transport",
        "_waiter",
        "is_answered",
        "is_gone",
        "is_whole",
        "keeps_alive",
        "scope",
    )

    def __init__(
        self,
        scope: Mapping[str, Any],
        *,
        transport: asyncio.Transport,
        keeps_alive: bool,
        expects_continue: bool,
        on_room: Callable[[], None],
    ) -> None:
        self.scope = scope
        self.keeps_alive = keeps_alive
        self.is_whole = False  # its last octet has arrived
        self.is_answered = False
        self.is_gone = False  # and so is the client
        self._transport = transport
        self._expects_continue = expects_continue
        self._on_room = on_room
        self._body = b""
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether enough of its body waits to be taken."""
        return len(self._body) >= BODY_AHEAD and not self.is_answered

    @property
    def is_put_off(self) -> bool:
        """Whether its body was never asked for: nobody knows what the client sends next."""
        return self._expects_continue

    def feed(self, body: bytes) -> None:
        """A piece of the body has arrived."""
        if not self.is_answered:  # else nobody takes it
            self._body += body
            self._wake()

    def end(self) -> None:
        """The body is complete."""
        self.is_whole = True
        self._wake()

    def abandon(self) -> None:
        """The client is gone; what has begun goes on, but nothing more arrives."""
        self.is_gone = True
        self._wake()

    async def receive(self) -> Mapping[str, Any]:
        """The next piece of the body, as an ASGI server would give it."""
        if self._expects_continue:
            self._expects_continue = False
            if not self._transport.is_closing():
                self._transport.write(_CONTINUE)
        while not (self._body or self.is_whole or self.is_gone):
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self.is_gone and not self.is_whole:
            return {"type": "http.disconnect"}
        body, self._body = self._body, b""
        self._on_room()
        return {"type": "http.request", "body": body, "more_body": not self.is_whole}

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def encoded(reply: Reply, *, date: bytes, keeps_alive: bool, is_head: bool) -> bytes:
    """
    A reply in one piece: two pieces would be two system calls, and often two packets.

    ``date`` is a header line.
    """
    body = b"" if is_head else reply.body
    closing = b"" if keeps_alive else b"connection: close\r\n"
    head = _head(reply.status, reply.headers)
    return b"%b%b%bcontent-length: %d\r\n\r\n%b" % (head, date, closing, len(reply.body), body)


@lru_cache(maxsize=1024)  # nearly all replies have one of a few heads
def _head(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    lines = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
    for name, value in headers:
        if b"\r" in value or b"\n" in value:
            raise ValueError(f"the header {name!r} holds a line end")
        lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b""])

"""
The HTTP of a stand-in: as much of it as a client of the Bot API needs, on one thread.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from smscore_telegram._loop import LoopThread

__all__ = ["Answer", "Server"]

Answer = tuple[int, bytes] | None
"""Status and body; None ends the connection without a word."""

Handle = Callable[[str, bytes], Awaitable[Answer]]


class Server:
    """Answers POST requests on a port of loopback; ``handle`` gets the path and the body."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._loop = LoopThread("fake telegram")
        self._loop.start(self._serve)

    def call(self, work: Callable[[], None]) -> None:
        """Have something done on the thread that answers, and wait for it."""

        async def call() -> None:
            work()

        self._loop.submit(call).result()

    def close(self) -> None:
        """Whoever waits for an answer gets none. May be called twice."""
        self._loop.stop()
        self._socket.close()  # it may have been too early for the loop to do it

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._socket)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            # A connection that was accepted and not begun with would be dropped as it is, without
            # being closed (CPython, gh-109564): take no other, and begin with that one.
            asyncio.get_running_loop().remove_reader(self._socket)
            await asyncio.sleep(0)
            server.close()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Closed also if it never came to a word, because we go.
        self._loop.spawn(self._talk(reader, writer)).add_done_callback(lambda _: writer.close())

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, OSError):
            pass  # the client has gone

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, path, _ = request.split(" ")
        answer: Answer = (415, b"{}")
        if method == "POST" and headers.get("content-type") == "application/json":
            answer = await self._handle(path, body)
        if answer is None:
            return False
        status, content = answer
        writer.write(
            b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(content), content)
        )
        await writer.drain()
        return True

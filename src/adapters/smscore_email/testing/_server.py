"""
The SMTP of a stand-in: connections on one thread, all of them gone when it is closed.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable

from aiosmtpd.smtp import SMTP

__all__ = ["Server"]

_PATIENCE = 5.0  # seconds, with connections that were cut off and do not end


class Server:
    """Listens on a port of loopback; ``make`` makes what talks on a new connection."""

    def __init__(
        self, make: Callable[[], SMTP], *, port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._make = make
        self._tls = tls  # from the first word on
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._talks: list[SMTP] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()
        begun = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(begun)), name="fake relay", daemon=True
        )
        self._thread.start()
        begun.wait()

    def close(self) -> None:
        """Cut everybody off. May be called twice."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self, begun: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        server = await self._loop.create_server(self._begin, sock=self._socket, ssl=self._tls)
        begun.set()
        await self._end.wait()
        # A connection that was accepted and not begun with would be dropped as it is, without
        # being closed (CPython, gh-109564): take no other, and begin with that one.
        asyncio.get_running_loop().remove_reader(self._socket)
        await _some_rounds()
        server.close()
        for talk in self._talks:
            if isinstance(talk.transport, asyncio.WriteTransport):
                talk.transport.abort()
        await _some_rounds()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=_PATIENCE)

    def _begin(self) -> SMTP:
        talk = self._make()
        self._talks.append(talk)
        return talk


async def _some_rounds() -> None:
    """Let the loop do what is due: connections begin and end a round or two after they are told."""
    for _ in range(4):
        await asyncio.sleep(0)

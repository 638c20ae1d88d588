"""
Connections of the bundled server: head and body of an answer leave together.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["Connection", "JoiningTransport"]


class Connection(HttpToolsProtocol):
    """uvicorn's, over a transport that joins what it writes."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's
        super().connection_made(JoiningTransport(transport, self.loop))


class JoiningTransport(asyncio.Transport):
    """
    Holds a piece until the next one comes, or the loop's next turn.

    uvicorn writes the head of an answer and then its body; each by itself would be a call of the
    kernel, a packet and a wake-up of the client, together a tenth of what a message costs.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._held: Any = b""

    def write(self, data: Any) -> None:
        held, self._held = self._held, b""
        if held:
            self._transport.write(b"".join((held, data)))
        else:
            self._held = data
            self._loop.call_soon(self._release)

    def close(self) -> None:
        self._release()
        self._transport.close()

    def abort(self) -> None:
        self._held = b""
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and not self.is_closing():
            self._transport.write(held)

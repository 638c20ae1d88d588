"""
One TCP port, as the serial port of one virtual modem.
"""

import select
import socket
from collections.abc import Callable

from smscore_modem.simulator._loop import Loop
from smscore_modem.simulator._terminal import Stream

__all__ = ["Listening"]

_HOST = "127.0.0.1"


class Listening:
    """
    A modem behind TCP, for clients on this machine: one at a time, the next ones are turned away.

    Raises:
        OSError: the port is taken; it names it.
    """

    def __init__(self, loop: Loop, *, on_bytes: Callable[[bytes], None], port: int = 0) -> None:
        self._loop = loop
        self._on_bytes = on_bytes
        self._client: socket.socket | None = None
        self._stream: Stream | None = None
        try:
            self._server = socket.create_server((_HOST, port))
        except (OSError, OverflowError) as cause:
            number = getattr(cause, "errno", None)
            reason = getattr(cause, "strerror", None) or str(cause)
            raise OSError(number, reason, f"{_HOST}:{port}") from cause
        self._server.settimeout(0)
        self.port: int = self._server.getsockname()[1]
        loop.watch(self._server, self._accept)

    @property
    def path(self) -> str:
        """What a client opens, in the notation of pyserial."""
        return f"socket://{_HOST}:{self.port}"

    def write(self, data: bytes) -> None:
        """Send to the client; without one nobody hears it."""
        if self._stream is not None:
            self._stream.write(data)

    def close(self) -> None:
        """Pull the plug: the client sees the end, and nobody can connect any more."""
        self._hang_up()
        self._loop.forget(self._server)
        self._server.close()

    def _accept(self) -> None:
        try:
            client, _ = self._server.accept()
        except OSError:  # it has gone already
            return
        if self._client is not None and not _has_ended(self._client):
            client.close()
            return
        self._hang_up()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._stream = Stream(self._loop, client, on_bytes=self._heard)

    def _heard(self, data: bytes) -> None:
        if data:
            self._on_bytes(data)
        else:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._client is not None and self._stream is not None:
            self._stream.close()
            self._client.close()
            self._client = self._stream = None


def _has_ended(client: socket.socket) -> bool:
    """Whether the client has gone, though what it said last may not be read yet."""
    look = select.poll()
    # Errors and hang-ups are told without being asked for.
    look.register(client, getattr(select, "POLLRDHUP", 0))
    return bool(look.poll(0))

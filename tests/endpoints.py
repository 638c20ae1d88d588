"""
HTTP endpoints that behave as badly as those of others do, for tests of webhooks.
"""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["OK", "Endpoint", "read_whole"]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Endpoint:
    """
    A server whose answers a test writes by hand: each request is one call of ``behave``.

    ``behave`` gets the connection after a whole request was read; when it returns True, the
    connection stays open for the next one.
    """

    def __init__(
        self,
        behave: Callable[[socket.socket], bool | None],
        *,
        address: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._behave = behave
        self._tls = tls
        self._scheme = "http" if tls is None else "https"
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server((address, port))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def url(self, path: str = "/hook", *, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()  # from here on there are no more connections
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def answer(self, connection: socket.socket, _: bytes) -> bool | None:
        """Behave; for those who want to see the request."""
        return self._behave(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), self._wrapped(connection) as stream:
            while request := read_whole(stream):
                self.requests.append(request)
                if not self.answer(stream, request):
                    return

    def _wrapped(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        try:
            stream = self._tls.wrap_socket(connection, server_side=True)
        except BaseException:
            connection.close()
            raise
        self._open.append(stream)  # the other one has nothing left to be shut down
        return stream


def read_whole(connection: socket.socket) -> bytes:
    """A whole request or answer; nothing: the other side has ended the connection."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(65_536)
        if not more:
            return b""
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body

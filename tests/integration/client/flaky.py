"""
What stands between clients and servers on bad days: connections that break before a request has
arrived or after it was answered, and answers that are not the server's.
"""

import socket
import struct
import threading
from urllib.parse import urlsplit

from endpoints import Endpoint, read_whole

__all__ = ["FlakyProxy"]


class FlakyProxy(Endpoint):
    """
    Passes requests on to a server, but for those that the plan is for.

    The plan is a list, an entry for a request: ``"reset"`` breaks the connection and passes
    nothing on, ``"lose"`` passes the request on and breaks the connection instead of answering,
    ``"half"`` does so after half of the answer, ``"hang"`` never answers, ``"drip"`` answers for
    ever, ``"flood"`` with far too much, bytes are the answer, ``"pass"`` is what happens when the
    plan has ended. ``requests`` is what arrived.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._is_over = threading.Event()
        self.plan: list[str | bytes] = []
        super().__init__(lambda _: None)

    def close(self) -> None:
        self._is_over.set()
        super().close()

    def answer(self, connection: socket.socket, request: bytes) -> bool:
        return self._answer(connection, request, self.plan.pop(0) if self.plan else "pass")

    def _answer(self, connection: socket.socket, request: bytes, step: str | bytes) -> bool:
        """Whether the connection stays open."""
        match step:
            case bytes():
                connection.sendall(step)
            case "pass":
                connection.sendall(self._ask(request))
            case "hang":
                self._is_over.wait()
            case "drip":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while not self._is_over.wait(0.02):
                    connection.sendall(b" ")
            case "flood":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
                for _ in range(1_000):
                    connection.sendall(b" " * 1_000_000)
            case "half":
                answer = self._ask(request)
                connection.sendall(answer[: len(answer) // 2])
                return False
            case _:
                if step == "lose":
                    self._ask(request)
                # Closed like this, it sends a reset.
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return False
        return True

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(self._target) as server:
            server.sendall(request)
            return read_whole(server)

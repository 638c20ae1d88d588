"""
What stands between clients and servers on bad days: connections that break before a request has
arrived or after it was answered, and answers that are not the server's.
"""

import socket
import struct
import threading
from contextlib import suppress
from urllib.parse import urlsplit

__all__ = ["FlakyProxy"]


class FlakyProxy:
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
        self.plan: list[str | bytes] = []
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._is_over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._is_over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()  # from here on there are no more connections
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := _read(connection):
                self.requests.append(request)
                if not self._answer(connection, request, self.plan.pop(0) if self.plan else "pass"):
                    return

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
            return _read(server)


def _read(connection: socket.socket) -> bytes:
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

"""
What stands between a store and PostgreSQL, and ends the connection in the moment of a commit.
"""

import re
import socket
import threading
from contextlib import suppress
from typing import Self

from postgres import PostgresCluster

__all__ = ["CuttingProxy"]

_PREPARED = re.compile(rb"(smscore_\d+)\x00COMMIT\x00")
_COMMITTED = b"COMMIT\x00"  # as the server says it
_LONGEST_MARK = 64  # bytes, of which some may come with the next ones


class CuttingProxy:
    """
    Passes on what both say, alive within a ``with`` block.

    ``cut`` is for the next commit: ``"before"`` it has reached the server, or ``"after"`` it was
    carried out, and before anybody hears of it.
    """

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        self.cut: str | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    def url_of(self, url: str) -> str:
        """The same database by this way."""
        name = url.partition("@/")[2].partition("?")[0]
        return f"postgresql://smscore@127.0.0.1:{self._listener.getsockname()[1]}/{name}"

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        _end(*self._open)
        for thread in self._threads:
            thread.join()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._cluster.directory / ".s.PGSQL.5432"))
            self._open += [client, server]
            link = _Link(self, client, server)
            for pump in (link.ask, link.answer):
                thread = threading.Thread(target=pump, daemon=True)
                self._threads.append(thread)
                thread.start()


class _Link:
    """One connection through it."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._name: bytes | None = None  # under which it has prepared the commit
        self._is_to_end = False

    def ask(self) -> None:
        seen = b""
        with suppress(OSError):
            while some := self._client.recv(65_536):
                seen = seen[-_LONGEST_MARK:] + some
                if self._commits(seen):
                    seen = b""
                    moment, self._proxy.cut = self._proxy.cut, None
                    if moment == "before":
                        break
                    self._is_to_end = moment == "after"
                self._server.sendall(some)
        _end(self._client, self._server)

    def answer(self) -> None:
        seen = b""
        with suppress(OSError):
            while some := self._server.recv(65_536):
                seen = seen[-_LONGEST_MARK:] + some
                if not self._is_to_end:
                    self._client.sendall(some)
                elif _COMMITTED in seen:
                    break
        _end(self._client, self._server)

    def _commits(self, seen: bytes) -> bool:
        if found := _PREPARED.search(seen):
            self._name = found[1]
            return True
        return self._name is not None and b"\x00%b\x00" % self._name in seen


def _end(*connections: socket.socket) -> None:
    for connection in connections:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

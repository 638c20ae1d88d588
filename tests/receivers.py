"""
Receivers of pushes: an HTTP server of the standard library that asks programs, as CGI has it.
"""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

__all__ = ["Receiver"]

_PROGRAM = Path(__file__).with_name("isms_receiver.py")
_PATIENCE = 30.0


class Receiver:
    """
    A server on loopback. What is posted goes to the program; what is got is kept as it was asked.

    ``answer`` is what the program says; ``status`` what the server says before it asks anybody.
    """

    def __init__(self, directory: Path, *, port: int = 0) -> None:
        self.answer = "ACCEPTED"
        self.status: int | None = None
        self.asked: list[dict[str, str]] = []  # the fields of what was got
        self.statuses: list[int] = []
        self._file = directory / "received"
        self._changed = threading.Condition()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def received(self) -> list[dict[str, Any]]:
        """What the program has read, call by call."""
        if not self._file.exists():
            return []
        return [json.loads(line) for line in self._file.read_text().splitlines()]

    def wait(self, is_enough: Callable[[], bool]) -> None:
        """Until that is so; it is asked after each call."""
        with self._changed:
            assert self._changed.wait_for(is_enough, _PATIENCE), self.statuses

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def respond(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Answer a request; on the thread of its connection."""
        assert "Transfer-Encoding" not in request.headers
        form = request.rfile.read(int(request.headers.get("Content-Length", "0")))
        if self.status is not None:
            status, body = self.status, b"not now\n"
        elif request.command == "GET":
            with self._changed:
                self.asked.append(dict(parse_qsl(urlsplit(request.path).query)))
            status, body = 200, b"thank you\n"
        else:
            status, body = 200, self._run(request, form)
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        with self._changed:
            self.statuses.append(status)
            self._changed.notify_all()

    def _run(self, request: http.server.BaseHTTPRequestHandler, form: bytes) -> bytes:
        child = subprocess.run(
            [sys.executable, "-I", "-S", str(_PROGRAM)],
            input=form,
            env={
                **os.environ,
                "REQUEST_METHOD": "POST",
                "CONTENT_LENGTH": str(len(form)),
                "CONTENT_TYPE": request.headers["Content-Type"],
                "HTTP_IDEMPOTENCY_KEY": request.headers["Idempotency-Key"],
                "RECEIVED": str(self._file),
                "ANSWER": self.answer,
            },
            stdout=subprocess.PIPE,
            check=True,
        )
        return child.stdout.partition(b"\r\n\r\n")[2]


def _handler(receiver: Receiver) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            receiver.respond(self)

        do_POST = do_GET  # noqa: N815  # the name that is called

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    return Handler

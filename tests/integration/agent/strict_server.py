"""
Another server of the same contract: hands out messages and hears reports, as its description says.

Whatever a client does beyond that description is noted in ``faults``, and fails the test.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

__all__ = ["LOST", "UNHEARD", "Answer", "StrictServer", "Waiting"]

TOKEN = "0123456789abcdef" * 4


@attrs.frozen
class Answer:
    """An answer of which the server does nothing; a document of bytes is sent as it is."""

    status: int
    document: Any = None
    headers: dict[str, str] = attrs.field(factory=dict)


UNHEARD = "unheard"
"""In the place of an answer: the connection ends, and nothing was done."""
LOST = "lost"
"""In the place of an answer: it was done, and the connection ends."""


@attrs.define
class Waiting:
    """A message of the server; its status is 0, 1, 2 or 3 as the description has it."""

    hash: str
    phone: Any
    text: Any
    status: int = 0


class StrictServer:
    """``script`` queues what happens to the next calls by their names; then all goes well."""

    def __init__(self) -> None:
        self.token = TOKEN
        self.messages: dict[str, Waiting] = {}
        self.calls: list[str] = []
        self.limits: list[int] = []
        self.devices: list[str | None] = []
        self.reports: list[dict[str, int]] = []
        self.faults: list[str] = []
        self.on_call: Callable[[str], None] = lambda _: None
        self._script: dict[str, deque[Answer | str]] = {"get_messages": deque(), "status": deque()}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    @contextmanager
    def running(self) -> Iterator["StrictServer"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._thread.join()
            self._http.server_close()
        assert not self.faults

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/api"

    def queue(self, *texts: Any, phone: Any = "+491701234567") -> list[str]:
        """Messages to be fetched, oldest first; says their hashes."""
        hashes = [f"{len(self.messages) + number:016x}" for number in range(len(texts))]
        for key, text in zip(hashes, texts, strict=True):
            self.messages[key] = Waiting(key, phone, text)
        return hashes

    def requeue(self, *hashes: str) -> None:
        """Hand these out once more."""
        for key in hashes:
            self.messages[key].status = 0

    def script(self, call: str, *answers: Answer | str) -> None:
        self._script[call].extend(answers)

    def forget_script(self) -> None:
        """Answer as usual from now on."""
        for planned in self._script.values():
            planned.clear()

    def statuses(self) -> dict[Any, int]:
        return {one.text: one.status for one in self.messages.values()}

    def answer(self, method: str, path: str, body: bytes) -> Answer | None:
        """None: the connection ends."""
        with self._lock:
            parts = urlsplit(path)
            segments = parts.path.split("/")
            if len(segments) != 4 or segments[1] != "api":
                return Answer(404, {"error": "Not found", "code": "not_found"})
            call = segments[3]
            self.calls.append(call)
            self.on_call(call)
            planned = self._script[call].popleft() if self._script.get(call) else None
            if planned == UNHEARD:
                return None
            if isinstance(planned, Answer):
                return planned
            if segments[2] != self.token:
                return Answer(401, {"error": "Invalid API token"})
            answer = self._do(method, call, parts.query, body)
            return None if planned == LOST else answer

    def _do(self, method: str, call: str, query: str, body: bytes) -> Answer:
        match method, call:
            case "GET", "get_messages":
                return self._hand_out(parse_qs(query, strict_parsing=True))
            case "POST", "status":
                return self._hear(body)
        self.faults.append(f"{method} {call}")
        return Answer(405)

    def _hand_out(self, query: dict[str, list[str]]) -> Answer:
        limit = int(query["limit"][0])
        if not 1 <= limit <= 200:
            self.faults.append(f"limit={limit}")
        self.limits.append(limit)
        due = [one for one in self.messages.values() if one.status == 0][:limit]
        for one in due:
            one.status = 1
        return Answer(200, [{"phone": o.phone, "text": o.text, "hash": o.hash} for o in due])

    def _hear(self, body: bytes) -> Answer:
        report = json.loads(body)
        if set(report) - {"device", "messages"} or not report["messages"]:
            self.faults.append(f"a report of {sorted(report)}")
        if "device" in report and not 0 < len(report["device"]) <= 15:
            self.faults.append(f"the device {report['device']!r}")
        self.devices.append(report.get("device"))
        told = {one["hash"]: one["status"] for one in report["messages"]}
        self.reports.append(told)
        for key, status in told.items():
            if status not in (2, 3) or key not in self.messages:
                self.faults.append(f"{key} is told to be {status}")
            elif not (self.messages[key].status == 2 and status == 3):
                self.messages[key].status = status
        return Answer(200, {"ok": True, "updated": len(told)})


def _handler(server: StrictServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"  # one request for each connection: nothing to wait for

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = server.answer(self.command, self.path, body)
            if answer is None:
                return
            document = answer.document
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
            pass

    return Handler

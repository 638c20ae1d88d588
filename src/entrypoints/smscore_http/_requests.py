"""
Requests and replies as the surfaces see them: a path, parsed headers, a bounded body, bytes back.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct

from smscore.errors import InvalidRequest
from smscore_http._proxies import Proxies

__all__ = [
    "BODY_LIMIT",
    "JSON_TYPE",
    "TEXT_TYPE",
    "ClientGone",
    "Handler",
    "Headers",
    "PayloadTooLarge",
    "Reply",
    "Request",
    "Stream",
    "idempotency_key",
    "with_headers",
]

BODY_LIMIT = 1 << 20  # bytes
_HEADERS_LIMIT = 64 << 10  # bytes, names and values

Headers = tuple[tuple[bytes, bytes], ...]

JSON_TYPE: Headers = ((b"content-type", b"application/json"),)
TEXT_TYPE: Headers = ((b"content-type", b"text/plain; charset=utf-8"),)


class PayloadTooLarge(Exception):
    """The body is longer than :data:`BODY_LIMIT`."""


class ClientGone(Exception):
    """The client went away before it had sent its whole request; nobody waits for an answer."""


class Stream(Struct, frozen=True):
    """
    A body that is too long for memory.

    ``pieces`` begins it. A piece has left when the next one is asked for; who is asked for none
    any more is closed.
    """

    length: int  # bytes
    pieces: Callable[[], AsyncGenerator[bytes, None]]

    def __len__(self) -> int:
        return self.length


class Reply(Struct, frozen=True):
    """A whole answer. ``Content-Length`` is added when it is sent."""

    status: int
    body: bytes | Stream
    headers: Headers = JSON_TYPE


class Request:
    """
    One request over ASGI.

    ``path`` is relative to where the application is mounted; ``headers`` are by lower-case name,
    of a repeated one the last.
    """

    def __init__(
        self,
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        *,
        path: str,
        proxies: Proxies,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._proxies = proxies
        self.method: str = scope["method"]
        self.path = path
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])

    @property
    def has_oversized_headers(self) -> bool:
        """Whether the headers are longer, all together, than any client needs."""
        size = 0
        for name, value in self._scope["headers"]:
            size += len(name) + len(value)
        return size > _HEADERS_LIMIT

    def count(self, name: bytes) -> int:
        """How many headers have this lower-case name."""
        return sum(one == name for one, _ in self._scope["headers"])

    @property
    def query(self) -> bytes:
        """What stands behind the question mark, as it came."""
        query: bytes = self._scope["query_string"]
        return query

    @property
    def traceparent(self) -> str | None:
        """What the client says of its own trace, be it sense or not."""
        found = self.headers.get(b"traceparent")
        return None if found is None else found.decode("latin-1")

    @property
    def address(self) -> str:
        """The client's address, as the server or a trusted proxy knows it."""
        return self._proxies.origin(self._scope).address

    @property
    def scheme(self) -> str:
        """``http`` or ``https``, as the server or a trusted proxy knows it."""
        return self._proxies.origin(self._scope).scheme

    @property
    def server(self) -> str:
        """The address and port that the request came to, as in a URL."""
        host, port = self._scope.get("server") or ("localhost", None)
        written = f"[{host}]" if ":" in host else str(host)
        return written if port is None else f"{written}:{port}"

    @property
    def mount(self) -> str:
        """Where the application is mounted, such as ``/sms``; empty: nowhere in particular."""
        return str(self._scope.get("root_path", "")).rstrip("/")

    async def body(self) -> bytes:
        """
        The whole body.

        Raises:
            PayloadTooLarge: it is, or says it is, longer than :data:`BODY_LIMIT`.
            ClientGone: it did not arrive.
        """
        announced = self.headers.get(b"content-length", b"0")
        if announced.isdigit() and (len(announced) > 18 or int(announced) > BODY_LIMIT):
            raise PayloadTooLarge
        message = await self._receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body", False) and len(body) <= BODY_LIMIT:
            message = await self._receive()
            body += message.get("body", b"")
        if message["type"] == "http.disconnect":
            raise ClientGone
        if len(body) > BODY_LIMIT:
            raise PayloadTooLarge
        return body


Handler = Callable[[Request], Awaitable[Reply]]


def idempotency_key(request: Request, *, parameter: str | None = None) -> str | None:
    """
    The header's key, or else the parameter's. The core checks its shape.

    A field that was left empty is none; an empty header stays one, to be refused: whoever sends it
    believes to be safe.

    Raises:
        InvalidRequest: there are several headers, of which one alone could count.
    """
    header = request.headers.get(b"idempotency-key")
    if header is None:
        return parameter or None
    if request.count(b"idempotency-key") > 1:
        raise InvalidRequest("there are several headers Idempotency-Key; send one")
    return header.decode("latin-1")


def with_headers(reply: Reply, headers: Headers) -> Reply:
    """The reply with more headers."""
    return Reply(reply.status, reply.body, reply.headers + headers)

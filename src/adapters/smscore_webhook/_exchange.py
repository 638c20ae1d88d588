"""
One connection to an endpoint: a request out, and so much of the answer as is worth keeping.
"""

import asyncio

import attrs
import httptools

__all__ = ["ANSWER_LIMIT", "BadAnswer", "Exchange", "Reply"]

ANSWER_LIMIT = 2048  # bytes of a body
_HEAD_LIMIT = 64 << 10  # bytes


class BadAnswer(Exception):
    """What came is no HTTP answer, or there is no end to its head."""


@attrs.frozen(kw_only=True)
class Reply:
    """So much of an answer as anybody wants to know; ``retry_after`` is the header as it came."""

    status: int
    body: bytes
    retry_after: bytes


class Exchange(asyncio.Protocol):
    """
    One request at a time over one connection, which may serve others if it ``is_reusable`` after.

    ``has_answer`` tells whether any octet of an answer has come: without one, a connection that was
    used before may just have been closed by the other side.
    """

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.is_reusable = False
        self.has_answer = False
        self.retry_after = b""
        self._transport: asyncio.Transport | None = None
        self._head_size = 0
        self._head: asyncio.Future[None] | None = None
        self._end: asyncio.Future[None] | None = None

    async def ask(self, request: bytes, *, body_patience: float) -> Reply:
        """
        Send it, and wait for status and body; a body that takes its time is cut.

        Raises:
            BadAnswer: there was none.
            OSError: the connection ended.
        """
        loop = asyncio.get_running_loop()
        self._head, self._end = loop.create_future(), loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        self.status, self.body, self._head_size = 0, b"", 0
        self.is_reusable = self.has_answer = False
        self.retry_after = b""
        assert self._transport is not None  # noqa: S101  # connected, or nobody could ask
        self._transport.write(request)
        await self._head
        if not self._end.done():
            await asyncio.wait([self._end], timeout=body_patience)
        return Reply(status=self.status, body=self.body, retry_after=self.retry_after)

    @property
    def is_open(self) -> bool:
        """Whether the connection still stands, as far as anybody has said."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.abort()

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # of TCP, and no subclass in uvloop

    def data_received(self, data: bytes) -> None:
        if self._end is None or self._end.done():
            self.close()  # nobody has asked
            return
        self.has_answer = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as cause:
            self._fail(BadAnswer(f"not an HTTP answer: {type(cause).__name__}"))
            return
        if not self.status:
            self._head_size += len(data)
            if self._head_size > _HEAD_LIMIT:
                self._fail(BadAnswer("the head of the answer has no end"))
        elif len(self.body) >= ANSWER_LIMIT and not self._end.done():
            self.close()
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_reusable = False
        if self.status:
            self._finish()
        else:
            self._fail(exc or ConnectionResetError("the connection was closed without an answer"))

    # Called by the parser.

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.status and name.lower() == b"retry-after":
            self.retry_after = value

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # RFC 9110, 15.2: what comes before is no answer yet
            self.retry_after = b""
            return
        self.status = status
        if self._head is not None and not self._head.done():
            self._head.set_result(None)

    def on_body(self, body: bytes) -> None:
        self.body = (self.body + body)[:ANSWER_LIMIT]

    def on_message_complete(self) -> None:
        if self.status:
            self.is_reusable = self._parser.should_keep_alive()
            self._finish()

    def _finish(self) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(None)

    def _fail(self, cause: Exception) -> None:
        self.close()
        if self._head is not None and not self._head.done():
            self._head.set_exception(cause)
        self._finish()

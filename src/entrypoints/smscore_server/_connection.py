"""
A client's connection: HTTP/1.1 (RFC 9112) in, replies of the surfaces out.

uvicorn runs this in place of a protocol of its own. ASGI is made for any application on any
server; here both are ours, and a request costs a third of what it costs over ASGI.
"""

import asyncio
import logging
from collections import deque
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn import Config
from uvicorn.server import ServerState

from smscore_http import ClientGone, Reply, Request, Surfaces
from smscore_server._exchange import Exchange, encoded

__all__ = ["Connection"]

_log = logging.getLogger(__name__)

_LONGEST_HEAD = 256 << 10  # octets; the surfaces refuse a quarter of that, and say so

_BAD_REQUEST = Reply(
    400, b"Invalid HTTP request", ((b"content-type", b"text/plain; charset=utf-8"),)
)
_FAULT = Reply(500, b"Internal error", ((b"content-type", b"text/plain; charset=utf-8"),))


class Connection(asyncio.Protocol):
    """
    Answers the requests of one client, one after another.

    The parameters are those that uvicorn gives to its protocols.
    """

    idle = 5.0
    """Seconds of silence between two requests."""
    silence = 30.0
    """Seconds of silence in the middle of one."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # noqa: ARG002  # uvicorn's
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        surfaces: object = config.app  # uvicorn thinks of it as an ASGI application
        if not isinstance(surfaces, Surfaces):
            raise TypeError("a connection serves the surfaces")
        self._surfaces = surfaces
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._exchanges: deque[Exchange] = deque()  # the first is being answered
        self._heard_at = self._loop.time()
        self._head_size = 0
        self._is_in_head = False
        self._is_deaf = False  # to whatever else arrives
        self._is_ending = False
        self._has_nonsense = False
        self._is_reading = True
        self._is_congested = False
        self._dates: list[tuple[bytes, bytes]] = []
        self._date = b""

    # What asyncio and uvicorn call.

    def connection_made(
        self,
        transport: asyncio.Transport,  # type: ignore[override]  # of a stream it is this
    ) -> None:
        self.transport = transport
        self._client = transport.get_extra_info("peername")
        self._state.connections.add(self)  # type: ignore[arg-type]  # of its own protocols
        self._timer = self._loop.call_later(self.idle, self._look_at_clock)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's
        self._state.connections.discard(self)
        self._timer.cancel()
        for exchange in self._exchanges:
            exchange.abandon()

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        if self._is_deaf:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_deaf = True  # no other protocol is spoken here
        except httptools.HttpParserError:
            self._give_up()
        if self._is_in_head:
            self._head_size += len(data)
            if self._head_size > _LONGEST_HEAD:
                self._give_up()

    def eof_received(self) -> bool:
        """Keep the connection open for the reply to a whole request."""
        self._is_deaf = self._is_ending = True
        return bool(self._exchanges) and self._exchanges[-1].is_whole

    def pause_writing(self) -> None:
        self._is_congested = True
        self._attend()

    def resume_writing(self) -> None:
        self._is_congested = False
        self._attend()

    def shutdown(self) -> None:
        """End the connection, after the request under way."""
        self._is_ending = True
        if not self._exchanges:
            self.transport.close()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._expects_continue = False
        self._head_size = 0
        self._is_in_head = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        parser = self._parser
        path, query = _split(self._url)
        exchange = Exchange(
            {
                "method": parser.get_method().decode("ascii"),
                "path": path,
                "query_string": query,
                "headers": self._headers,
                "client": self._client,
            },
            transport=self.transport,
            keeps_alive=(
                parser.should_keep_alive()
                and parser.get_http_version() == "1.1"
                and not parser.should_upgrade()
            ),
            expects_continue=self._expects_continue,
            on_room=self._attend,
        )
        self._exchanges.append(exchange)
        if len(self._exchanges) == 1:
            self._begin(exchange)
        else:
            self._attend()

    def on_body(self, body: bytes) -> None:
        self._exchanges[-1].feed(body)
        self._attend()

    def on_message_complete(self) -> None:
        exchange = self._exchanges[-1]
        exchange.end()
        if exchange.is_answered:
            self._finish(exchange)

    # The conversation.

    def _begin(self, exchange: Exchange) -> None:
        task = self._loop.create_task(self._converse(exchange))
        self._state.tasks.add(task)
        task.add_done_callback(self._state.tasks.discard)

    async def _converse(self, exchange: Exchange) -> None:
        request = Request(exchange.scope, exchange.receive, path=exchange.scope["path"])
        try:
            reply = await self._surfaces.answer(request)
        except ClientGone:
            return
        except Exception:  # noqa: BLE001  # the edge; it is logged
            _log.exception("a request could not be answered")
            exchange.keeps_alive, reply = False, _FAULT
        self._send(exchange, reply)

    def _send(self, exchange: Exchange, reply: Reply) -> None:
        exchange.is_answered = True
        if self.transport.is_closing():
            return
        # Only a whole request tells where the next one begins.
        if exchange.is_put_off or self._is_ending:
            exchange.keeps_alive = False
        self.transport.write(
            encoded(
                reply,
                date=self._date_line(),
                keeps_alive=exchange.keeps_alive,
                is_head=exchange.scope["method"] == "HEAD",
            )
        )
        self._state.total_requests += 1
        if not exchange.keeps_alive:
            self.transport.close()
        elif exchange.is_whole:
            self._finish(exchange)
        else:
            self._attend()  # what nobody has read is in nobody's way any more

    def _finish(self, exchange: Exchange) -> None:
        self._exchanges.remove(exchange)
        self._heard_at = self._loop.time()
        if self._exchanges:
            self._begin(self._exchanges[0])
        elif self._has_nonsense:
            self._refuse()
        self._attend()

    def _give_up(self) -> None:
        """What arrives cannot be understood; what was understood before is still answered."""
        self._is_deaf = self._has_nonsense = True
        self._is_in_head = False
        if not self._exchanges:
            self._refuse()
        elif not self._exchanges[-1].is_whole:
            self.transport.abort()  # in the middle of a body

    def _refuse(self) -> None:
        refusal = encoded(_BAD_REQUEST, date=self._date_line(), keeps_alive=False, is_head=False)
        self.transport.write(refusal)
        self.transport.close()

    def _attend(self) -> None:
        """Read on, or let the client wait until there is room."""
        exchanges = self._exchanges
        has_room = not (
            self._is_congested or len(exchanges) > 1 or (exchanges and exchanges[0].is_full)
        )
        if has_room is self._is_reading or self.transport.is_closing():
            return
        self._is_reading = has_room
        if has_room:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def _date_line(self) -> bytes:
        """The server makes the header once a second."""
        dates = self._state.default_headers
        if dates is not self._dates:
            self._dates = dates
            self._date = b"".join([b"%b: %b\r\n" % header for header in dates])
        return self._date

    def _look_at_clock(self) -> None:
        """Close a connection that has been silent; one timer outlasts many requests."""
        exchanges = self._exchanges
        if exchanges and (exchanges[-1].is_whole or not self._is_reading):
            patience, silent = self.idle, 0.0  # it is our turn
        else:
            patience = self.silence if exchanges or self._is_in_head else self.idle
            silent = self._loop.time() - self._heard_at
        if silent >= patience:
            self.transport.close()
        else:
            self._timer = self._loop.call_later(patience - silent, self._look_at_clock)


def _split(url: bytes) -> tuple[str, bytes]:
    """Path and query of a request's target."""
    if url.startswith(b"/") and b"#" not in url:
        path, _, query = url.partition(b"?")
    else:  # whoever talks to a proxy names the host as well
        parsed = httptools.parse_url(url)
        path, query = parsed.path, parsed.query or b""
    decoded = path.decode("ascii")
    return unquote(decoded) if "%" in decoded else decoded, query

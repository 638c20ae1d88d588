"""
One exchange over HTTP, blocking or asynchronous: a call becomes a reply or silence.

The transports of the HTTP library are used without its client. That one logs addresses, which hold
numbers, follows the proxies of the environment, and could be told to follow redirects with the key.

Connections belong to the process that made them: after a fork, the child makes its own.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from smscore_client._call import Call, Reply, Silence
from smscore_client._service import Service

if TYPE_CHECKING:
    import asyncio

    import httpx2

__all__ = ["AsyncWire", "Wire"]

# Servers commonly close idle connections after five seconds; a request should not meet that.
_IDLE = 3.0  # seconds
# The library looks at all of them, and at all who wait, whenever one is asked for.
_CONNECTIONS = 32
_LONGEST_ANSWER = 16 << 20  # bytes; those of the API are far shorter


class Wire:
    """Exchanges that block; for any number of threads."""

    def __init__(
        self,
        service: Service,
        *,
        transport: "httpx2.BaseTransport | None",
        clock: Callable[[], float],
    ) -> None:
        self._service = service
        self._given = transport
        self._clock = clock
        self._made: dict[int, httpx2.BaseTransport] = {}  # by process
        self.is_closed = False

    def exchange(self, call: Call[object], *, seconds: float) -> Reply | Silence:
        """One request, whose answer is read to its end unless that takes too long."""
        import httpx2

        transport = self._transport()
        end = self._clock() + seconds
        try:
            response = transport.handle_request(self._service.request(call, seconds=seconds))
            try:
                return _reply(response, self._read(response, end))
            finally:
                response.close()
        except (httpx2.HTTPError, OSError) as error:
            return _silence(error)

    def close(self) -> None:
        """Close the connections that were made here."""
        self.is_closed = True
        made = self._made.pop(os.getpid(), None)
        if made is not None:
            made.close()

    def _read(self, response: "httpx2.Response", end: float) -> bytes:
        import httpx2

        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            _check_length(body)
            if self._clock() > end:  # the library's times are for each piece
                raise httpx2.ReadTimeout("the answer takes too long")
        return bytes(body)

    def _transport(self) -> "httpx2.BaseTransport":
        import httpx2

        _check_open(self.is_closed)
        process = os.getpid()
        found = self._given or self._made.get(process)
        if found is None:
            made = httpx2.HTTPTransport(limits=_limits())
            found = self._made.setdefault(process, made)
            if found is not made:  # another thread was faster
                made.close()
        return found


class AsyncWire:
    """Exchanges that are awaited; for any number of tasks of one event loop."""

    def __init__(self, service: Service, *, transport: "httpx2.AsyncBaseTransport | None") -> None:
        self._service = service
        self._given = transport
        self._made: dict[int, httpx2.AsyncBaseTransport] = {}  # by process
        self._gate: asyncio.Semaphore | None = None
        self.is_closed = False

    async def exchange(self, call: Call[object], *, seconds: float) -> Reply | Silence:
        """One request, whose answer is read to its end unless that takes too long."""
        import asyncio

        import httpx2

        transport = self._transport()
        self._gate = self._gate or asyncio.Semaphore(_CONNECTIONS)
        end = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(end):
                await self._gate.acquire()
        except TimeoutError:
            return Silence(reason="all connections were busy", was_sent=False)
        request = self._service.request(call, seconds=seconds)
        progress = _Progress()
        request.extensions["trace"] = progress
        try:
            async with asyncio.timeout_at(end):
                return await self._ask(transport, request)
        except TimeoutError:
            return progress.silence()
        except (httpx2.HTTPError, OSError) as error:
            return _silence(error)
        finally:
            self._gate.release()

    async def close(self) -> None:
        """Close the connections that were made here."""
        self.is_closed = True
        made = self._made.pop(os.getpid(), None)
        if made is not None:
            await made.aclose()

    async def _ask(
        self, transport: "httpx2.AsyncBaseTransport", request: "httpx2.Request"
    ) -> Reply:
        response = await transport.handle_async_request(request)
        try:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                _check_length(body)
            return _reply(response, bytes(body))
        finally:
            await response.aclose()

    def _transport(self) -> "httpx2.AsyncBaseTransport":
        import httpx2

        _check_open(self.is_closed)
        process = os.getpid()
        if self._given is None and process not in self._made:
            self._made[process] = httpx2.AsyncHTTPTransport(limits=_limits())
        return self._given or self._made[process]


class _Progress:
    """
    How far the HTTP library has got with a request, as it tells.

    Our time may be over before that of one of its steps: then no error of the library says which.
    """

    def __init__(self) -> None:
        self._is_connecting = False

    async def __call__(self, event: str, _: object) -> None:
        if event == "connection.connect_tcp.started":
            self._is_connecting = True
        elif event.endswith(".send_request_headers.started"):
            self._is_connecting = False

    def silence(self) -> Silence:
        """What it means that the time is over."""
        if self._is_connecting:
            return Silence(reason="no connection in time", was_sent=False)
        return Silence(reason="nothing came in time", was_sent=True)


def _limits() -> "httpx2.Limits":
    import httpx2

    return httpx2.Limits(max_connections=_CONNECTIONS, keepalive_expiry=_IDLE)


def _check_open(is_closed: bool) -> None:  # noqa: FBT001  # its name says it
    if is_closed:
        raise RuntimeError("the client is closed")


def _check_length(body: bytearray) -> None:
    import httpx2

    if len(body) > _LONGEST_ANSWER:
        raise httpx2.ReadError(f"the answer is longer than {_LONGEST_ANSWER} bytes")


def _reply(response: "httpx2.Response", body: bytes) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, body=body)


def _silence(error: Exception) -> Silence:
    import httpx2

    # So early that nothing of the request has left.
    early = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Silence(reason=said, was_sent=not isinstance(error, early))

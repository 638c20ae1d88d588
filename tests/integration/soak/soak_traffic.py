"""
The load of a soak: clients on all three surfaces, phones, and the endpoint that is told.

Requests are due at moments of their own, and their latency counts from then: a server that stands
still is seen by all who would have come meanwhile. A burst sends as soon as one of those that are
on their way was delivered, and so finds what can be kept up.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import statistics
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import httptools
import httpx2
from soak_verdict import Minute
from soak_world import FAST, MODEM, PASSWORD, PHONES, USER, World

__all__ = ["Clients"]

_CONNECTIONS = 32
_ON_THE_WAY = 300  # in a burst
_MODEM_EVERY, _PHONES_EVERY = 50, 10  # messages
_POLLING = 0.2  # seconds
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
_HEAD = b"%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n%s"
_JSON, _FORM = b"application/json", b"application/x-www-form-urlencoded"


class Clients:
    """All who use the server; the loop's own thread calls."""

    def __init__(self, world: World, *, sink: int) -> None:
        self._world = world
        self._sink_port = sink
        self._loop = asyncio.get_running_loop()
        self._requests = _requests(world)
        self._due: deque[float] = deque()
        self._idle: deque[_Connection] = deque()
        self._open: list[_Connection] = []
        self._latencies: list[float] = []
        self._undelivered: set[str] = set()
        self._changed = asyncio.Event()
        self._is_bursting = False
        self._numbers = itertools.count(1)
        self.accepted = self.refused = self.told = self.wrong_signatures = 0

    async def listen(self) -> asyncio.Server:
        """Open the endpoint that the server tells."""
        return await self._loop.create_server(lambda: _Sink(self), "127.0.0.1", self._sink_port)

    async def burst(self, seconds: float) -> float:
        """As many as can be kept up: messages that were delivered in a second."""
        async with self._connected():
            self._is_bursting = True
            for _ in range(_ON_THE_WAY):
                self._want()
            await asyncio.sleep(seconds / 4)
            told = self.told
            await asyncio.sleep(seconds * 3 / 4)
            rate = (self.told - told) / (seconds * 3 / 4)
            self._is_bursting = False
            await self.settle()
        self._latencies.clear()
        return rate

    async def load(self, rate: float, seconds: float) -> None:
        """So many messages a second, whatever becomes of them."""
        async with self._connected():
            began, sent = self._loop.time(), 0
            while (passed := self._loop.time() - began) < seconds:
                while sent < passed * rate:
                    self._want(began + sent / rate)
                    sent += 1
                await asyncio.sleep(0.002)
            await self.settle()

    async def settle(self, patience: float = 120.0) -> None:
        """Until all is told, or for so many seconds."""
        end = self._loop.time() + patience
        while (self._undelivered or self._due) and self._loop.time() < end:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), 1.0)
            except TimeoutError:
                continue

    def minute(self) -> Minute:
        """What was seen since the last time."""
        seen, self._latencies = sorted(self._latencies), []
        if not seen:
            return Minute(answered=0, p50=0.0, p99=0.0)
        return Minute(
            answered=len(seen),
            p50=1000 * statistics.median(seen),
            p99=1000 * seen[int(len(seen) * 0.99)],
        )

    # What connections tell.

    def next_request(self) -> tuple[float, str, bytes] | None:
        """The next one that is due."""
        if not self._due:
            return None
        number = next(self._numbers)
        prefix = (
            PHONES if number % _PHONES_EVERY == 0 else MODEM if number % _MODEM_EVERY == 1 else FAST
        )
        recipient = f"{prefix}{number % 10_000_000:07d}"
        self._undelivered.add(recipient)
        return self._due.popleft(), recipient, self._requests[number % 3](recipient)

    def idle(self, connection: "_Connection") -> None:
        self._idle.append(connection)

    def answered(self, due: float, recipient: str, status: int) -> None:
        self._latencies.append(self._loop.time() - due)
        if 200 <= status < 300:
            self.accepted += 1
        else:
            self.refused += 1
            self._delivered(recipient)

    def heard(self, body: bytes, signature: bytes) -> None:
        """The endpoint was told."""
        expected = hmac.digest(self._world.credentials.secret.encode(), body, hashlib.sha256).hex()
        if expected.encode() != signature:
            self.wrong_signatures += 1
        event = json.loads(body)
        if event["event"] == "message.delivered" and event["to"] in self._undelivered:
            self.told += 1
            self._delivered(event["to"])

    def _delivered(self, recipient: str) -> None:
        self._undelivered.discard(recipient)
        self._changed.set()
        if self._is_bursting:
            self._want()

    def _want(self, due: float | None = None) -> None:
        self._due.append(self._loop.time() if due is None else due)
        if self._idle:
            self._idle.popleft().send()

    def _connected(self) -> "_Connected":
        return _Connected(self, self._world.port)

    async def connect(self, port: int) -> None:
        for _ in range(_CONNECTIONS):
            _, connection = await self._loop.create_connection(
                lambda: _Connection(self), "127.0.0.1", port
            )
            self._open.append(connection)
        self._phone = self._loop.create_task(_poll(self._world))

    async def disconnect(self) -> None:
        self._phone.cancel()
        await asyncio.wait([self._phone])
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._idle.clear()


class _Connected:
    """Connections, and a phone, as long as the block lasts."""

    def __init__(self, clients: Clients, port: int) -> None:
        self._clients, self._port = clients, port

    async def __aenter__(self) -> None:
        await self._clients.connect(self._port)

    async def __aexit__(self, *_: object) -> None:
        await self._clients.disconnect()


class _Connection(asyncio.Protocol):
    """One that sends, one request after another."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._asked: tuple[float, str] = (0.0, "")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self.send()

    def send(self) -> None:
        """The next request, if there is one."""
        found = self._clients.next_request()
        if found is None:
            self._clients.idle(self)
            return
        due, recipient, request = found
        self._asked = due, recipient
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._clients.answered(*self._asked, self._parser.get_status_code())
        self.send()

    def close(self) -> None:
        self._transport.close()


class _Sink(asyncio.Protocol):
    """One connection by which the endpoint is told."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._body, self._signature = b"", b""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-smsprovider-signature":
            self._signature = value

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._clients.heard(self._body, self._signature)
        self._transport.write(_OK)


def _requests(world: World) -> tuple[Callable[[str], bytes], ...]:
    """How a text is sent by each surface."""
    token, key = world.credentials.token, world.credentials.key

    def provider(to: str) -> bytes:
        body = json.dumps({"to": to, "message": f"Your code is {to[-6:]}"}).encode()
        bearer = f"Authorization: Bearer {key}\r\n".encode()
        return _HEAD % (b"POST /v1/messages", _JSON, bearer, len(body), body)

    def queue(to: str) -> bytes:
        body = json.dumps([{"phone": to, "message": f"Your code is {to[-6:]}"}]).encode()
        return _HEAD % (f"POST /api/{token}/queue".encode(), _JSON, b"", len(body), body)

    def gateway(to: str) -> bytes:
        login = f"username={USER}&password={quote_plus(PASSWORD)}"
        body = f"{login}&to={quote_plus(to)}&text=Your+code+is+{to[-6:]}".encode()
        return _HEAD % (b"POST /api.php", _FORM, b"", len(body), body)

    return provider, queue, gateway


async def _poll(world: World) -> None:
    """A phone: it fetches what waits, and says that it has sent it."""
    path = f"{world.origin}/api/{world.credentials.token}"
    async with httpx2.AsyncClient(timeout=30, trust_env=False) as client:
        while True:
            reply = await client.get(f"{path}/get_messages", params={"limit": 100, "device": "one"})
            if reply.status_code == 200 and (found := reply.json()):
                told = [{"hash": one["hash"], "status": 2} for one in found]
                await client.post(f"{path}/status", json={"device": "one", "messages": told})
            await asyncio.sleep(_POLLING)

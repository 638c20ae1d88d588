"""
The load of the part ``events``, and who is called: ``LOAD``, as JSON; it tells JSON as well.

Keeps so many messages on their way as it was told, and sends the next one as soon as both of one's
calls have come: so nothing can pile up, and what is told in a second is what was sent in a second.
"""

import asyncio
import hashlib
import hmac
import json
import re
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httptools
import uvloop

_CONNECTIONS = 32
_CALLS = 2  # for each message: sent, delivered
_PATIENCE = 30.0  # seconds for what is on its way when the time is over
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class Load:
    """What is on its way, and what has been told."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.kind: str = options["kind"]
        self.key: str = options["key"]
        self.secret = options["secret"].encode()
        self.port: int = options["port"]
        self.sink: int = options["sink"]
        self._on_the_way: int = options["on_the_way"]
        self._first: int = options["first"]
        self.sent = 0
        self.told = 0
        self.calls = 0
        self.refused = 0
        self.is_over = False
        self.all_told = asyncio.Event()  # once it is over
        self._heard: dict[int, set[str]] = {}
        # In turn, so that none is idle for as long as servers keep a connection.
        self._idle: deque[Client] = deque()

    def next_number(self, client: "Client") -> int | None:
        """The next message's number; None: not now, and the client is asked again."""
        if self.is_over or self.sent - self.told - self.refused >= self._on_the_way:
            self._idle.append(client)
            return None
        number = self._first + self.sent
        self.sent += 1
        return number

    def heard(self, number: int, event: str) -> None:
        """A call about a message."""
        self.calls += 1
        events = self._heard.setdefault(number, set())
        if event in events:
            return  # told again, which is allowed
        events.add(event)
        if len(events) == _CALLS:
            self.told += 1
            if self._idle and not self.is_over:
                self._idle.popleft().send()
            self.look_for_the_end()

    def look_for_the_end(self) -> None:
        """Whether nothing is on its way any more."""
        if self.is_over and self.told + self.refused == self.sent:
            self.all_told.set()


class Client(asyncio.Protocol):
    """One connection that sends."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._request: Callable[[Load, int], bytes] = _REQUESTS[load.kind]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpResponseParser(self)
        self.send()

    def send(self) -> None:
        """The next message, if there may be one."""
        number = self._load.next_number(self)
        if number is not None:
            self._transport.write(self._request(self._load, number))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.is_over:
            print(f"a connection was lost: {exc}", file=sys.stderr)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if not 200 <= status < 300:
            print(f"refused with {status}", file=sys.stderr)
            self._load.refused += 1
        self._parser = httptools.HttpResponseParser(self)
        self.send()


class Sink(asyncio.Protocol):
    """One connection that is called."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._hear = _HEARERS[load.kind]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._body, self._signature = b"", b"", b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-smsprovider-signature":
            self._signature = value

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._hear(self._load, self._url, self._body, self._signature)
        self._transport.write(_OK)


def _ours(load: Load, number: int) -> bytes:
    body = b'{"to":"+49170%07d","message":"Your code is %06d"}' % (number, number % 1_000_000)
    return (
        b"POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (load.key.encode(), len(body), body)
    )


def _kannel(load: Load, number: int) -> bytes:
    told = b"http%%3A%%2F%%2F127.0.0.1%%3A%d%%2F%%3Fn%%3D%d%%26type%%3D%%25d" % (load.sink, number)
    return (
        b"GET /cgi-bin/sendsms?username=bench&password=%s&to=%%2B49170%07d"
        b"&text=Your+code+is+%06d&dlr-mask=9&dlr-url=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        % (load.key.encode(), number, number % 1_000_000, told)
    )


def _hear_ours(load: Load, _: bytes, body: bytes, signature: bytes) -> None:
    if hmac.digest(load.secret, body, hashlib.sha256).hex().encode() != signature:
        raise SystemExit("a wrong signature")
    told = json.loads(body)
    load.heard(int(told["to"][6:]), told["event"])


def _hear_kannel(load: Load, url: bytes, _: bytes, __: bytes) -> None:
    found = re.search(rb"n=(\d+)&type=(\d+)", url)
    if found is None:
        raise SystemExit(f"a strange call: {url!r}")
    load.heard(int(found[1]), found[2].decode())


_REQUESTS = {"smscore": _ours, "kannel": _kannel}
_HEARERS = {"smscore": _hear_ours, "kannel": _hear_kannel}


async def _run(options: dict[str, Any]) -> dict[str, float]:
    load = Load(options)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(load), "127.0.0.1", load.sink)
    for _ in range(_CONNECTIONS):
        await loop.create_connection(lambda: Client(load), "127.0.0.1", load.port)
    await asyncio.sleep(options["warm_up"])
    told, calls, began = load.told, load.calls, time.perf_counter()
    await asyncio.sleep(options["seconds"])
    took = time.perf_counter() - began
    measured = {"rate": (load.told - told) / took, "calls": (load.calls - calls) / took}
    load.is_over = True
    load.look_for_the_end()
    with suppress(TimeoutError):
        await asyncio.wait_for(load.all_told.wait(), _PATIENCE)
    server.close()
    return {**measured, "sent": load.sent, "told": load.told, "refused": load.refused}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_run(json.loads(sys.argv[1])))))

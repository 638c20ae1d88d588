"""
What the bundled server makes of octets on a connection: the raw side of HTTP/1.1 (RFC 9112).
"""

import asyncio
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn.server import ServerState

from smscore_http import ClientGone, Reply, Surfaces
from smscore_server._connection import Connection

PLAIN = ((b"content-type", b"text/plain"),)
GET = b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n"


class Echo(Surfaces):
    """Answers with what it was asked, and holds back what is asked for later."""

    def __init__(self):
        self.may_answer = asyncio.Event()
        self.gone = asyncio.Event()

    async def answer(self, request):
        if request.path == "/later":
            await self.may_answer.wait()
        if request.path == "/broken":
            raise RuntimeError("a mistake in the code")
        body = b"" if request.path == "/unread" else await self.body_of(request)
        told = f"{request.method} {request.path} {request.query.decode()} ".encode()
        return Reply(200, told + body, PLAIN)

    async def body_of(self, request):
        try:
            return await request.body()
        except ClientGone:
            self.gone.set()
            raise


class Impatient(Connection):
    idle = silence = 0.05


@asynccontextmanager
async def served(surfaces, protocol=Connection):
    """A client's two streams to a server of these surfaces, and what the server knows."""
    state = ServerState()
    state.default_headers = [(b"date", b"today")]
    config = uvicorn.Config(surfaces)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield reader, writer, state
        finally:
            writer.close()


async def reply_from(reader, *, has_body=True):
    """Status, header lines and body of the next reply."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, *headers = head.decode().rstrip().split("\r\n")
    lengths = [line for line in headers if line.startswith("content-length: ")]
    length = int(lengths[0].partition(" ")[2]) if lengths and has_body else 0
    return status, headers, await reader.readexactly(length)


def ask(*pieces, replies=1, protocol=Connection):
    """What comes back for these octets, and whether the connection was closed after it."""

    async def talk():
        surfaces = Echo()
        surfaces.may_answer.set()
        async with asyncio.timeout(20), served(surfaces, protocol) as (reader, writer, _):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            got = [await reply_from(reader) for _ in range(replies)]
            is_closed = False
            if "connection: close" in got[-1][1]:
                is_closed = await reader.read() == b""
            return got, is_closed

    return asyncio.run(talk())


def test_a_reply_is_one_piece_with_type_date_and_length():
    [(status, headers, body)], _ = ask(GET)

    assert status == "HTTP/1.1 200 OK"
    assert headers == ["content-type: text/plain", "date: today", "content-length: 10"]
    assert body == b"GET /now  "


def test_requests_on_one_connection_are_answered_in_their_order():
    later = GET.replace(b"/now", b"/later")

    replies, is_closed = ask(later + GET + later, replies=3)

    assert [body for _, _, body in replies] == [b"GET /later  ", b"GET /now  ", b"GET /later  "]
    assert not is_closed


def test_a_request_may_come_octet_by_octet():
    request = b"POST /now?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"

    [(_, _, body)], _ = ask(*[bytes([octet]) for octet in request])

    assert body == b"POST /now a=b hello"


def test_a_body_in_chunks_is_put_together():
    request = b"POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    [(_, _, body)], _ = ask(request, b"3\r\nhel\r\n", b"2\r\nlo\r\n", b"0\r\n\r\n")

    assert body == b"POST /now  hello"


def test_a_body_longer_than_what_is_kept_ahead_arrives_whole():
    request = b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n"

    [(_, _, body)], _ = ask(request + b"x" * 500_000)

    assert len(body) == len(b"POST /now  ") + 500_000


def test_what_nobody_read_of_a_body_is_not_taken_for_the_next_request():
    request = b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"

    replies, _ = ask(request, b"GET /" * 40_000, GET, replies=2)

    assert [body for _, _, body in replies] == [b"POST /unread  ", b"GET /now  "]


@pytest.mark.parametrize(
    "request_line",
    [b"GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"GET /now HTTP/1.0\r\n\r\n"],
)
def test_a_client_that_wants_no_more_is_not_kept(request_line):
    _, is_closed = ask(request_line)

    assert is_closed


def test_paths_are_decoded_and_proxies_may_name_the_host():
    request = b"GET http://x/%2Bnow?to=%2B49 HTTP/1.1\r\nHost: x\r\n\r\n"

    [(_, _, body)], _ = ask(request)

    assert body == b"GET /+now to=%2B49 "


def test_a_head_request_gets_the_length_without_the_body():
    async def talk():
        surfaces = Echo()
        async with asyncio.timeout(20), served(surfaces) as (reader, writer, _):
            writer.write(GET.replace(b"GET", b"HEAD") + GET)
            first = await reply_from(reader, has_body=False)
            return first, await reply_from(reader)

    (_, headers, _), (_, _, body) = asyncio.run(talk())

    assert "content-length: 11" in headers
    assert body == b"GET /now  "


def test_a_client_that_asks_before_it_sends_is_told_to_go_on():
    async def talk():
        surfaces = Echo()
        async with asyncio.timeout(20), served(surfaces) as (reader, writer, _):
            writer.write(
                b"POST /now HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Length: 5\r\n\r\n"
            )
            interim = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"hello")
            return interim, await reply_from(reader)

    interim, (_, _, body) = asyncio.run(talk())

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert body == b"POST /now  hello"


def test_a_body_that_was_never_asked_for_ends_the_connection():
    [(status, _, _)], is_closed = ask(
        b"POST /unread HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    )

    assert status == "HTTP/1.1 200 OK"
    assert is_closed


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello\r\n\r\n",
        b"GET /now HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /n\xc3\xb6w HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /now HTTP/1.1\r\nX: " + b"x" * 300_000,
    ],
    ids=["no request", "two lengths", "a path that is not ASCII", "an endless head"],
)
def test_nonsense_is_refused_and_ends_the_connection(nonsense):
    [(status, _, _)], is_closed = ask(nonsense)

    assert status == "HTTP/1.1 400 Bad Request"
    assert is_closed


def test_what_came_before_nonsense_is_answered_first():
    replies, _ = ask(GET.replace(b"/now", b"/later") + b"hello\r\n\r\n", replies=2)

    assert [status for status, _, _ in replies] == [
        "HTTP/1.1 200 OK",
        "HTTP/1.1 400 Bad Request",
    ]


def test_other_protocols_are_not_spoken():
    [(_, _, body)], is_closed = ask(
        b"GET /now HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05"
    )

    assert body == b"GET /now  "
    assert is_closed


def test_a_mistake_in_the_code_is_logged_and_costs_one_connection(caplog):
    [(status, _, _)], is_closed = ask(GET.replace(b"/now", b"/broken"))

    assert status == "HTTP/1.1 500 Internal Server Error"
    assert is_closed
    assert "a mistake in the code" in caplog.text


def test_a_client_that_has_said_all_still_gets_its_reply():
    async def talk():
        surfaces = Echo()
        async with asyncio.timeout(20), served(surfaces) as (reader, writer, _):
            writer.write(GET.replace(b"/now", b"/later"))
            writer.write_eof()
            surfaces.may_answer.set()
            return await reply_from(reader), await reader.read()

    (_, _, body), rest = asyncio.run(talk())

    assert body == b"GET /later  "
    assert rest == b""


def test_a_client_that_goes_in_the_middle_of_a_body_is_noticed():
    async def talk():
        surfaces = Echo()
        async with asyncio.timeout(20), served(surfaces) as (_, writer, state):
            writer.write(b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
            await writer.drain()
            writer.close()
            await surfaces.gone.wait()
            await asyncio.gather(*state.tasks)
            return state.connections

    assert not asyncio.run(talk())


@pytest.mark.parametrize("begun", [b"", GET[:9], GET[:-2], GET + b"POST /now HTTP/1.1\r\n"])
def test_a_silent_client_is_not_kept_for_ever(begun):
    async def talk():
        surfaces = Echo()
        async with asyncio.timeout(20), served(surfaces, Impatient) as (reader, writer, _):
            writer.write(begun)
            return await reader.read()

    assert b"400" not in asyncio.run(talk())


def test_a_client_that_waits_for_its_reply_may_be_silent():
    async def talk():
        surfaces = Echo()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20), served(surfaces, Impatient) as (reader, writer, _):
            writer.write(GET.replace(b"/now", b"/later"))
            loop.call_later(4 * Impatient.idle, surfaces.may_answer.set)
            return await reply_from(reader)

    assert asyncio.run(talk())[2] == b"GET /later  "


def test_a_server_that_stops_closes_what_is_idle_and_ends_what_is_not():
    async def talk():
        surfaces = Echo()
        async with asyncio.timeout(20), served(surfaces) as (reader, writer, state):
            writer.write(GET + GET.replace(b"/now", b"/later"))
            await reply_from(reader)
            [connection] = state.connections
            connection.shutdown()
            surfaces.may_answer.set()
            return await reply_from(reader), await reader.read()

    (_, headers, body), rest = asyncio.run(talk())

    assert body == b"GET /later  "
    assert "connection: close" in headers
    assert rest == b""

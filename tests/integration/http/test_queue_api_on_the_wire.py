"""
The queue API as small clients speak HTTP: old versions, pieces, pauses, long lines, broken lines.
"""

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

import pytest
from server_process import PATIENCE, Server

BATCH = b'[{"phone":"0712345678","message":"m"}]'

Connect = Callable[[], AbstractContextManager[socket.socket]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    with server.gateway() as gateway:
        gateway.rules.apply([])  # what is queued is for phones
    with server:
        yield server


@pytest.fixture
def connect(server: Server) -> Connect:
    @contextmanager
    def connect() -> Iterator[socket.socket]:
        to = urlsplit(server.url)
        with socket.create_connection((to.hostname, to.port), PATIENCE) as connection:
            yield connection

    return connect


@pytest.fixture
def say(server: Server, connect: Connect) -> Callable[[bytes], bytes]:
    """Sends bytes; gives all that comes back until the server closes, as it was asked to."""

    def say(request: bytes) -> bytes:
        with connect() as connection:
            connection.sendall(request.replace(b"TOKEN", server.site.token.encode()))
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    return say


@pytest.fixture
def pending(server: Server, say: Callable[[bytes], bytes]) -> Callable[[], int]:
    """How many messages waited; now they are claimed."""

    def pending() -> int:
        said = say(b"GET /api/TOKEN/get_messages?limit=200 HTTP/1.0\r\n\r\n")
        return len(json.loads(said.partition(b"\r\n\r\n")[2]))

    pending()
    return pending


def test_http_1_0_without_a_host_will_do(say, pending):
    said = say(b"POST /api/TOKEN/queue HTTP/1.0\r\nContent-Length: %d\r\n\r\n%b" % (38, BATCH))

    assert b" 200 OK\r\n" in said
    assert pending() == 1


def test_a_body_may_come_in_pieces(say, pending):
    pieces = b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (BATCH[:5], len(BATCH) - 5, BATCH[5:])

    said = say(
        b"POST /api/TOKEN/queue HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + pieces
    )

    assert said.startswith(b"HTTP/1.1 200")
    assert pending() == 1


def test_a_client_may_ask_before_it_sends_its_body(server, connect, pending):
    head = f"POST /api/{server.site.token}/queue HTTP/1.1\r\nHost: x\r\n"
    with connect() as connection:
        connection.sendall(f"{head}Expect: 100-continue\r\nContent-Length: 38\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(BATCH)

        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert pending() == 1


def test_calls_of_one_connection_are_answered_in_their_order(say):
    paths = (b"get_messages", b"nothing", b"queue")
    calls = [b"GET /api/TOKEN/%b HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths]

    said = say(b"".join(calls) + b"GET /api/TOKEN/get_messages HTTP/1.0\r\n\r\n")

    assert re.findall(rb"HTTP/1\.1 ([0-9]{3})", said) == [b"200", b"404", b"405", b"200"]


@pytest.mark.parametrize("method", [b"HEAD", b"OPTIONS", b"POST", b"PUT", b"DELETE"])
def test_only_a_get_claims(say, pending, method):
    say(b"POST /api/TOKEN/queue HTTP/1.0\r\nContent-Length: 38\r\n\r\n" + BATCH)

    said = say(method + b" /api/TOKEN/get_messages HTTP/1.0\r\n\r\n")

    assert b" 405 " in said
    assert b"\r\nallow: GET\r\n" in said
    assert pending() == 1


def test_a_long_line_is_read(say):
    line = b"GET /api/TOKEN/get_messages?x=" + b"x" * 60_000 + b"&limit=1 HTTP/1.0\r\n\r\n"

    assert say(line).startswith(b"HTTP/1.1 200")


def test_half_a_batch_is_none(server, connect, pending):
    head = f"POST /api/{server.site.token}/queue HTTP/1.1\r\nHost: x\r\nContent-Length: 38\r\n\r\n"
    with connect() as connection:
        connection.sendall(head.encode() + BATCH[:-1])

    assert pending() == 0

"""
Clients that connect and say nothing, or never come to an end: their connections are closed.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import uvicorn

from smscore_server._connections import Connection, Connections

PATIENCE = 30.0
SHORT, LONG = 1.0, 600.0


async def answer(scope, receive, send):
    """Reads what is sent, and says how much that was."""
    assert scope["type"] == "http"
    size, is_going_on = 0, True
    while is_going_on and scope["path"] != "/at-once":
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        is_going_on = message["more_body"]
    # Far more than the kernel keeps for a client.
    body = b"." * (64 << 20) if scope["path"] == "/long" else str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def serve() -> Iterator[Callable[..., socket.socket]]:
    """Serves with so much patience, and connects."""
    ends = []

    def serve(*, head: float = LONG, body: float = LONG, answer_in: float = LONG) -> socket.socket:
        class Hasty(Connection):
            head_seconds, body_seconds, answer_seconds = head, body, answer_in

        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            answer, http=Hasty, ws="none", lifespan="off", log_config=None, timeout_keep_alive=LONG
        )
        server = uvicorn.Server(config)
        server.server_state = Connections()
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        client = socket.create_connection(listener.getsockname(), PATIENCE)
        ends.append((client, server, thread))
        return client

    def await_end() -> None:
        """Until the server has let go of the one client that there is."""
        [(_, server, _)] = ends
        pause = threading.Event()
        for _ in range(int(PATIENCE / 0.05)):
            if not server.server_state.connections:
                return
            pause.wait(0.05)
        raise AssertionError("the connection stays")

    serve.await_end = await_end  # type: ignore[attr-defined]  # beside what it is about
    yield serve
    for client, server, thread in ends:
        client.close()
        server.should_exit = True
        thread.join(PATIENCE)


def taken_of(client: socket.socket) -> int:
    """How much there is until the end, whichever that is."""
    taken = 0
    with suppress(ConnectionResetError):
        while piece := client.recv(1 << 20):
            taken += len(piece)
    return taken


def is_closed(client: socket.socket) -> bool:
    """Waits for what comes, which is the end."""
    try:
        return client.recv(65_536) == b""
    except ConnectionResetError:
        return True


WHOLE = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"


def test_who_says_nothing_is_let_go(serve):
    assert is_closed(serve(head=SHORT))


def test_a_head_that_does_not_end_is_not_waited_for(serve):
    client = serve(head=SHORT)
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")

    assert is_closed(client)


def test_a_head_that_goes_on_line_by_line_gets_no_more_time(serve):
    client = serve(head=SHORT)
    client.sendall(b"GET / HTTP/1.1\r\n")
    client.settimeout(SHORT / 10)

    assert any(is_gone_after(client, b"X-%d: slow\r\n" % number) for number in range(300))


def is_gone_after(client: socket.socket, line: bytes) -> bool:
    try:
        client.sendall(line)
        return is_closed(client)
    except TimeoutError:
        return False
    except BrokenPipeError:
        return True


def test_a_body_that_does_not_end_is_not_waited_for(serve):
    client = serve(body=SHORT)
    client.sendall(WHOLE[:-1])

    assert is_closed(client)


def test_line_ends_between_two_requests_are_no_request(serve):
    client = serve(head=SHORT)
    client.sendall(WHOLE)
    assert client.recv(65_536).endswith(b"4")
    client.sendall(b"\r\n")

    assert is_closed(client)


def test_who_is_answered_in_time_is_not_disturbed(serve):
    client = serve(head=SHORT, body=SHORT)
    for _ in range(3):
        client.sendall(WHOLE)
        assert client.recv(65_536).endswith(b"4")
    client.settimeout(2 * SHORT)

    with pytest.raises(TimeoutError):
        client.recv(1)

    client.settimeout(PATIENCE)
    client.sendall(WHOLE)
    assert client.recv(65_536).endswith(b"4")


def test_the_second_of_two_requests_in_one_piece_is_waited_for_no_longer_than_others(serve):
    client = serve(body=SHORT)
    client.sendall(WHOLE + WHOLE[:-1])
    assert client.recv(65_536).endswith(b"4")

    assert is_closed(client)


def test_what_is_answered_before_it_has_arrived_does_not_hold_its_connection(serve):
    client = serve(head=SHORT, body=SHORT)
    client.sendall(b"POST /at-once HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbody")
    assert client.recv(65_536).endswith(b"0")
    client.sendall(b"more")

    assert is_closed(client)


@pytest.mark.parametrize("goes_on", [b"", b"Connection: close\r\n"])
def test_an_answer_that_nobody_takes_is_not_kept(serve, goes_on):
    client = serve(answer_in=SHORT)
    client.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n%b\r\n" % goes_on)
    assert client.recv(1)
    serve.await_end()

    assert taken_of(client) < 32 << 20


def test_an_answer_that_is_taken_slowly_is_given_to_the_end(serve):
    client = serve(answer_in=SHORT)
    client.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert taken_of(client) > 64 << 20

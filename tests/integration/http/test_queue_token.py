"""
The token stands in the path, and nowhere else: in no log, no error, no header, nothing measured.
"""

import gzip
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from server_process import PATIENCE, Server

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "GEHEIM")


def places(token: str) -> Sequence[str]:
    """Paths in which a client, or what it was configured by, may put the token."""
    encoded = "".join(f"%{ord(char):02x}" for char in token)
    return [
        f"/api/{token}/get_messages",
        f"/api/{token}/queue",
        f"/api/{token}/status",
        f"/api/{token}/get_messages/",
        f"/api/{token}/get_messages?limit=x&token={token}",
        f"/api/{token}/Queue",
        f"/api/{token}/nothing",
        f"/api/{token}/",
        f"/api/{token}",
        f"/api/{token.upper()}/get_messages",
        f"/api/{encoded}/get_messages",
        f"/api/%20{token}/get_messages",
        f"/api//{token}/get_messages",
        f"/api/{token}//get_messages",
        f"//api/{token}/get_messages",
        f"/API/{token}/get_messages",
        f"/api/{token}%2fget_messages",
        f"/api/{token}/get_messages%0d%0aX:%20y",
        f"/api/{token}/get_messages;{token}",
        f"/api/../api/{token}/get_messages",
        f"/api/{token}/../{token}/status",
        f"/api/queue/{token}",
        f"/api/download/{token}",
        f"/api/app-version/{token}",
        f"/download/{token}",
        f"/postman/{token}",
        f"/hooks/{token}/{token}",
        f"/v1/{token}/queue",
        f"/{token}/queue",
        f"/{token}",
        f"/api.php?token={token}",
        f"/check.php?option={token}",
        f"/health/{token}",
    ]


def shown(reply: Any) -> str:
    """All that a client, or a proxy on its way, could keep of a reply."""
    return f"{reply.headers} {reply.text}"


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What we logged, with what was raised; the test's own client is not ours."""
    return "\n".join(
        caplog.handler.format(record)
        for record in caplog.records
        if not record.name.startswith(("httpx2", "httpcore2"))
    )


def assert_hidden(token: str, text: str) -> None:
    """Not even a part of it is there."""
    assert not re.search(f"{token[:16]}|{token[-16:]}", text, re.IGNORECASE)


@pytest.mark.parametrize("method", METHODS)
def test_no_path_brings_it_into_a_log_or_an_answer(site, caplog, method):
    caplog.set_level("DEBUG")

    for path in places(site.token):
        reply = site.client.request(method, path, follow_redirects=False)

        assert_hidden(site.token, shown(reply))
        assert "location" not in reply.headers
    assert_hidden(site.token, logged(caplog))


def broken(site: Any) -> None:
    site.authenticator.is_broken = True


def closed(site: Any) -> None:
    site.gateway.store.close()


def full(site: Any) -> None:
    site.store.is_full = True


def torn(site: Any) -> None:
    site.store.fail(RuntimeError("torn"), at_once=True)


@pytest.mark.parametrize("fault", [broken, closed, full, torn])
@pytest.mark.parametrize(
    ("method", "call"), [("POST", "queue"), ("GET", "get_messages"), ("POST", "status")]
)
def test_a_fault_does_not_tell_it(site, caplog, fault, method, call):
    caplog.set_level("DEBUG")
    fault(site)

    reply = site.client.request(
        method,
        f"/api/{site.token}/{call}",
        json=[{"phone": "0712345678", "message": "m"}]
        if call == "queue"
        else {"messages": [{"hash": "0" * 16, "status": 2}]},
    )

    assert reply.status_code in (500, 503)
    assert_hidden(site.token, shown(reply) + logged(caplog))


@pytest.mark.parametrize(
    ("method", "call", "content"),
    [
        ("POST", "queue", b"x" * (2 << 20)),
        ("POST", "queue", b"\xff"),
        ("POST", "queue", gzip.compress(b"[]")),
        ("POST", "queue", b"[" * 200_000),
        ("POST", "status", b"null"),
        ("GET", "get_messages", b"{}"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_a_bad_body_does_not_tell_it(site, caplog, method, call, content):
    caplog.set_level("DEBUG")

    reply = site.client.request(method, f"/api/{site.token}/{call}", content=content)

    assert_hidden(site.token, shown(reply) + logged(caplog))


def test_what_is_measured_does_not_know_it(site):
    site.queue([{"phone": "0712345678", "message": "m"}])
    site.fetch()

    for path in ("/check.php", "/health/live", "/health/ready", "/metrics"):
        assert_hidden(site.token, shown(site.client.get(path)))


def test_no_story_of_a_message_knows_it(site):
    message = int(
        site.queue([{"phone": "0712345678", "message": "m"}]).json()["items"][0]["hash"], 16
    )
    site.fetch()
    site.tell({"device": "MyPhone", "messages": [{"hash": f"{message:016x}", "status": 3}]})

    assert_hidden(site.token, str(site.gateway.inquiry.explain(message)))


# The server as it is, with what it and its libraries log by themselves.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory: Path = tmp_path_factory.mktemp("server")
    server = Server(directory)
    config = directory / "smscore.toml"
    config.write_text(config.read_text().replace("access_log = false", "access_log = true"))
    with server:
        yield server


@pytest.fixture
def say(server: Server) -> Callable[..., str]:
    """Sends bytes; gives all that comes back until the server closes, or the client does."""

    def say(request: bytes, *, closes: bool = False) -> str:
        to = urlsplit(server.url)
        with closing(socket.create_connection((to.hostname, to.port), PATIENCE)) as connection:
            connection.sendall(request.replace(b"TOKEN", server.site.token.encode()))
            if closes:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b"")).decode("latin-1")

    return say


_END = b"Host: x\r\nConnection: close\r\n\r\n"
ANSWERED = [
    b"TRACE /api/TOKEN/get_messages HTTP/1.1\r\n" + _END,
    b"OPTIONS /api/TOKEN/queue HTTP/1.1\r\n" + _END,
    b"CONNECT /api/TOKEN/get_messages HTTP/1.1\r\n" + _END,
    b"GET http://x/api/TOKEN/get_messages HTTP/1.1\r\n" + _END,
    b"GET /api/TOKEN/get_messages HTTP/1.0\r\n\r\n",
    b"GET /api/TOKEN/get_messages HTTP/9.9\r\n" + _END,
    b"GET /api/TOKEN/get messages HTTP/1.1\r\n" + _END,
    b"GET /api/TOKEN/get_messages HTTP/1.1\r\nX TOKEN\r\n" + _END,
    b"GET /api/TOKEN/get_messages HTTP/1.1\r\nUpgrade: websocket\r\n" + _END,
    b"GET /api/TOKEN/get_messages/ HTTP/1.1\r\n" + _END,
    b"GET /postman/environment HTTP/1.1\r\nX: TOKEN\r\n" + _END,
    b"POST /api/TOKEN/queue HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + _END + b"zz\r\n",
    b"POST /api/TOKEN/queue HTTP/1.1\r\nContent-Length: x\r\n" + _END + b"TOKEN",
    b"TOKEN /api/TOKEN/queue HTTP/1.1\r\nHost: TOKEN\r\n\r\n",
]
CUT_OFF = [
    b"GET /api/TOKEN/get_messages\r\n\r\n",
    b"GET /api/TOKEN/get_messages HTTP/1.1\r\nHost: x\r\n",
    b"GET /api/TOKEN/" + b"x" * 70_000 + b" HTTP/1.1\r\n" + _END,
    b"POST /api/TOKEN/queue HTTP/1.1\r\nContent-Length: 1000\r\n" + _END + b"TOKEN",
]


def test_no_request_on_the_wire_brings_it_into_the_servers_log_or_answer(server, say):
    token = server.site.token
    answers = [say(request) for request in ANSWERED]
    broken = [say(request, closes=True) for request in CUT_OFF]

    assert all(answer.startswith("HTTP/1.1 ") for answer in answers)
    assert_hidden(token, "".join(answers + broken))
    assert server.stop() == 0
    assert any("/api/***/get_messages" in line for line in server.log)
    assert_hidden(token, "\n".join(server.log))

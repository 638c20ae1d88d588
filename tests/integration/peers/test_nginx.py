"""
The server behind nginx, configured as the page has it: who calls, and restarts that callers notice.
"""

import json
import shutil
import signal
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from pages import blocks, page
from server_process import Server

pytestmark = pytest.mark.peers

PATIENCE = 60.0
PAGE = page("serving.md")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

CONFIG = """
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, tariff="unlimited")
    file = tmp_path / "smscore.toml"
    trusted = '[http]\ntrusted_proxies = ["127.0.0.1"]\n'
    file.write_text(file.read_text().replace("[http]\n", trusted))
    with server:
        yield server


@pytest.fixture
def proxy(server: Server, tmp_path: Path) -> Iterator[str]:
    """Where nginx is, which runs in the test's directory."""
    if not Path(NGINX).exists():
        pytest.skip("nginx is not installed; 'make test-peers' does it")
    (location,) = blocks(PAGE, "nginx")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    directory = tmp_path / "nginx"
    directory.mkdir()
    (directory / "nginx.conf").write_text(
        CONFIG.format(
            directory=directory,
            port=port,
            location=location.replace("127.0.0.1:8080", server.url.removeprefix("http://")),
        )
    )
    command = [NGINX, "-p", str(directory), "-c", str(directory / "nginx.conf")]
    with subprocess.Popen([*command, "-g", "daemon off; user root;"]) as nginx:
        until_it_listens(port, nginx)
        yield f"http://127.0.0.1:{port}"
        nginx.terminate()
        nginx.wait(PATIENCE)


def until_it_listens(port: int, program: "subprocess.Popen[bytes]") -> None:
    while program.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            continue
        return
    raise AssertionError("it has ended")


def guesses(url: str, address: str, *, forged: str = "", number: int = 1) -> list[bool]:
    """Guess passwords from an address of this machine; whether each was told to wait."""
    transport = httpx2.HTTPTransport(local_address=address)
    headers = {"X-Forwarded-For": forged, "Forwarded": f"for={forged}"} if forged else {}
    with httpx2.Client(transport=transport, headers=headers, timeout=PATIENCE) as client:
        replies = [
            client.post(
                f"{url}/api.php",
                params={
                    "username": "apiuser",
                    "password": f"guessed-word {one}",
                    "to": "0170123",
                    "text": "x",
                },
            )
            for one in range(number)
        ]
    assert {reply.status_code for reply in replies} == {401}
    return ["retry-after" in reply.headers for reply in replies]


def test_clients_of_nginx_are_told_apart_whatever_they_invent(proxy):
    assert guesses(proxy, "127.0.0.2", number=11)[-1]

    assert guesses(proxy, "127.0.0.2", forged="127.0.0.4") == [True]
    assert guesses(proxy, "127.0.0.3", forged="127.0.0.2") == [False]


def test_addresses_in_answers_lead_to_nginx(proxy):
    document = httpx2.get(f"{proxy}/openapi.json", headers={"Host": "sms.example.org"}).json()

    assert document["servers"] == [{"url": "http://sms.example.org"}]


def test_callers_of_nginx_do_not_notice_restarts(proxy, server):
    heard: Counter[int] = Counter()
    ids: list[str] = []
    lock, over = threading.Condition(), threading.Event()

    def submit() -> None:
        with httpx2.Client(headers=server.site.bearer, timeout=PATIENCE) as client:
            while not over.wait(0.002):
                content = {"to": "+491701234567", "message": "Hello"}
                reply = client.post(f"{proxy}/v1/messages", json=content)
                with lock:
                    heard[reply.status_code] += 1
                    ids.extend([reply.json()["message_id"]] if reply.is_success else [])
                    lock.notify_all()

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            goal = len(ids) + 50
            with lock:
                assert lock.wait_for(lambda goal=goal: len(ids) >= goal, PATIENCE), heard
            server._process.send_signal(signal.SIGUSR2)
            assert json.loads(server._process.stdout.readline())["url"] == server.url
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE)

    assert set(heard) == {200}
    assert Counter(f"msg_{one.message.id:016x}" for one in server.stored()) == Counter(ids)

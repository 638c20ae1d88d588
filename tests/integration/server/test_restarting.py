"""
A server that begins anew under load, and the sockets that outlive it.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx2
import pytest
import trustme

from smscore import GatewayConfig, build

PATIENCE = 60.0
ROUNDS = 3

# As systemd does it: the sockets from 3 on, and whose they are.
ACTIVATED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="smscore.socket")
os.execv(sys.executable, [sys.executable, "-P", "-m", "smscore_server", *sys.argv[2:]])
"""


class Load:
    """Clients that submit one message after another and keep their connections; what they heard."""

    def __init__(self, url: str, bearer: str, *, trusting: ssl.SSLContext | bool = True) -> None:
        self._url = f"{url}/v1/messages"
        self._headers = {"Authorization": f"Bearer {bearer}"}
        self._trusting = trusting
        self._changed = threading.Condition()
        self._over = threading.Event()
        self.answers: Counter[str] = Counter()
        self.ids: list[str] = []

    @contextmanager
    def going_on(self, pauses: list[float]) -> Iterator[None]:
        threads = [threading.Thread(target=self._submit, args=(one,)) for one in pauses]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join(PATIENCE)

    def await_accepted(self, number: int) -> None:
        """Wait until so many more were accepted."""
        with self._changed:
            goal = len(self.ids) + number
            assert self._changed.wait_for(lambda: len(self.ids) >= goal, PATIENCE), self.answers

    def _submit(self, pause: float) -> None:
        with httpx2.Client(
            timeout=PATIENCE, headers=self._headers, verify=self._trusting
        ) as client:
            while not self._over.wait(pause):
                try:
                    reply = client.post(self._url, json={"to": "+491701234567", "message": "Hello"})
                    said = str(reply.status_code)
                except httpx2.TransportError as fault:
                    said, reply = repr(fault), None
                with self._changed:
                    self.answers[said] += 1
                    if reply is not None and reply.is_success:
                        self.ids.append(reply.json()["message_id"])
                    self._changed.notify_all()


@pytest.fixture
def bearer(command, channel):
    """Of an account whose messages stay queued."""
    return a_bearer(command)


def a_bearer(command) -> str:
    created = command("account", "create", "shop", "--plan", "unlimited", "--country", "DE")
    assert created.exit_code == 0, created.output
    key: str = json.loads(command("key", "create", "--account", "shop", "--json").stdout)["key"]
    return key


def stored() -> Counter[str]:
    found: Counter[str] = Counter()
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        before = None
        while page := gateway.inquiry.messages(before=before, limit=1000):
            before = page[-1].message.id
            found.update(f"msg_{one.message.id:016x}" for one in page)
    return found


def restart(server) -> str:
    os.kill(server.pid, signal.SIGUSR2)
    return json.loads(server.line())["url"]


@pytest.fixture(params=["http", "https"])
def trusting(request, installation):
    """What a client trusts; with the latter the server speaks TLS."""
    if request.param == "http":
        return True
    authority = trustme.CA()
    file = installation / "both.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(file)
    config = installation / "smscore.toml"
    config.write_text(config.read_text().replace("[http]", '[http]\ncertificate = "both.pem"'))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_beginning_anew_under_load_refuses_nobody_and_accepts_nothing_twice(
    start, bearer, trusting
):
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    load = Load(url, bearer, trusting=trusting)

    # Some are quick, and some think between two requests on one connection.
    with load.going_on([0.001] * 6 + [0.3, 0.7, 1.5, 3.0]):
        for _ in range(ROUNDS):
            load.await_accepted(100)
            assert restart(server) == url
        load.await_accepted(100)

    assert set(load.answers) == {"200"}
    assert stored() == Counter(load.ids)


def test_an_idle_connection_ends_as_on_any_other_day_and_no_request_on_it_is_lost(start, bearer):
    server = start("serve", "--port", "0", "--json")
    host, port = json.loads(server.line())["url"].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), PATIENCE) as client:
        request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
        client.sendall(request)
        assert b"connection" not in client.recv(65_536).lower()
        os.kill(server.pid, signal.SIGUSR2)
        # It is over when new connections are told that theirs are the last.
        assert any(b"connection: close" in fetched(host, port, request) for _ in range(10_000))

        client.sendall(request)

        assert b"connection: close" in client.recv(65_536)
        assert client.recv(65_536) == b""
    server.line()


def fetched(host: str, port: str, request: bytes) -> bytes:
    with socket.create_connection((host, int(port)), PATIENCE) as client:
        client.sendall(request)
        return client.recv(65_536)


def test_a_configuration_that_cannot_be_keeps_the_server_as_it_is(start, installation):
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    file = installation / "smscore.toml"
    sound = file.read_text()
    file.write_text("[http]\nport = -1\n")

    os.kill(server.pid, signal.SIGUSR2)
    server.await_logged("the server stays as it is: .*port")

    assert httpx2.get(f"{url}/health/live").status_code == 200
    file.write_text(sound)
    assert restart(server) == url


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('[channels.m]\ntransport = "modm"\n', "modm"),
        ('[channels.m]\ntransport = "modem"\nporrt = "x"\n', "porrt"),
        ('[smtp]\ndomian = "x"\n', "domian"),
        ('[smtp]\ndomains = ["x"]\ncertificate = "none.pem"\n', "none.pem"),
        ('[alerts.receivers.anna]\nto = "anna@example.org"\n', "anna"),
        ('[agent]\n[server]\nrole = "api"\n', "role"),
    ],
)
def test_what_the_next_server_would_stumble_over_keeps_this_one_as_it_is(
    start, installation, wrong, said
):
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    file = installation / "smscore.toml"
    sound = file.read_text()
    file.write_text(sound + wrong)

    os.kill(server.pid, signal.SIGUSR2)
    server.await_logged(f"the server stays as it is: .*{said}")

    assert httpx2.get(f"{url}/health/live").status_code == 200
    file.write_text(sound)
    assert restart(server) == url


def test_a_server_stays_until_the_database_is_what_the_program_needs(start, installation):
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    with sqlite3.connect(installation / "smscore.db") as database:
        database.execute("UPDATE smscore_schema SET version_num = '0001'")
    database.close()

    os.kill(server.pid, signal.SIGUSR2)
    server.await_logged("the server stays as it is: .*smscore migrate")

    assert httpx2.get(f"{url}/health/live").status_code == 200


def test_a_server_that_takes_no_mails_any_more_turns_mailers_away(start, installation):
    file = installation / "smscore.toml"
    sound = file.read_text()
    file.write_text(f'{sound}[smtp]\nport = 0\ndomains = ["sms.example.org"]\n')
    server = start("serve", "--port", "0", "--json")
    host, port = json.loads(server.line())["smtp"].split(":")
    socket.create_connection((host, int(port)), PATIENCE).close()
    file.write_text(sound)

    restart(server)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), PATIENCE)


def test_signals_in_a_row_do_no_harm(start, installation):
    server = start("serve", "--port", "0", "--json")
    url = json.loads(server.line())["url"]
    pause = threading.Event()

    for _ in range(40):
        os.kill(server.pid, signal.SIGUSR2)
        pause.wait(0.02)
        os.kill(server.pid, signal.SIGHUP)
        pause.wait(0.02)

    assert json.loads(server.line())["url"] == url
    assert httpx2.get(f"{url}/health/live", timeout=PATIENCE).is_success
    assert server.stop() == 0


@pytest.mark.parametrize("moment", [0, 0.4, 0.9])
def test_a_server_that_begins_anew_can_be_stopped_at_any_moment(start, installation, moment):
    server = start("serve", "--port", "0", "--json")
    server.line()
    os.kill(server.pid, signal.SIGUSR2)
    threading.Event().wait(moment)  # seconds: it ends, is executed, begins

    assert server.stop() == 0


def test_what_connects_to_a_socket_of_systemd_before_the_server_runs_is_served(installation):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), PATIENCE)
        client.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

        with activated(listener) as server:
            with client:
                assert client.recv(65_536).startswith(b"HTTP/1.1 200")
            server.terminate()
            assert server.wait(PATIENCE) == 0

        # Between two servers nobody is turned away.
        socket.create_connection(listener.getsockname(), PATIENCE).close()


@contextmanager
def activated(listener: socket.socket, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    descriptor = listener.fileno()
    with subprocess.Popen(
        [sys.executable, "-c", ACTIVATED, str(descriptor), "serve", "--json", *arguments],
        pass_fds=[descriptor],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def test_a_unix_socket_of_systemd_is_served(installation):
    path = str(installation / "http.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        with activated(listener) as server:
            assert server.stdout is not None
            assert json.loads(server.stdout.readline())["url"] == f"unix:{path}"
            with httpx2.Client(transport=httpx2.HTTPTransport(uds=path)) as client:
                assert client.get("http://x/health/live", timeout=PATIENCE).is_success


def test_a_server_started_by_the_tool_of_systemd_answers_where_that_listens(installation):
    tool = shutil.which("systemd-socket-activate")
    if tool is None:
        pytest.skip("systemd-socket-activate is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-P", "-m", "smscore_server", "serve", "--json"]
    with subprocess.Popen(
        [tool, f"--listen=127.0.0.1:{port}", "--fdname=http", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        server.stderr.readline()  # it listens

        assert httpx2.get(f"http://127.0.0.1:{port}/health/live", timeout=PATIENCE).is_success

        server.terminate()
        server.communicate(timeout=PATIENCE)
        assert server.returncode == 0


def test_what_is_no_listening_socket_is_refused_on_one_line(installation):
    with socket.socket() as deaf, activated(deaf) as server:
        assert server.wait(PATIENCE) == 1


def test_servers_that_share_a_socket_and_a_postgresql_are_renewed_one_by_one(
    installation, channel, command, postgres
):
    file = installation / "smscore.toml"
    file.write_text(file.read_text().replace("[store]", f'[store]\nurl = "{postgres.new_store()}"'))
    bearer = a_bearer(command)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener, ExitStack() as ends:
        host, port = listener.getsockname()
        load = Load(f"http://{host}:{port}", bearer)
        servers = [ends.enter_context(activated(listener, "--role", "api")) for _ in range(2)]
        for server in servers:
            assert server.stdout.readline()

        with load.going_on([0.001] * 4 + [0.5, 1.5]):
            for server in servers:
                load.await_accepted(50)
                server.send_signal(signal.SIGUSR2)
                assert server.stdout.readline()
            # Another process, as systemctl restart has it.
            load.await_accepted(50)
            servers[0].terminate()
            assert servers[0].wait(PATIENCE) == 0
            third = ends.enter_context(activated(listener, "--role", "api"))
            assert third.stdout.readline()
            load.await_accepted(50)

    assert set(load.answers) == {"200"}
    assert stored() == Counter(load.ids)

import json
import re
import signal
import socket
import subprocess
import sys

import httpx2
import pytest
from log_search import search

from smscore import GatewayConfig, build

PATIENCE = 30.0


def url_of(line):
    found = re.search(r"http://\S+", line)
    assert found, line
    return found[0]


def test_a_server_answers_and_ends_in_order(start, installation):
    server = start("serve", "--port", "0")

    url = url_of(server.line())

    assert httpx2.get(f"{url}/health/live").json() == {"status": "ok"}
    assert server.stop() == 0


def test_an_answer_comes_in_one_piece(start, installation):
    address = re.search(r"//(.*):(\d+)", start("serve", "--port", "0").line())

    with socket.create_connection((address[1], int(address[2])), PATIENCE) as client:
        for _ in range(5):
            client.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(65_536).endswith(b'{"status":"ok"}')


def test_a_server_can_say_in_json_where_it_is(start, installation):
    server = start("serve", "--port", "0", "--json")

    assert httpx2.get(json.loads(server.line())["url"] + "/health/live").status_code == 200


def test_a_taken_port_is_said_on_one_line(start, installation):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = start("serve", "--port", str(port))

        with pytest.raises(
            AssertionError, match=rf"^error: port {port} of 127.0.0.1 is taken.*\n$"
        ):
            server.line()

    assert server.wait() == 1


@pytest.mark.parametrize("port", ["-1", "99999"])
def test_a_configured_port_that_cannot_be_is_said_on_one_line(command, installation, port):
    (installation / "smscore.toml").write_text(f"[http]\nport = {port}\n")

    result = command("serve")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("port", ["-1", "65536", "1.5"])
def test_a_port_that_cannot_be_asked_for_is_a_usage_error(command, port):
    assert command("serve", "--port", port).exit_code == 2


def test_a_second_signal_cuts_off_what_is_under_way_without_tracebacks(installation):
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "smscore_server", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        address = re.search(r"//(.*):(\d+)", server.stdout.readline())
        with socket.create_connection((address[1], int(address[2]))) as client:
            client.sendall(
                b"POST /api.php HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n"
            )
            assert client.recv(100).startswith(b"HTTP/1.1 100")

            server.send_signal(signal.SIGINT)
            # Nobody is let in any more: the first signal was heard.
            while not is_refused(address):
                assert server.poll() is None
            server.send_signal(signal.SIGINT)

            assert client.recv(100) == b""
        assert server.wait(PATIENCE) == 0
        log = server.stderr.read().splitlines()
        search(log, of="server")

    assert len(log) == 1
    assert "cut off" in log[0]


def is_refused(address):
    try:
        socket.create_connection((address[1], int(address[2]))).close()
    except (ConnectionRefusedError, ConnectionResetError):  # a listener that closes just now
        return True
    return False


def test_a_second_server_on_the_same_database_is_refused_on_one_line(start, installation):
    start("serve", "--port", "0").line()
    second = start("serve", "--port", "0")

    with pytest.raises(AssertionError, match=r"\Aerror: .*smscore\.db\.lock.*\n\Z"):
        second.line()

    assert second.wait() == 1


def test_a_killed_server_is_no_obstacle_to_the_next(start, installation):
    first = start("serve", "--port", "0")
    first.line()
    first.kill()

    assert "http://" in start("serve", "--port", "0").line()


def test_a_command_beside_the_server_sends_through_it(start, installation, answer):
    simulator = start("simulate", "--modems", "1", "--json")
    port = json.loads(simulator.line())["modems"][0]["port"]
    with (installation / "smscore.toml").open("a") as file:
        file.write(f'[channels.modem-1]\ntransport = "modem"\nport = "{port}"\n')
    answer("account", "create", "shop")
    start("serve", "--port", "0").line()

    message = answer("send", "--account", "shop", "--to", "+491701234567", "hello")["id"]

    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        wakeup = gateway.store.wakeup("topic:events")
        while answer("status", message)["status"] != "delivered":
            assert wakeup.wait(10), answer("explain", message)

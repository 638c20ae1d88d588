import json
import re
import shlex
import shutil
import stat
import subprocess
import threading
from time import monotonic

import httpx2
import pytest

WITHIN = 5.0


@pytest.fixture
def demo(start):
    """Starts the demo and reads what it prints."""

    def demo():
        program = start("demo", "--port", "0", "--dir", "var")
        page = "".join(program.lines_until("simulator.log"))
        return program, page, [line for line in page.splitlines() if line.startswith("curl ")]

    return demo


def paste(line):
    """Run a curl line as a shell would, or do what it says where there is no curl."""
    if shutil.which("curl"):
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
        return done.stdout
    _, _, url, *words = shlex.split(line)
    given = list(zip(words[::2], words[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in given if option == "-H")
    content = next((value for option, value in given if option == "-d"), None)
    fields = dict(value.split("=", 1) for option, value in given if option == "--data-urlencode")
    return httpx2.post(url, headers=headers, content=content, data=fields or None).text


def id_in(answer):
    found = re.search(r"ID: ([0-9a-f]{16})|hash\":\"([0-9a-f]{16})|msg_([0-9a-f]{16})", answer)
    assert found, answer
    return next(filter(None, found.groups()))


def await_delivery(url, key, message):
    """Ask the provider API until the message has arrived."""
    deadline, pause = monotonic() + WITHIN, threading.Event()
    while True:
        answer = httpx2.get(f"{url}/v1/messages/msg_{message}", headers=key).json()
        if answer["status"] == "delivered":
            return answer
        assert monotonic() < deadline, answer
        pause.wait(0.2)  # ten calls a second are allowed


def test_a_message_of_each_curl_line_is_delivered_and_the_same_everywhere(demo, answer, tmp_path):
    _, page, curls = demo()
    url = re.search(r"http://[0-9.:]+", page)[0]
    state = re.search(r"http\S+/state\.php\S+uid=", page)[0]
    credentials = json.loads((tmp_path / "var/demo-credentials.json").read_text())
    key = {"Authorization": f"Bearer {credentials['key']}"}

    assert len(curls) == 3
    messages = [id_in(paste(line)) for line in curls]

    for message, via in zip(messages, ("gateway", "queue", "provider"), strict=True):
        seen = await_delivery(url, key, message)
        assert seen["message_id"] == f"msg_{message}"
        assert httpx2.get(f"{state}{message}").text == "Status : delivered"
        shown = answer("status", message, "--config", "var/smscore.toml")
        assert (shown["id"], shown["status"], shown["via"]) == (message, "delivered", via)
        assert (shown["to"], shown["text"]) == ("+491701234567", seen["message"])
    phones = answer("device", "list", "--config", "var/smscore.toml")
    assert [one["name"] for one in phones] == ["demo phone"]  # it polls and reports under one name


def test_data_and_credentials_are_kept_even_when_the_demo_is_killed(demo, answer, tmp_path):
    first, page, curls = demo()
    message = id_in(paste(curls[1]))
    first.kill()

    second, again, _ = demo()

    assert re.sub(r":\d+", "", again) == re.sub(r":\d+", "", page)
    assert answer("status", message, "--config", "var/smscore.toml")["id"] == message
    assert second.stop() == 0
    left = {path.name for path in (tmp_path / "var").iterdir()}
    assert not [name for name in left if name.startswith("modem")]


def test_credentials_and_logs_are_for_the_owners_eyes_only(demo, tmp_path):
    demo()

    for name in ("demo-credentials.json", "server.log", "simulator.log"):
        assert stat.S_IMODE((tmp_path / "var" / name).stat().st_mode) == 0o600, name


def test_lost_credentials_are_made_anew(demo, tmp_path):
    first, _, _ = demo()
    first.stop()
    (tmp_path / "var/demo-credentials.json").unlink()

    _, _, curls = demo()

    assert paste(curls[0]).startswith("OK\n")


def test_credentials_outlive_a_lost_database(demo, tmp_path):
    first, _, _ = demo()
    first.stop()
    (tmp_path / "var/smscore.db").unlink()

    _, _, curls = demo()

    assert paste(curls[0]).startswith("OK\n")
    assert '"success":true' in paste(curls[2])


def test_a_second_demo_in_the_same_directory_is_refused_on_one_line(demo, start):
    demo()
    second = start("demo", "--port", "0", "--dir", "var")

    with pytest.raises(AssertionError, match=r"\Aerror: a demo runs in var already.*\n\Z"):
        second.line()

    assert second.wait() == 1


def test_a_moved_directory_is_said_on_one_line(demo, start, tmp_path):
    first, _, _ = demo()
    first.stop()
    (tmp_path / "var").rename(tmp_path / "elsewhere")

    moved = start("demo", "--port", "0", "--dir", "elsewhere")

    with pytest.raises(AssertionError, match=r"\Aerror: .*remove the file.*\n\Z"):
        moved.line()


def test_the_demo_can_tell_a_program_what_it_needs(start):
    program = start("demo", "--port", "0", "--json")

    told = json.loads(program.line())

    assert list(told) == [
        "url",
        "config",
        "username",
        "password",
        "key",
        "token",
        "account",
        "curl",
    ]
    assert list(told["curl"]) == ["gateway", "queue", "provider"]

"""
What rules call for messages that arrive, from a modem to a receiver.
"""

import json
import subprocess
import sys
import threading

import pytest
from endpoints import Endpoint
from receivers import Receiver

from smscore import GatewayConfig, build
from smscore_modem.simulator import ModemSimulator

PATIENCE = 30.0
SENDER, TEXT = "+919845346160", "Grüße & 3 < 4 €"
RULES = """
[[inbound]]
name = "monitoring"
message_regex = "^DISK "
stop = true
destinations = [{{ kind = "http", url = "{url}/in?key=hush-word&n=$NUMBER$&t=$TXT$&by=$MODEM$" }}]

[[inbound]]
name = "everything else"
destinations = [
  {{ kind = "isms_push", url = "{url}/cgi-bin/sms", username = "horst", password = "push-word" }},
]
"""

# A process that keeps a message with what a rule says, and dies before anything is called.
DIES_BEFORE_THE_CALL = """
import os, signal
from smscore import GatewayConfig, build
from smscore.testing import a_part

gateway = build(GatewayConfig.from_toml("smscore.toml"))
part = a_part(channel="stick", sender="+919845346160", user_data="late".encode("utf-16-be"))
gateway.reception.received(part)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def receiver(tmp_path):
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.close()


@pytest.fixture
def hesitating():
    """An endpoint that takes the first form and does not answer; it accepts the others."""
    first, done = threading.Event(), threading.Event()

    def behave(connection):
        if first.is_set():
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nACCEPTED")
            done.set()
            return True
        first.set()
        return connection.recv(1) != b""  # until whoever called is gone

    endpoint = Endpoint(behave)
    yield endpoint, first, done
    endpoint.close()


@pytest.fixture
def modems(tmp_path):
    directory = tmp_path / "modems"
    directory.mkdir()
    with ModemSimulator(modems=1, link_dir=directory) as simulator:
        yield simulator


@pytest.fixture
def rules(installation, command):
    def rules(url):
        (installation / "rules.toml").write_text(RULES.format(url=url))
        assert command("rules", "apply", "rules.toml").exit_code == 0

    return rules


@pytest.fixture
def serving(start, installation, modems):
    """Starts a server with a modem."""
    with (installation / "smscore.toml").open("a") as file:
        file.write(f'[channels.stick]\ntransport = "modem"\nport = "{modems.ports[0]}"\n')

    def serving():
        server = start("serve", "--verbose", "--port", "0", "--json")
        json.loads(server.line())
        return server

    return serving


def test_a_message_is_pushed_to_a_program_that_accepts_it(serving, rules, modems, receiver):
    rules(receiver.url)
    server = serving()

    modems.inject_sms(sender=SENDER, text=TEXT)
    modems.inject_sms(sender=SENDER, text="DISK full & more")
    receiver.wait(lambda: len(receiver.statuses) == 2)

    (read,) = receiver.received
    assert (read["username"], read["password"]) == ("horst", "push-word")
    assert (read["SenderNumber"], read["Message"]) == (SENDER, TEXT)
    assert read["ModemNumber"] == "stick"
    assert receiver.asked == [
        {"key": "hush-word", "n": SENDER, "t": "DISK full & more", "by": "stick"}
    ]
    log = server.end()
    assert "hush-word" not in log
    assert "push-word" not in log


def test_a_story_tells_what_came_back_and_shows_no_secret(
    serving, rules, modems, receiver, command, answer, installation
):
    rules(receiver.url)
    receiver.answer = "NOT ACCEPTED"
    serving()
    modems.inject_sms(sender=SENDER, text=TEXT)
    receiver.wait(lambda: len(receiver.statuses) == 1)
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        wakeup = gateway.store.wakeup("topic:webhooks")
        (arrived,) = gateway.inquiry.inbound()
        while gateway.pushes.of(arrived.id)[0].posting.due_at is not None:
            wakeup.wait(0.05)

    told = answer("explain", f"in_{arrived.id:016x}")
    shown = command("explain", f"in_{arrived.id:016x}").output

    (push,) = told["pushes"]
    (attempt,) = push.pop("attempts")
    assert (push["kind"], push["host"], push["state"]) == ("isms_push", receiver.url, "dead")
    assert (attempt["status"], attempt["answer"]) == (200, "NOT ACCEPTED")
    assert f"isms_push to {receiver.url} is given up after 1 attempt: the receiver" in shown
    assert '200 "NOT ACCEPTED", the receiver answered NOT ACCEPTED' in shown
    assert f"rule everything else calls isms_push {receiver.url}" in shown
    for secret in ("horst", "push-word", "hush-word"):
        assert secret not in shown + json.dumps(told)


def test_what_was_kept_before_a_death_is_pushed_after_it(serving, rules, receiver):
    rules(receiver.url)
    died = subprocess.run([sys.executable, "-c", DIES_BEFORE_THE_CALL], check=False)
    assert (died.returncode, receiver.statuses) == (-9, [])

    serving()
    receiver.wait(lambda: len(receiver.statuses) == 1)

    assert [one["Message"] for one in receiver.received] == ["late"]


def test_what_had_no_answer_before_a_death_is_pushed_once_more(serving, rules, modems, hesitating):
    endpoint, first, done = hesitating
    rules(endpoint.url("").rstrip("/"))
    server = serving()
    modems.inject_sms(sender=SENDER, text=TEXT)
    assert first.wait(PATIENCE)
    server.kill()

    serving()
    assert done.wait(PATIENCE)

    before, after = endpoint.requests
    assert before == after  # the same bytes, under the same id
    assert b"\r\nIdempotency-Key: push_" in before

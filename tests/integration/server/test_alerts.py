"""
Alerts of a running server: by signed calls and by mail, over restarts, and while its store is gone.
"""

import json
import queue
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from endpoints import OK, Endpoint

from smscore_email.testing import FakeRelay
from smscore_webhook._signature import standard_signature

PATIENCE = 60.0
A_MODEM = '[channels.modem-1]\ntransport = "modem"\nport = "/dev/there-is-no-such"\n'
AT_ONCE = "hold = 0\nsettle = 0\npause = 0\nstore_failing = 0\n"


class Operator(Endpoint):
    """Somebody who is called; what was said can be waited for."""

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(lambda _: True, port=port)
        self._heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def answer(self, connection: socket.socket, request: bytes) -> bool | None:
        connection.sendall(OK)
        self._heard.put(request)
        return True

    def request(self) -> bytes:
        return self._heard.get(timeout=PATIENCE)

    def hear(self) -> list[tuple[str, str, str]]:
        """The next call's news: state, kind and subject of each."""
        body = self.request().partition(b"\r\n\r\n")[2]
        return [(one["state"], one["kind"], one["subject"]) for one in json.loads(body)["alerts"]]

    @property
    def has_heard_all(self) -> bool:
        return self._heard.empty()


@pytest.fixture
def operator() -> Iterator[Operator]:
    operator = Operator()
    yield operator
    operator.close()


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with FakeRelay() as relay:
        yield relay


@pytest.fixture
def configure(installation: Path) -> Callable[[str], None]:
    def configure(tables: str) -> None:
        file = installation / "smscore.toml"
        file.write_text(file.read_text().replace("[alerts]\n", "") + f"\n{tables}\n")

    return configure


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def called(operator: Operator) -> str:
    return f'[alerts.receivers.ops]\nurl = "{operator.url()}"\n'


def mailed(relay: FakeRelay) -> str:
    options = "\n".join(f"{key} = {json.dumps(value)}" for key, value in relay.table.items())
    return f'[alerts.receivers.boss]\nto = "boss@example.org"\n\n[channels.mail]\n{options}\n'


def serve(start: Callable[..., Any]) -> Any:
    server = start("serve", "--port", "0", "--json")
    server.line()
    return server


def test_what_is_wrong_is_told_once_by_call_and_by_mail_and_so_is_its_end(
    configure: Callable[[str], None],
    answer: Callable[..., Any],
    command: Callable[..., Any],
    start: Callable[..., Any],
    operator: Operator,
    relay: FakeRelay,
) -> None:
    configure(f"[alerts]\nlow_credit = 100\n{AT_ONCE}\n{called(operator)}\n{mailed(relay)}")
    answer("account", "create", "shop", "--credits", "40")
    server = serve(start)

    assert operator.hear() == [("raised", "low_credit", "shop")]
    assert relay.wait_for(lambda: relay.mails, timeout=PATIENCE)
    (mail,) = relay.mails
    assert mail.recipients == ("boss@example.org",)
    assert mail.message["Subject"] == "smscore: account shop has little credit"
    assert "shop has 40 credits left" in mail.text
    server.stop()

    server = serve(start)
    (raised,) = answer("alerts", "list")
    assert (raised["kind"], raised["subject"], raised["detail"]) == (
        "low_credit",
        "shop",
        "shop has 40 credits left",
    )
    assert sorted(raised["heard_by"]) == ["boss", "ops"]
    assert "shop has 40 credits left" in command("check").stdout
    answer("account", "credit", "shop", "500", "--why", "invoice 117")

    assert operator.hear() == [("cleared", "low_credit", "shop")]
    assert relay.wait_for(lambda: len(relay.mails) == 2, timeout=PATIENCE)
    assert relay.mails[1].message["Subject"] == "smscore: over: account shop has little credit"
    server.stop()
    assert operator.has_heard_all
    assert answer("alerts", "list") == []


def test_a_store_that_is_gone_is_told_although_it_is_gone(
    configure: Callable[[str], None],
    installation: Path,
    start: Callable[..., Any],
    operator: Operator,
) -> None:
    configure(f"[alerts]\n{AT_ONCE}\n{called(operator)}")
    serve(start)
    database, elsewhere = installation / "smscore.db", installation / "elsewhere.db"
    database.rename(elsewhere)

    assert operator.hear() == [("raised", "store_failing", "")]
    elsewhere.rename(database)
    assert operator.hear() == [("cleared", "store_failing", "")]


def test_a_receiver_that_comes_later_hears_what_is_still_so(
    configure: Callable[[str], None], answer: Callable[..., Any], start: Callable[..., Any]
) -> None:
    port = a_free_port()
    configure(
        f"[alerts]\n{AT_ONCE}channel_down = 0\n"
        f'[alerts.receivers.ops]\nurl = "http://127.0.0.1:{port}/hook"\n\n'
        f"{A_MODEM}"
    )
    server = serve(start)
    deadline = time.monotonic() + PATIENCE
    while not (found := answer("alerts", "list")):
        assert time.monotonic() < deadline
    assert [(one["kind"], one["heard_by"]) for one in found] == [("channel_down", [])]

    operator = Operator(port=port)
    try:
        assert operator.hear() == [("raised", "channel_down", "modem-1")]
    finally:
        operator.close()
    assert server.end().count("alerts cannot be told to ops") == 1


def test_a_trial_is_signed(
    configure: Callable[[str], None],
    answer: Callable[..., Any],
    command: Callable[..., Any],
    operator: Operator,
    relay: FakeRelay,
) -> None:
    configure(f"{called(operator)}\n{mailed(relay)}")
    secret = answer("alerts", "secret", "ops")["secret"]

    assert answer("alerts", "test", "ops") == {"receiver": "ops", "taken": True, "error": None}
    assert command("alerts", "test", "boss").stdout == "boss has taken it\n"

    head, _, body = operator.request().partition(b"\r\n\r\n")
    headers = dict(re.findall(r"(?m)^([a-z-]+): (.+?)\r?$", head.decode()))
    assert headers["webhook-signature"] == standard_signature(
        body,
        event_id=headers["webhook-id"],
        seconds=int(headers["webhook-timestamp"]),
        secret=secret,
    )
    assert json.loads(body)["trial"] is True
    assert relay.mails[0].message["Subject"] == "smscore: a trial"


def test_a_trial_that_fails_says_why(
    configure: Callable[[str], None], command: Callable[..., Any]
) -> None:
    configure(f'[alerts.receivers.ops]\nurl = "http://127.0.0.1:{a_free_port()}/"\n')

    result = command("alerts", "test", "ops")
    assert result.exit_code == 1
    assert "ops has not taken it: not reached: Connection refused" in result.stderr
    unknown = command("alerts", "test", "cfo")
    assert "there is no receiver 'cfo' in [alerts.receivers]; known: ops" in unknown.stderr


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ('[alerts.receivers.ops]\nto = "a@example.org"', "name a channel of e-mail"),
        (
            f'{A_MODEM}[alerts.receivers.ops]\nto = "a@example.org"\nchannel = "modem-1"',
            "takes no mail",
        ),
        ("[alerts.receivers.ops]", "either url or to"),
        ('[alerts.receivers.ops]\nurl = "ftp://x"', "such as https://host/path"),
    ],
)
def test_a_receiver_that_cannot_be_told_is_named_before_anything_runs(
    configure: Callable[[str], None],
    command: Callable[..., Any],
    start: Callable[..., Any],
    tables: str,
    complaint: str,
) -> None:
    configure(tables)

    assert complaint in command("check", "--wait", "0").stdout
    server = start("serve", "--port", "0")
    assert server.wait() == 1
    assert complaint in server.end()

"""
The happy path with a Bot API that others wrote.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from smscore.domain.numbers import PhoneNumber
from smscore.ports.transport import Transport
from smscore.testing import RecordingJournal, RecordingSink, a_job
from smscore_telegram import TelegramOptions, make_channel

HERE = Path(__file__).parent
TOKEN = "100000:not-a-secret"
ADA = {"id": 7, "first_name": "Ada", "is_bot": False}
CHAT = {"id": 7, "first_name": "Ada", "type": "private"}

pytestmark = pytest.mark.peers


class Emulator:
    """Plays one person by the emulator's own interface."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._received: list[dict[str, Any]] = []

    def sends(self, **content: Any) -> None:
        message = {"botToken": TOKEN, "from": ADA, "chat": CHAT, "date": 1_780_000_000, **content}
        httpx2.post(f"{self.url}/sendMessage", json=message).raise_for_status()

    @property
    def received(self) -> list[str]:
        wish = {"token": TOKEN, "chatId": ADA["id"]}
        answer = httpx2.post(f"{self.url}/getUpdates", json=wish).json()
        self._received += [one["message"] for one in answer["result"]]
        return [message["text"] for message in self._received]


@pytest.fixture
def emulator(peers_directory: Path, watch) -> Emulator:
    modules = peers_directory / "node_modules"
    if shutil.which("node") is None or not (modules / "telegram-test-api").exists():
        pytest.skip("telegram-test-api is not installed; 'make test-peers' does it")
    program = watch("env", f"NODE_PATH={modules}", "node", str(HERE / "serve_telegram.js"))
    found = re.search(r"port (\d+)", program.wait_for(r"port \d+\n"))
    assert found
    return Emulator(f"http://127.0.0.1:{found[1]}")


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def channel(emulator: Emulator, sink: RecordingSink) -> Iterator[Transport]:
    options = TelegramOptions(token=TOKEN, base_url=emulator.url, reconnect_delay=0.05)
    channel = make_channel("telegram", options)
    channel.open(sink, RecordingJournal())
    yield channel
    channel.close()


def test_a_person_links_writes_gets_messages_and_leaves(channel, emulator, sink):
    emulator.sends(text="/start")
    emulator.sends(contact={"phone_number": "491701234567", "first_name": "Ada", "user_id": 7})
    assert sink.wait_for(lambda: "7" in sink.links)
    assert sink.links["7"].number == PhoneNumber("+491701234567")

    job = a_job("one", "zwölf 👩\u200d👩\u200d👧", address="7")
    assert len(set(channel.send(job).references)) == 2
    assert emulator.received[2:] == ["one", "zwölf 👩\u200d👩\u200d👧"]

    emulator.sends(text="hello")
    assert sink.wait_for(lambda: len(sink.parts) == 1)
    assert sink.parts[0].user_data.decode("utf-16-be") == "hello"

    emulator.sends(text="/stop")
    assert sink.wait_for(lambda: not sink.links)
    assert channel.health().detail == "@TestNameBot"

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from smscore.domain.numbers import PhoneNumber
from smscore.ports.transport import SendJob
from smscore.testing import a_job
from smscore.testing.fakes import ManualClock, RecordingJournal, RecordingSink
from smscore_telegram import TelegramOptions
from smscore_telegram._channel import TelegramChannel
from smscore_telegram.testing import FakeTelegram, Person

# The tests are no package.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as telegram:
        yield telegram


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def journal() -> RecordingJournal:
    return RecordingJournal()


@pytest.fixture
def open_channel(
    telegram: FakeTelegram, sink: RecordingSink, journal: RecordingJournal
) -> Iterator[Callable[..., TelegramChannel]]:
    """Opens a channel of the bot, with whatever options a test cares about."""
    opened: list[TelegramChannel] = []

    def open_it(**options: Any) -> TelegramChannel:
        options = {"base_url": telegram.url, "reconnect_delay": 0.02, **options}
        if "token_file" not in options:
            options.setdefault("token", telegram.token)
        clock, address = options.pop("clock", None), options.pop("address", None)
        channel = TelegramChannel("telegram", TelegramOptions(**options), clock=clock)
        opened.append(channel)
        if address is not None:
            channel.reachable_at(address)
        channel.open(sink, journal)
        return channel

    yield open_it
    for channel in opened:
        channel.close()


@pytest.fixture
def channel(
    telegram: FakeTelegram, open_channel: Callable[..., TelegramChannel]
) -> TelegramChannel:
    """One that is ready, and waits for updates."""
    channel = open_channel(timeout=5.0)
    assert telegram.wait_for(lambda: telegram.asked("getUpdates"))
    return channel


@pytest.fixture
def ada(telegram: FakeTelegram, channel: TelegramChannel, sink: RecordingSink) -> Person:
    """Somebody who is linked."""
    ada = telegram.person("Ada")
    ada.links()
    assert sink.wait_for(lambda: ada.address in sink.links)
    assert telegram.wait_for(lambda: len(ada.received) == 2)
    return ada


@pytest.fixture
def bob(telegram: FakeTelegram) -> Person:
    """Somebody who has met the bot long ago."""
    bob = telegram.person("Bob")
    bob.has_met_bot = True
    return bob


@pytest.fixture
def job() -> Callable[..., SendJob]:
    """Makes a message to somebody."""

    def job(person: Person, *parts: str, **changes: Any) -> SendJob:
        changes = {"address": person.address, **changes}
        return a_job(*parts, recipient=PhoneNumber(person.number), **changes)

    return job


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def in_background() -> Iterator[Callable[[Callable[[], Any]], Future[Any]]]:
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield executor.submit

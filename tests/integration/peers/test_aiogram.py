"""
What we ask of the Bot API, and what our stand-in answers, judged by the classes of aiogram.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from smscore.domain.numbers import PhoneNumber
from smscore.testing import RecordingJournal, RecordingSink, a_job
from smscore_telegram import TelegramOptions, make_channel
from smscore_telegram.testing import FakeTelegram

HERE = Path(__file__).parent

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def judge(peer_python: str, peer: type) -> Iterator:
    """Says what is wrong with a request or an object; see ``judge_requests.py``."""
    judge = peer(peer_python, str(HERE / "judge_requests.py"))
    yield lambda name, content: judge.ask([name, content])
    judge.end()


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as telegram:
        yield telegram


def use_everything(telegram: FakeTelegram) -> None:
    """Have a channel send every request that it ever sends."""
    sink, ada = RecordingSink(), telegram.person("Ada")
    for webhook in (False, True):
        options = TelegramOptions(token=telegram.token, base_url=telegram.url, webhook=webhook)
        channel = make_channel("telegram", options)
        channel.reachable_at("https://gateway.example/hooks/telegram")
        channel.open(sink, RecordingJournal())
        if not webhook:
            ada.links()
            ada.stops()
            ada.writes("hello")
            assert sink.wait_for(lambda: len(sink.parts) == 1)
        job = a_job("one", "two", recipient=PhoneNumber(ada.number), address=ada.address)
        channel.send(job)
        channel.operate("chat", {"address": ada.address})
        channel.close()


def test_every_request_is_one_that_the_bot_api_has(judge, telegram):
    use_everything(telegram)

    assert {request.method for request in telegram.requests} == {
        "deleteWebhook",
        "getChat",
        "getMe",
        "getUpdates",
        "sendMessage",
        "setWebhook",
    }
    faults = [judge(request.method, dict(request.parameters)) for request in telegram.requests]
    assert not list(filter(None, faults))


def test_whatever_people_do_with_the_stand_in_is_an_update(judge, telegram):
    ada, bob = telegram.person("Ada"), telegram.person("Bob", number="+491701111111")
    ada.links()
    ada.shares_contact(of=bob)
    ada.blocks()
    ada.opens_bot()

    updates = [json.loads(body) for body in telegram.take_updates()]

    assert len(updates) == 6
    assert not list(filter(None, (judge("Update", update) for update in updates)))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sendMessage", {"chat_id": "1", "text": "x", "reply_markup": {"keybord": []}}),
        ("sendMessage", {"chat_id": "1", "text": "x", "parse_modus": "HTML"}),
        ("sendMessage", {"chat_id": "1"}),
        ("getUpdates", {"offset": "7"}),
    ],
)
def test_the_judge_is_strict(judge, name, content):
    assert judge(name, content)

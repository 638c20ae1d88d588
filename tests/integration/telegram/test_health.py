import time

import pytest

from smscore.errors import InvalidRequest, NotFound, NotReady, PermanentFailure, TransportError
from smscore_telegram.testing import FakeTelegram, Held, Refused


@pytest.fixture
def becomes(telegram):
    """Waits until the health of a channel is like this."""

    def becomes(channel, condition, *, within=10.0):
        deadline = time.monotonic() + within
        while not condition(channel.health()):
            assert time.monotonic() < deadline, channel.health()
            telegram.wait_for(lambda: False, timeout=0.01)
        return channel.health()

    return becomes


def test_a_bot_that_answers_is_ready_and_says_its_name(channel):
    health = channel.health()

    assert health.is_ready
    assert health.detail == "@test_bot"
    assert health.facts["bot"] == "@test_bot"


def test_a_channel_that_was_not_opened_is_not_ready(telegram):
    from smscore_telegram import TelegramOptions, make_channel

    assert not make_channel("t", TelegramOptions(token="1:a")).health().is_ready


def test_a_wrong_token_needs_a_person(open_channel, becomes):
    channel = open_channel(token="7:wrong")

    health = becomes(channel, lambda health: health.is_alarming)

    assert not health.is_ready
    assert "no bot with this token (401 Unauthorized)" in health.detail
    assert "@BotFather" in health.facts["remedy"]


def test_a_token_that_is_revoked_needs_a_person(channel, ada, job, becomes, telegram):
    telegram.script(Refused(code=401, description="Unauthorized"))

    with pytest.raises(NotReady):
        channel.send(job(ada, "hello"))

    assert channel.health().is_alarming
    assert not channel.health().is_ready


def test_a_token_in_a_file_may_be_replaced_while_it_runs(open_channel, becomes, telegram, tmp_path):
    file = tmp_path / "token"
    file.write_text("7:wrong\n")
    channel = open_channel(token_file=str(file))
    becomes(channel, lambda health: health.is_alarming)

    file.write_text(f"{telegram.token}\n")

    becomes(channel, lambda health: health.is_ready and not health.is_alarming)


def test_a_token_file_that_is_missing_needs_a_person(open_channel, becomes, tmp_path):
    channel = open_channel(token_file=str(tmp_path / "none"))

    health = becomes(channel, lambda health: health.is_alarming)

    assert "cannot be read: No such file or directory" in health.detail


def test_another_program_that_fetches_updates_needs_a_person_but_stops_nothing(
    channel, ada, job, becomes, telegram
):
    conflict = Refused(code=409, description="Conflict: terminated by other getUpdates request")
    telegram.script(conflict, *[conflict] * 20, method="getUpdates")
    ada.writes("wake up")

    health = becomes(channel, lambda health: health.is_alarming)

    assert health.is_ready
    assert "something else fetches" in health.detail
    assert channel.send(job(ada, "hello")).references


def test_a_bot_is_ready_at_once_and_for_certain_when_updates_were_answered(
    channel, becomes, telegram
):
    becomes(channel, lambda health: health.is_ready and health.is_tentative)

    telegram.person().writes("hello")

    becomes(channel, lambda health: health.is_ready and not health.is_tentative)


def test_another_program_that_fetches_updates_is_told_of_until_one_request_went_well(
    channel, becomes, telegram
):
    held = Held()
    telegram.script(Refused(code=409, description="Conflict"), held, method="getUpdates")
    telegram.person().writes("wake up")
    assert telegram.wait_for(lambda: len(telegram.asked("getUpdates")) == 3)

    assert channel.health().is_alarming

    held.release()
    becomes(channel, lambda health: not health.is_alarming)


def test_two_channels_of_one_bot_are_found_out(open_channel, telegram, becomes):
    first, _ = open_channel(), open_channel()

    becomes(first, lambda health: health.is_alarming)


def test_a_host_that_cannot_be_reached_is_waited_for(open_channel, becomes):
    with FakeTelegram() as gone:
        pass
    channel = open_channel(base_url=gone.url)

    health = becomes(channel, lambda health: "cannot be reached" in health.detail)

    assert not health.is_ready
    assert not health.is_alarming


def test_bad_answers_are_survived(open_channel, becomes, telegram):
    telegram.script(
        Refused(code=200, body=b"<html>log in to this network</html>"),
        Refused(code=200, body=b'{"ok":true,"result":"no bot"}'),
        Refused(code=500),
        Refused(code=429, retry_after=0),
        method="getMe",
    )
    telegram.script(Refused(code=502, body=b""), method="getUpdates")

    becomes(open_channel(), lambda health: health.is_ready)


def test_a_host_that_does_not_wait_for_updates_is_not_asked_without_end(open_channel, telegram):
    at_once = Refused(code=200, body=b'{"ok":true,"result":[]}')
    telegram.script(at_once, at_once, at_once, method="getUpdates")
    began = time.monotonic()

    open_channel(reconnect_delay=0.1)

    assert telegram.wait_for(lambda: len(telegram.asked("getUpdates")) == 4)
    assert time.monotonic() - began >= 0.3


def test_closing_takes_no_time_although_a_request_for_updates_is_under_way(channel):
    began = time.monotonic()

    channel.close()

    assert time.monotonic() - began < 1.0
    assert not channel.health().is_ready


def test_a_webhook_of_before_is_taken_away_and_what_waited_for_it_is_fetched(
    open_channel, telegram, sink
):
    before = open_channel(webhook=True, address="https://old.example/hooks/bot")
    assert telegram.wait_for(lambda: telegram.webhook is not None)
    before.close()
    telegram.person().writes("hello")

    open_channel()

    assert sink.wait_for(lambda: len(sink.parts) == 1)
    assert telegram.webhook is None


def test_a_webhook_without_an_address_needs_a_person(open_channel, becomes, telegram):
    health = becomes(open_channel(webhook=True), lambda health: health.is_alarming)

    assert not health.is_ready
    assert "[http] public_url" in health.detail
    assert telegram.webhook is None


def test_an_operator_can_ask_what_telegram_knows_of_a_chat(channel, ada):
    answer = channel.operate("chat", {"address": ada.address})

    assert answer == {"type": "private", "name": "Ada", "username": ""}


def test_a_chat_that_telegram_does_not_know_is_said_to_be_unknown(channel):
    with pytest.raises(PermanentFailure, match="chat not found"):
        channel.operate("chat", {"address": "4711"})


def test_operations_that_a_bot_does_not_have_are_refused(channel):
    with pytest.raises(NotFound):
        channel.operate("reset", {})
    with pytest.raises(InvalidRequest):
        channel.operate("chat", {})


def test_a_closed_channel_cannot_be_asked(channel, ada):
    channel.close()

    with pytest.raises(TransportError):
        channel.operate("chat", {"address": ada.address})

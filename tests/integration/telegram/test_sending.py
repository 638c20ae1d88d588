import json
import urllib.error
import urllib.request

import pytest

from smscore.errors import (
    Indeterminate,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
)
from smscore.testing.builders import a_link
from smscore.testing.fakes import NOON
from smscore_telegram.testing import Dropped, FakeTelegram, Held, Refused


def marks(journal):
    return [(mark, part) for mark, _, part, _ in journal.marks]


def test_a_text_arrives_exactly_as_it_was_given(channel, ada, job, telegram):
    text = "*no* _markup_ <b>here</b> [x](https://example.org) 👩\u200d👩\u200d👧\n\n…"

    channel.send(job(ada, text))

    assert ada.received[-1] == text
    sent = telegram.asked("sendMessage")[-1]
    assert sent == {
        "chat_id": ada.address,
        "text": text,
        "link_preview_options": {"is_disabled": True},
    }


def test_the_reference_of_a_part_is_the_id_of_its_message(channel, ada, job, telegram):
    receipt = channel.send(job(ada, "one", "two"))

    assert receipt.references == tuple(str(sent.message_id) for sent in telegram.sent[-2:])


def test_parts_that_telegram_has_already_are_not_sent_again(channel, ada, job):
    channel.send(job(ada, "one", "two", "three", accepted=(1, 2)))

    assert ada.received[2:] == ["three"]


def test_whoever_blocks_the_bot_is_refused_for_good_and_unlinked(
    channel, ada, job, sink, journal, telegram
):
    telegram.script(Refused(code=403, description="Forbidden: bot was blocked by the user"))

    with pytest.raises(PermanentFailure) as failure:
        channel.send(job(ada, "hello"))

    assert failure.value.cause == "403 Forbidden: bot was blocked by the user"
    assert not sink.links
    assert marks(journal) == [("submitting", 1), ("refused", 1)]


def test_a_chat_that_is_not_found_is_refused_for_good_and_unlinked(
    channel, ada, job, sink, telegram
):
    telegram.script(Refused(code=400, description="Bad Request: chat not found"))

    with pytest.raises(PermanentFailure):
        channel.send(job(ada, "hello"))

    assert not sink.links


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(Refused(code=400, description="Bad Request: whatever"), id="400"),
        pytest.param(Refused(code=500, description="Internal Server Error"), id="500"),
        pytest.param(Refused(code=503, body=b""), id="503 without a word"),
    ],
)
def test_other_refusals_are_temporary_and_unlink_nobody(
    channel, ada, job, sink, journal, telegram, refused
):
    telegram.script(refused)

    with pytest.raises(TemporaryFailure):
        channel.send(job(ada, "hello"))

    assert ada.address in sink.links
    assert marks(journal) == [("submitting", 1), ("refused", 1)]
    assert channel.send(job(ada, "again")).references


def test_a_403_that_is_not_telegrams_unlinks_nobody(channel, ada, job, sink, telegram):
    telegram.script(Refused(code=403, body=b"<html>The company's proxy says no</html>"))

    with pytest.raises(Indeterminate):
        channel.send(job(ada, "hello"))

    assert ada.address in sink.links


def test_too_fast_a_channel_is_not_ready_for_as_long_as_telegram_says(
    open_channel, bob, job, journal, telegram, clock
):
    channel = open_channel(clock=clock)
    telegram.script(Refused(code=429, description="Too Many Requests", retry_after=35))

    with pytest.raises(NotReady):
        channel.send(job(bob, "hello"))

    assert marks(journal)[-1] == ("refused", 1)
    clock.move(seconds=34)
    assert not channel.health().is_ready
    with pytest.raises(NotReady):
        channel.send(job(bob, "hello"))
    clock.move(seconds=1)
    assert channel.health().is_ready
    assert channel.send(job(bob, "hello")).references


@pytest.mark.parametrize("is_done", [True, False])
def test_a_connection_that_is_lost_after_the_request_leaves_the_part_in_doubt(
    channel, ada, job, sink, journal, telegram, is_done
):
    telegram.script(Dropped(is_done=is_done))

    with pytest.raises(Indeterminate):
        channel.send(job(ada, "hello"))

    assert marks(journal) == [("submitting", 1)]
    assert ada.address in sink.links


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(Refused(code=502, body=b"<html>Bad Gateway</html>"), id="lost the answer"),
        pytest.param(Refused(code=502, description="Bad Gateway"), id="at Telegram's own door"),
        pytest.param(Refused(code=504, body=b"<html>Gateway Time-out</html>"), id="gave up"),
    ],
)
def test_a_gateway_in_between_that_heard_no_answer_leaves_the_part_in_doubt(
    channel, ada, job, journal, telegram, refused
):
    telegram.script(refused)

    with pytest.raises(Indeterminate):
        channel.send(job(ada, "hello"))

    assert marks(journal) == [("submitting", 1)]


def test_a_late_success_is_told_to_the_journal(open_channel, bob, job, journal, telegram):
    channel, held = open_channel(timeout=1.0), Held()
    telegram.script(held)

    with pytest.raises(Indeterminate):
        channel.send(job(bob, "hello"))
    assert marks(journal) == [("submitting", 1)]
    held.release()

    assert journal.wait_for(lambda: marks(journal) == [("submitting", 1), ("accepted", 1)])
    assert journal.marks[-1][3] == str(telegram.sent[-1].message_id)


def test_a_late_refusal_leaves_the_doubt_and_unlinks_whoever_is_gone(
    open_channel, bob, job, sink, journal, telegram
):
    channel, held = open_channel(timeout=1.0), Held()
    sink.linked(a_link(address=bob.address))
    telegram.script(held)
    with pytest.raises(Indeterminate):
        channel.send(job(bob, "hello"))

    bob.deletes_account()
    held.release()

    assert sink.wait_for(lambda: not sink.links)
    assert marks(journal) == [("submitting", 1)]


def test_the_next_message_does_not_wait_for_a_late_answer(open_channel, bob, job, telegram):
    channel = open_channel(timeout=2.0)
    telegram.script(Held())
    with pytest.raises(Indeterminate):
        channel.send(job(bob, "hello"))

    channel.send(job(bob, "next"))

    assert bob.received[-1] == "next"


def test_what_cannot_connect_is_not_ready_and_was_not_sent(
    open_channel, bob, job, journal, telegram
):
    channel = open_channel()
    channel.send(job(bob, "hello"))
    journal.marks.clear()
    telegram.close()

    with pytest.raises((NotReady, Indeterminate)):
        channel.send(job(bob, "hello"))  # an open connection may be found dead only now
    with pytest.raises(NotReady):
        channel.send(job(bob, "hello"))

    assert channel.health().is_ready is False or marks(journal)[-1] == ("refused", 1)


def test_closing_while_an_answer_is_outstanding_leaves_the_part_in_doubt(
    open_channel, bob, job, journal, telegram, in_background
):
    channel = open_channel(timeout=30.0)
    telegram.script(Held())
    sending = in_background(lambda: channel.send(job(bob, "hello")))
    asked = len(telegram.asked("sendMessage"))
    assert telegram.wait_for(lambda: len(telegram.asked("sendMessage")) > asked)

    channel.close()

    assert isinstance(sending.exception(timeout=5), Indeterminate)
    assert marks(journal) == [("submitting", 1)]


def test_a_recipient_without_a_link_is_refused_without_being_asked_for(channel, ada, job, journal):
    with pytest.raises(PermanentFailure):
        channel.send(job(ada, "hello", address=None))

    assert not journal.marks


def test_a_text_of_blanks_is_refused_without_being_sent(channel, ada, job, journal):
    with pytest.raises(PermanentFailure):
        channel.send(job(ada, " \n "))

    assert not journal.marks


def test_a_message_whose_time_ran_out_is_not_sent(channel, ada, job, journal):
    with pytest.raises(TemporaryFailure):
        channel.send(job(ada, "hello", expires_at=NOON))

    assert not journal.marks


def test_a_channel_that_was_not_opened_is_not_ready(bob, job):
    from smscore_telegram import TelegramOptions, make_channel

    channel = make_channel("telegram", TelegramOptions(token="1:a"))

    with pytest.raises(NotReady):
        channel.send(job(bob, "hello"))


def test_a_stand_in_refuses_what_the_bot_api_has_no_word_for(telegram: FakeTelegram):
    ada = telegram.person()
    ada.writes("hello")
    wish = urllib.request.Request(
        f"{telegram.url}/bot{telegram.token}/sendMessage",
        data=json.dumps({"chat_id": ada.id, "text": "x", "parse_modus": "HTML"}).encode(),
        headers={"Content-Type": "application/json"},
    )

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(wish)

    with refusal.value as answer:
        assert answer.code == 400
        assert b"there is no parameter parse_modus" in answer.read()

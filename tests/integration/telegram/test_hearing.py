from datetime import UTC, datetime

from smscore.domain.inbound import InboundKind
from smscore.domain.joining import join
from smscore.errors import StoreUnavailable


def texts(sink):
    return [joined.text for joined in join(sink.parts)]


def test_a_text_becomes_an_inbound_message_of_its_kind(ada, sink):
    ada.writes("grüß dich 👩\u200d👩\u200d👧")

    assert sink.wait_for(lambda: len(sink.parts) == 1)
    (part,) = sink.parts
    assert texts(sink) == ["grüß dich 👩\u200d👩\u200d👧"]
    assert part.kind is InboundKind.TELEGRAM
    assert part.channel == "telegram"
    assert part.sender == f"telegram:{ada.address}"


def test_the_time_of_a_text_is_when_telegram_got_it(ada, sink):
    ada.writes("hello", date=1_780_000_000)

    assert sink.wait_for(lambda: len(sink.parts) == 1)
    assert sink.parts[0].sent_at == datetime.fromtimestamp(1_780_000_000, UTC)


def test_the_longest_text_arrives_whole(ada, sink):
    ada.writes("😀" * 2048)

    assert sink.wait_for(lambda: len(sink.parts) == 1)
    assert texts(sink) == ["😀" * 2048]


def test_half_a_character_keeps_nobody_from_being_heard(ada, sink):
    ada.writes(r"\ud83d is \\ud83d, and 😀 whole: " + "\ud83d")
    ada.writes("hello")

    assert sink.wait_for(lambda: len(sink.parts) == 2)
    assert texts(sink)[0] == r"\ud83d is \\ud83d, and 😀 whole: " + "\ufffd"


def test_whoever_is_not_linked_can_write_as_well(channel, telegram, sink):
    bob = telegram.person("Bob")

    bob.writes("who are you?")

    assert sink.wait_for(lambda: len(sink.parts) == 1)


def test_what_stands_under_a_picture_is_a_text(ada, sink):
    ada.sends(caption="our cat")

    assert sink.wait_for(lambda: texts(sink) == ["our cat"])


def test_texts_arrive_in_their_order(ada, sink):
    for number in range(120):
        ada.writes(f"{number}")

    assert sink.wait_for(lambda: len(sink.parts) == 120)
    assert texts(sink) == [f"{number}" for number in range(120)]


def test_what_was_stored_is_confirmed_and_what_was_not_is_fetched_again(ada, sink, telegram):
    sink.fail_next(StoreUnavailable("the disk is full"))

    ada.writes("one")
    ada.writes("two")

    assert sink.wait_for(lambda: len(sink.parts) == 2)
    assert texts(sink) == ["one", "two"]
    assert telegram.wait_for(lambda: telegram.unconfirmed == 0)


def test_what_was_not_confirmed_is_offered_again_with_the_same_fingerprint(
    open_channel, telegram, sink
):
    ada = telegram.person()
    first = open_channel()
    ada.writes("hello")
    assert sink.wait_for(lambda: len(sink.parts) == 1)
    first.close()

    telegram.happens_again()
    open_channel()

    assert sink.wait_for(lambda: len(sink.parts) == 2)
    assert sink.parts[0].fingerprint == sink.parts[1].fingerprint


def test_what_is_said_in_a_group_is_nobodys_business(ada, sink):
    ada.writes("psst", chat={"id": -7, "type": "supergroup", "title": "Neighbours"})
    ada.writes("hello")

    assert sink.wait_for(lambda: len(sink.parts) == 1)
    assert texts(sink) == ["hello"]


def test_pictures_stickers_and_whatever_else_are_passed_over(ada, sink):
    ada.sends(sticker={"emoji": "👍"})
    ada.writes("hello")

    assert sink.wait_for(lambda: texts(sink) == ["hello"])


def test_an_update_of_another_shape_than_promised_holds_up_nothing(ada, sink, telegram):
    telegram.happens("message", {"chat": "none at all"})
    telegram.happens("my_chat_member", {"chat": ada.as_chat(), "new_chat_member": 7})
    ada.writes("hello")

    assert sink.wait_for(lambda: texts(sink) == ["hello"])
    assert telegram.wait_for(lambda: telegram.unconfirmed == 0)

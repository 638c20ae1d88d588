"""
Long messages of which a part does not come, or comes late: what there is is never lost.
"""

from collections.abc import Callable, Collection
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore import Gateway, GatewayConfig, build
from smscore.domain.destinations import AutoReply
from smscore.domain.events import Event
from smscore.domain.gaps import MOST_OF_SENDER, MOST_OPEN, MOST_REUSES
from smscore.domain.headers import Concatenation
from smscore.domain.inbound import InboundMessage
from smscore.domain.inbound_rules import InboundRule
from smscore.testing import (
    NOON,
    FakeTransport,
    ManualClock,
    MemoryStore,
    PlainAuthenticator,
    a_part,
)

WORDS = ("one ", "two ", "three")


@pytest.fixture
def modem(make_gateway: Callable[..., Gateway]) -> Gateway:
    """Whose channel ``modem`` belongs to the account ``acme``."""
    return make_gateway(modem={"account": "acme"})


def place(number: int, *, reference: int = 7, total: int = 3) -> Concatenation:
    return Concatenation(reference=reference, total=total, number=number)


def arrives(
    gateway: Gateway,
    *numbers: int,
    reference: int = 7,
    total: int = 3,
    words: Collection[str] = WORDS,
    **changes: object,
) -> None:
    """Parts with these numbers come now."""
    for number in numbers:
        text = tuple(words)[number - 1]
        part = a_part(
            concatenation=place(number, reference=reference, total=total),
            **{
                "channel": "modem",
                "user_data": text.encode("utf-16-be"),
                "received_at": gateway.clock.now(),
                **changes,
            },
        )
        gateway.reception.received(part)


def texts(gateway: Gateway) -> list[str]:
    """What was received, oldest first."""
    return [one.text for one in gateway.inquiry.inbound(limit=2000)[::-1]]


def only(gateway: Gateway) -> InboundMessage:
    (found,) = gateway.inquiry.inbound()
    return found


def story(gateway: Gateway) -> list[Event]:
    return list(gateway.inquiry.explain_inbound(only(gateway).id).events)


def test_a_message_of_which_a_part_does_not_come_is_kept_with_its_gap(
    modem: Gateway, clock: ManualClock
) -> None:
    arrives(modem, 1, 3)
    came_at = clock.now()
    clock.move(minutes=59)
    assert (modem.reception.publish_overdue(), texts(modem)) == (0, [])

    clock.move(minutes=1)
    assert modem.reception.publish_overdue() == 1

    message = only(modem)
    assert (message.text, message.missing) == ("one […]three", (2,))
    assert (message.received_at, message.channel) == (came_at, "modem")
    (event,) = story(modem)
    assert (event.kind, event.at) == ("message.received", clock.now())
    assert event.detail == {
        "channel": "modem",
        "parts": 2,
        "of": 3,
        "missing": "2",
        "kind": "sms",
    }
    assert modem.reception.publish_overdue() == 0


def test_each_part_that_comes_begins_the_wait_anew(modem: Gateway, clock: ManualClock) -> None:
    arrives(modem, 1)
    clock.move(minutes=40)
    arrives(modem, 2)
    clock.move(minutes=40)

    assert modem.reception.publish_overdue() == 0

    clock.move(minutes=20)
    assert modem.reception.publish_overdue() == 1


def test_a_part_that_comes_late_makes_the_message_whole_under_its_id(
    modem: Gateway, clock: ManualClock
) -> None:
    arrives(modem, 1, 3, sent_at=NOON)
    clock.move(hours=1)
    modem.reception.publish_overdue()
    before = only(modem)

    clock.move(hours=70)
    arrives(modem, 2, sent_at=NOON)

    after = only(modem)
    assert (after.id, after.received_at) == (before.id, before.received_at)
    assert (after.text, after.missing) == ("one two three", ())
    event = story(modem)[-1]
    assert (event.kind, event.sequence, event.at) == ("message.updated", 2, clock.now())
    assert event.detail == {"parts": 3}
    assert modem.inquiry.open_groups() == []


def test_one_of_several_missing_parts_makes_the_gap_smaller(
    modem: Gateway, clock: ManualClock
) -> None:
    arrives(modem, 2)
    clock.move(hours=1)
    modem.reception.publish_overdue()
    assert texts(modem) == ["[…]two […]"]

    arrives(modem, 3)
    arrives(modem, 3)  # again: nothing new
    assert texts(modem) == ["[…]two three"]
    arrives(modem, 1)

    assert texts(modem) == ["one two three"]
    assert [one.detail.get("missing") for one in story(modem)] == ["1 3", "1", None]


def test_after_72_hours_a_part_is_a_message_of_its_own(modem: Gateway, clock: ManualClock) -> None:
    arrives(modem, 1, 3, sent_at=NOON)
    clock.move(hours=1)
    modem.reception.publish_overdue()

    clock.move(hours=72)
    arrives(modem, 2, sent_at=NOON)
    clock.move(hours=1)
    modem.reception.publish_overdue()

    assert texts(modem) == ["one […]three", "[…]two […]"]
    (left,) = modem.inquiry.open_groups()
    assert (left.parts, left.unseen_since) == (1, None)


def test_rules_are_asked_once_and_see_the_gap(modem: Gateway, clock: ManualClock) -> None:
    rule = InboundRule(name="thanks", account="acme", destinations=(AutoReply(text="thank you"),))
    modem.rules.apply((), inbound=[rule])
    arrives(modem, 1, 2)
    clock.move(hours=1)
    modem.reception.publish_overdue()
    assert [one.message.text for one in modem.inquiry.messages()] == ["thank you"]

    arrives(modem, 3)

    assert [one.message.text for one in modem.inquiry.messages()] == ["thank you"]
    kinds = ["message.received", "rule.matched", "rule.answered", "message.updated"]
    assert [(one.sequence, one.kind) for one in story(modem)] == list(enumerate(kinds, start=1))


def test_rules_are_not_asked_about_what_lay_about_for_days(
    modem: Gateway, clock: ManualClock
) -> None:
    rule = InboundRule(name="thanks", account="acme", destinations=(AutoReply(text="thank you"),))
    modem.rules.apply((), inbound=[rule])
    arrives(modem, 1, 2)
    clock.move(days=90)

    assert modem.reception.publish_overdue() == 2

    assert (texts(modem), list(modem.inquiry.messages())) == (["one two […]"], [])
    refused = story(modem)[-1]
    assert refused.kind == "rule.refused"
    assert refused.detail == {"error": "it is older than 72 hours"}
    assert modem.inquiry.open_groups() == []


def test_a_word_beside_a_gap_is_none_to_us(modem: Gateway, clock: ManualClock) -> None:
    arrives(modem, 2, total=2, words=("Please do not ", "STOP"))
    clock.move(hours=1)
    modem.reception.publish_overdue()
    arrives(modem, 1, total=2, words=("Please do not ", "STOP"))

    modem.submissions.submit(account="acme", to="+491709999999", text="sale")
    assert texts(modem) == ["Please do not STOP"]


@pytest.mark.parametrize("fingerprints", [("first", "again"), ("same", "same")])
def test_of_two_messages_with_one_beginning_and_one_reference_both_ends_are_seen(
    modem: Gateway, clock: ManualClock, fingerprints: tuple[str, str]
) -> None:
    # Sent in the same second: nothing tells the second beginning from a repeat of the first.
    first, again = fingerprints
    arrives(modem, 1, total=2, fingerprint=first)
    arrives(modem, 1, total=2, fingerprint=again)
    arrives(modem, 2, total=2, words=("", "two"))
    arrives(modem, 2, total=2, words=("", "three"))
    clock.move(hours=1)
    modem.reception.publish_overdue()

    assert texts(modem) == ["one two", "[…]three"]


def test_of_one_sender_the_eldest_is_not_waited_for_when_there_are_too_many(
    modem: Gateway, clock: ManualClock
) -> None:
    for reference in range(MOST_OF_SENDER + 1):
        arrives(modem, 1, reference=reference, words=(f"{reference} ",))
        clock.move(seconds=1)
    arrives(modem, 1, reference=0, sender="+491708888888")

    modem.reception.publish_overdue()

    assert texts(modem) == ["0 […]"]
    assert len(modem.inquiry.open_groups()) == MOST_OF_SENDER + 1
    arrives(modem, 2, 3, reference=0)  # too late: it was closed
    assert texts(modem) == ["0 […]"]


def test_of_all_senders_the_eldest_is_not_waited_for_when_there_are_too_many(
    modem: Gateway, clock: ManualClock
) -> None:
    for number in range(MOST_OPEN + 1):
        arrives(modem, 1, sender=f"+4917{number:08}", words=(f"{number} ",))
        clock.move(milliseconds=1)

    modem.reception.publish_overdue()

    assert texts(modem) == ["0 […]"]


def test_of_one_reference_that_is_used_too_often_each_use_is_seen(
    modem: Gateway, clock: ManualClock
) -> None:
    uses = [f"{number} " for number in range(MOST_REUSES + 2)]
    for use in uses:
        arrives(modem, 1, words=(use,))
    modem.reception.publish_overdue()
    assert texts(modem) == []

    clock.move(hours=1)
    modem.reception.publish_overdue()

    assert sorted(texts(modem)) == [f"{use}[…]" for use in uses]
    arrives(modem, 2, 3)
    assert "5 two three" in texts(modem)


def test_a_message_that_was_dropped_is_not_made_anew_by_a_late_part(
    modem: Gateway, clock: ManualClock
) -> None:
    arrives(modem, 1, 3, sent_at=NOON)
    clock.move(hours=1)
    modem.reception.publish_overdue()
    modem.housekeeping.prune(before=clock.now() - timedelta(minutes=1))

    arrives(modem, 2, sent_at=NOON)
    clock.move(hours=1)
    modem.reception.publish_overdue()

    assert texts(modem) == ["[…]two […]"]


def test_parts_that_wait_are_not_dropped_for_their_age(modem: Gateway, clock: ManualClock) -> None:
    arrives(modem, 1, 3)
    clock.move(minutes=30)
    modem.housekeeping.prune(before=clock.now() - timedelta(minutes=1))
    arrives(modem, 2)

    assert texts(modem) == ["one two three"]


def test_a_server_keeps_what_is_late_by_itself(modem: Gateway, clock: ManualClock) -> None:
    arrives(modem, 1, 3)
    clock.move(hours=1)
    modem.run_pending()

    assert texts(modem) == ["one […]three"]


@st.composite
def courses(draw: st.DrawFn) -> tuple[int, list[int | None]]:
    """How many parts there are, and their numbers as they come; None: an hour passes."""
    total = draw(st.integers(2, 6))
    numbers = draw(st.permutations(range(1, total + 1)))
    repeats = draw(st.lists(st.sampled_from(range(1, total + 1)), max_size=3))
    pauses = [None] * draw(st.integers(0, 4))
    return total, draw(st.permutations([*numbers, *repeats, *pauses]))


@given(courses())
def test_whatever_comes_late_the_message_is_one_and_becomes_whole(
    course: tuple[int, list[int | None]],
) -> None:
    total, steps = course
    words = [f"{number}, " for number in range(1, total + 1)]
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    came: set[int] = set()
    with build(
        GatewayConfig.from_mapping({"plugins": {"enabled": []}}),
        store=store,
        transports={"modem": FakeTransport(name="modem")},
        authenticator=PlainAuthenticator(store),
        clock=clock,
    ) as gateway:
        is_seen = False
        for step in steps:
            if step is None:
                clock.move(hours=1)
                gateway.reception.publish_overdue()
                is_seen |= bool(came)
            elif len(came) < total:  # what comes again afterwards is another message's beginning
                arrives(gateway, step, total=total, words=words)
                came.add(step)
                is_seen |= len(came) == total
            missing = tuple(number for number in range(1, total + 1) if number not in came)
            found = gateway.inquiry.inbound()
            assert [one.missing for one in found] == ([missing] if is_seen else [])
            for word in words:
                assert all((word in one.text) == (int(word[0]) in came) for one in found)

        assert texts(gateway) == ["".join(words)]

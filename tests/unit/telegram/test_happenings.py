import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.numbers import PhoneNumber
from smscore_telegram._happenings import (
    Blocked,
    Shared,
    Started,
    Stopped,
    Wrote,
    happening_of,
    read,
)

ADA = {"id": 7, "is_bot": False, "first_name": "Ada"}
CHAT = {"id": 7, "type": "private", "first_name": "Ada", "last_name": "L."}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MEMBER = {"new_chat_member": {"status": "member"}}
KICKED = {"new_chat_member": {"status": "kicked"}}


def understood(**update):
    """What follows from an update."""
    found = read(msgspec.Raw(json.dumps({"update_id": 1, **update}).encode()))
    assert found is not None
    return happening_of(found)


def said(**content):
    """What follows from a message of Ada."""
    return understood(message={"message_id": 1, "date": 0, "from": ADA, "chat": CHAT, **content})


def shared(number="491701234567", user=7, **changes):
    contact = {"phone_number": number, "first_name": "Ada", "user_id": user}
    return said(contact=contact, **changes)


@pytest.mark.parametrize("text", ["/start", "/start x", " /start\n"])
def test_start_begins(text):
    assert said(text=text) == Started(chat=7)


def test_stop_ends():
    assert said(text="/stop") == Stopped(chat=7)


@pytest.mark.parametrize("text", ["/stop@test_bot", "/Stop", "/STOP@Test_Bot please"])
def test_stop_ends_however_a_program_or_a_person_writes_it(text):
    assert said(text=text) == Stopped(chat=7)


@pytest.mark.parametrize("text", ["start", "/starting", "please /stop", "/help", "STOP"])
def test_whatever_else_is_a_text(text):
    assert said(text=text) == Wrote(
        chat=7, update=1, text=text, at=datetime(1970, 1, 1, tzinfo=UTC)
    )


@pytest.mark.parametrize("number", ["491701234567", "+491701234567", "+49 170 1234567"])
def test_a_number_is_shared_in_its_normal_form(number):
    assert shared(number) == Shared(chat=7, number=PhoneNumber("+491701234567"), name="Ada L.")


@pytest.mark.parametrize("user", [None, 8])
def test_the_contact_of_somebody_else_has_no_number(user):
    assert shared(user=user) == Shared(chat=7, number=None, name="Ada L.")


@pytest.mark.parametrize("number", ["", "+", "none", "4" * 30])
def test_a_number_that_cannot_be_read_is_none(number):
    assert shared(number) == Shared(chat=7, number=None, name="Ada L.")


def test_a_contact_from_nobody_has_no_number():
    assert said(contact={"phone_number": "1", "user_id": 7}, **{"from": None}) == Shared(
        chat=7, number=None, name="Ada L."
    )


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
def test_nothing_follows_from_what_is_said_elsewhere(kind):
    chat = {"id": -7, "type": kind, "title": "Neighbours"}

    assert said(text="/start", chat=chat) is None
    assert shared(chat=chat) is None
    assert understood(my_chat_member={"chat": chat, **KICKED}) is None


def test_whoever_blocks_the_bot_is_gone():
    change = {"chat": CHAT, **KICKED}

    assert understood(my_chat_member=change) == Blocked(chat=7)


def test_whoever_unblocks_the_bot_has_done_nothing_yet():
    assert understood(my_chat_member={"chat": CHAT, **MEMBER}) is None


def test_nothing_follows_from_an_update_of_a_kind_that_was_not_asked_for():
    assert understood(edited_message={"text": "/stop"}) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.dictionaries(st.sampled_from(["message", "my_chat_member", "poll"]), JSON)
    | st.fixed_dictionaries(
        {
            "message": st.fixed_dictionaries(
                {"message_id": st.integers(), "date": st.integers(), "chat": st.just(CHAT)},
                optional={"text": JSON, "contact": JSON, "from": JSON, "caption": st.text()},
            )
        }
    )
)
def test_no_update_is_too_strange(update):
    raw = msgspec.Raw(json.dumps({"update_id": 1, **update}).encode())

    found = read(raw)

    assert found is not None
    happening_of(found)


@given(st.binary())
def test_no_octets_are_too_strange(octets):
    read(msgspec.Raw(octets))

import pytest

from smscore.testing import NOON
from smscore_agent._server import Handout, _handout, _seconds, _without


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("9" * 5000, None),
        ("Sun, 01 Mar 2026 12:01:00", None),
        ("Sun, 01 Mar 99999999999 12:01:00 GMT", None),
    ],
)
def test_a_server_says_in_seconds_or_by_a_date_when_to_come_again(said, seconds):
    assert _seconds(said, now=NOON) == seconds


@pytest.mark.parametrize(
    "found", [None, 3, "x", [], {}, {"hash": None}, {"hash": "x" * 201}, {"hash": "\ud800"}]
)
def test_what_has_no_hash_is_no_message(found):
    assert _handout(found) is None


def test_a_message_without_a_text_keeps_its_hash():
    found = {"hash": "a1", "phone": "+49", "message": "named otherwise"}

    assert _handout(found) == Handout(hash="a1", phone=None, text=None)


def test_what_else_a_message_holds_does_not_matter():
    found = {"hash": "a1", "phone": "0701", "text": "x", "priority": 3}

    assert _handout(found) == Handout(hash="a1", phone="0701", text="x")


@pytest.mark.parametrize("said", ["at https://host/se%cret/x", "at https://host/se%25cret/x"])
def test_the_token_is_taken_out_of_what_others_say(said):
    assert "cret" not in _without("se%cret", said)

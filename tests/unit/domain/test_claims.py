"""
Which phones may have a message: read from its story.
"""

import pytest

from smscore.domain.claims import Claims
from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId
from smscore.testing import NOON

PHONES = "phones/acme"
KINDS = {
    "takes": "message.sending",
    "refuses": "message.reported",
    "ends": "message.failed",
    "moves": "message.rerouted",
    "back": "message.requeued",
}


def story(*told: str, channel: str = PHONES) -> list[Event]:
    """Events such as ``a takes``; nobody is a phone without a name."""
    return [
        Event(
            message=MessageId(1),
            account=AccountId(1),
            sequence=number,
            kind=KINDS[kind],
            at=NOON,
            detail={"channel": channel} | ({} if name == "nobody" else {"device": name}),
        )
        for number, (name, kind) in enumerate((one.split() for one in told), start=1)
    ]


def claims(*told: str) -> Claims:
    return Claims.told_by(story(*told), channel=PHONES)


@pytest.mark.parametrize(
    ("told", "reporter"),
    [
        (("a takes",), "a"),
        (("a takes",), None),
        (("nobody takes",), "a"),
        (("nobody takes",), None),
        (("a takes", "a takes"), "a"),
        (("a takes", "b takes", "b refuses"), "a"),
        (("a takes", "b takes", "b refuses"), None),
        (("nobody takes", "nobody takes", "a refuses"), "b"),
        (("a takes", "nobody takes", "b refuses"), "a"),
        (("a takes", "nobody takes", "a refuses"), "b"),
        (("a takes", "a ends", "b takes"), "b"),
        (("a takes", "a moves", "nobody takes"), "b"),
        (("a takes",), "b"),
        (("a takes", "nobody back"), "b"),
        (("a takes", "nobody back", "b refuses", "b takes"), "b"),
        (("a takes", "nobody back", "nobody refuses", "b takes"), "b"),
        (("a takes", "x refuses", "nobody takes"), "b"),
        (("a takes", "x refuses", "nobody takes", "nobody takes", "b refuses"), None),
        (("a takes", "x refuses", "nobody takes", "x takes", "b refuses"), "x"),
        ((), "a"),
    ],
)
def test_the_last_phone_that_may_have_it_ends_it(told: tuple[str, ...], reporter: str | None):
    assert not claims(*told).is_open_to_others(reporter)


@pytest.mark.parametrize(
    ("told", "reporter"),
    [
        (("a takes", "b takes"), "a"),
        (("a takes", "b takes"), None),
        (("a takes", "b takes"), "x"),
        (("a takes", "nobody back", "x refuses", "a takes", "b takes"), "b"),
        (("nobody takes", "nobody back", "a refuses", "nobody takes"), "a"),
        (("a takes", "a takes"), "x"),
        (("b ends", "a takes"), "x"),
        (("b ends", "a takes"), "b"),
        (("b moves", "a takes"), "b"),
        (("a takes", "b takes", "b refuses", "b takes"), "a"),
        (("nobody takes", "nobody takes"), "a"),
        (("nobody takes", "nobody takes"), None),
        (("nobody takes", "nobody takes", "a refuses"), "a"),
        (("nobody takes", "nobody takes", "nobody refuses"), None),
        (("a takes", "nobody takes"), "a"),
        (("a takes", "nobody takes"), "b"),
        (("a takes", "nobody takes"), None),
        (("a takes", "a ends", "b takes"), "a"),
        # Whoever refused first was a under another name, and none of those without.
        (("a takes", "x refuses", "nobody takes", "nobody takes"), "b"),
        (("a takes", "nobody refuses", "nobody takes", "nobody takes"), "b"),
        (("a takes", "x refuses", "nobody takes"), "x"),
    ],
)
def test_while_another_phone_may_have_it_nothing_ends(told: tuple[str, ...], reporter: str | None):
    assert claims(*told).is_open_to_others(reporter)


def test_what_happens_on_other_channels_is_no_claim():
    other = story("nobody takes", "nobody ends", channel="modem")

    assert Claims.told_by(other, channel=PHONES) == Claims()
    assert not claims("nobody back").is_known


@pytest.mark.parametrize("told", [("a takes",), ("a ends",), ("a moves",)])
def test_a_message_that_phones_had_is_known_for_good(told: tuple[str, ...]):
    assert claims(*told, "nobody back").is_known


def test_a_phone_that_takes_a_message_again_has_not_refused_it():
    assert claims("a takes", "a refuses").has_word_of("a")
    assert not claims("a takes", "a refuses", "a takes").has_word_of("a")


def test_names_that_hold_nothing_are_heard_as_often_as_they_can_close_a_claim():
    assert not claims("a takes").is_beside_the_point("x")
    assert claims("a takes", "x refuses").is_beside_the_point("y")
    assert not claims("a takes", "x refuses", "nobody takes").is_beside_the_point("y")
    both = "a takes", "b takes"
    assert claims(*both, "x refuses").is_beside_the_point("y")
    assert not claims(*both, "x refuses").is_beside_the_point("a")
    twice = "nobody takes", "nobody takes", "a takes"
    assert not claims(*twice, "x refuses").is_beside_the_point("y")
    assert claims(*twice, "x refuses", "y refuses").is_beside_the_point("z")

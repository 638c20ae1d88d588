"""
Outbound rules: which one is for a message, what it does, and which ones it nearly was.
"""

from collections import Counter
from datetime import timedelta

import attrs
import pytest
import rule_reference
from hypothesis import given
from rule_strategies import rule_sets

from smscore.domain.conditions import Condition
from smscore.domain.messages import Medium, MessageId, Priority, Surface
from smscore.domain.numbers import PhoneNumber, SenderId
from smscore.domain.planning import plan
from smscore.domain.routes import Choice, Route, Routes, check_names, facts_of
from smscore.domain.routing import ChannelOffer, Topology
from smscore.domain.segments import EncodingOptions
from smscore.domain.windows import Window
from smscore.errors import InvalidRequest, NoRoute, RefusedByRule
from smscore.testing import NOON, a_message, an_account
from smscore_policy import make_pattern_engine

ENGINE = make_pattern_engine()
TELEGRAM = ChannelOffer(name="bot", price=0, media=(Medium.TELEGRAM,))
TOPOLOGY = Topology(
    channels={
        "a": ChannelOffer(name="a", media=(Medium.SMS, Medium.VOICE)),
        "b": ChannelOffer(name="b", price=3),
        "bot": TELEGRAM,
    },
    groups={"g": ("a", "b")},
)
ELSE = Route(name="else", channels=("a",))


def compiled(*routes, revision=0):
    def find_all(patterns):
        return ENGINE.compile_set(patterns).find

    return Routes(routes, revision=revision, find_all=find_all)


def planned(*routes, topology=TOPOLOGY, now=NOON, linked=(), account=None, **message):
    return plan(
        a_message(**message),
        account=account or an_account(),
        routes=compiled(*routes),
        topology=topology,
        now=now,
        linked=linked,
    )


@given(rule_sets)
def test_the_first_rule_whose_condition_holds_is_chosen(routes):
    message = a_message(
        recipient=PhoneNumber("+4917012345"), text="abc bb", sender=SenderId("Shop")
    )
    facts = facts_of(message, account="shop", now=NOON)

    chosen = compiled(*routes).choose(message, account="shop", now=NOON)

    holding = [one for one in routes if rule_reference.holds(one, facts)]
    assert chosen == (holding[0] if holding else None)


@pytest.mark.parametrize("count", [3, 30])
def test_few_rules_and_many_choose_alike(count):
    rules = [Route(name=f"{n}", prefixes=(f"+49{n:02}",), channels=("a",)) for n in range(count)]
    message = a_message(recipient=PhoneNumber("+4902123"))

    assert compiled(*rules).choose(message, account="acme", now=NOON) is rules[2]


@pytest.mark.parametrize(
    "asks",
    [
        {"countries": ("DE",)},
        {"accounts": ("acme",)},
        {"sender": "Shop"},
        {"sender_regex": "^Sh"},
        {"surfaces": (Surface.QUEUE,)},
        {"priorities": (Priority.HIGH,)},
        {"message": "wor"},
        {"message_regex": r"w\w+d"},
        {"min_length": 5, "max_length": 5},
        {"time_windows": (Window(zone="UTC", begins="12:00", ends="12:01"),)},
        {"none_of": (Condition(countries=("AT",)),)},
    ],
)
def test_whatever_a_rule_may_ask_can_be_seen_of_a_message(asks):
    rule = Route(name="it", channels=("b",), **asks)
    message = {
        "recipient": PhoneNumber("+491701234567"),
        "sender": SenderId("Shop"),
        "surface": Surface.QUEUE,
        "priority": Priority.HIGH,
        "text": "world",
    }

    assert planned(rule, ELSE, **message).rule == "it"


def test_the_text_is_looked_at_as_it_will_be_sent():
    account = an_account(encoding=EncodingOptions(replace_typography=True))
    rule = Route(name="quotes", message='"', channels=("b",))

    assert planned(rule, account=account, text="\u201cso\u201d").rule == "quotes"


def test_a_message_for_later_is_judged_by_its_time():
    night = Route(
        name="night",
        channels=("b",),
        time_windows=(Window(zone="UTC", begins="22:00", ends="06:00"),),
    )

    assert planned(night, ELSE).rule == "else"
    assert planned(night, ELSE, not_before=NOON + timedelta(hours=12)).rule == "night"
    assert planned(night, ELSE, not_before=NOON - timedelta(hours=12)).rule == "else"


def test_a_rule_refuses_with_its_reason():
    rule = Route(name="premium", prefixes=("+49900",), refuse="we do not pay for these")

    with pytest.raises(RefusedByRule, match=r"'premium'.*we do not pay") as refusal:
        planned(rule, recipient=PhoneNumber("+49900123"))
    assert refusal.value.code == NoRoute.code


@pytest.mark.parametrize("medium", list(Medium))
def test_no_medium_goes_around_a_rule_that_refuses(medium):
    rule = Route(name="no", refuse="no")

    with pytest.raises(RefusedByRule):
        planned(rule, medium=medium, linked=["bot"])


def test_a_rule_may_set_the_price_of_a_segment():
    rule = Route(name="flat", channels=("b", "a", "phones"), price=2)

    assert [leg.price for leg in planned(rule, text="x" * 200).route] == [4, 4, 4]
    assert planned(rule, medium=Medium.VOICE).charge == 2


def test_a_recipient_keeps_to_one_channel_unless_the_rule_draws_for_each_message():
    def firsts(choice):
        rule = Route(name="all", channels=("g",), choice=choice)
        plans = (planned(rule, id=MessageId(number << 22)) for number in range(100))
        return Counter(one.route[0].channel for one in plans)

    assert len(firsts(Choice.STICKY)) == 1
    assert len(firsts(Choice.WEIGHTED)) == 2


def test_weights_divide_the_traffic():
    rule = Route(name="all", channels=("g",), choice=Choice.WEIGHTED, weights={"a": 3})

    plans = [planned(rule, id=MessageId(number * 7919)) for number in range(2000)]
    count = Counter(one.route[0].channel for one in plans)

    assert count["a"] + count["b"] == 2000
    assert 0.7 < count["a"] / 2000 < 0.8


def test_one_message_is_always_drawn_alike():
    rule = Route(name="all", channels=("g",), choice=Choice.WEIGHTED)

    assert len({planned(rule, id=MessageId(7)).way.channels for _ in range(10)}) == 1


def test_the_story_tells_by_what_was_decided():
    topology = TOPOLOGY.without(["b"]).with_resting(frozenset({"a"}))
    decision = plan(
        a_message(medium=Medium.AUTOMATIC),
        account=an_account(),
        routes=compiled(ELSE, revision=7),
        topology=topology,
        now=NOON,
        linked=["bot"],
    )

    _, event = decision.begin(charged=0)
    told = {key: event.detail[key] for key in ("revision", "resting", "closed", "linked")}
    assert told == {"revision": 7, "resting": "a", "closed": "b", "linked": "bot"}


def test_without_rules_the_story_tells_no_more_than_before():
    _, event = planned().begin(charged=0)

    assert event.detail.keys() == {"rule", "channels", "encoding", "parts", "credits"}


def test_rules_that_nearly_matched_are_those_before_the_one_that_did():
    rules = (
        Route(name="far", channels=("a",), accounts=("x",), min_length=500),
        Route(name="near", channels=("a",), accounts=("x",)),
        Route(name="nearer", channels=("a",), accounts=("acme",), min_length=500),
        ELSE,
        Route(name="behind", channels=("a",), accounts=("x",)),
    )
    facts = facts_of(a_message(), account="acme", now=NOON)

    misses = compiled(*rules).near_misses(facts)
    assert [(one.rule, one.failed) for one in misses] == [
        ("nearer", "min_length"),
        ("near", "accounts"),
    ]
    assert len(compiled(*rules).near_misses(facts, limit=1)) == 1


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"channels": ("a",), "refuse": "no"},
        {"refuse": ""},
        {"refuse": "no", "price": 1},
        {"refuse": "no", "weights": {"a": 1}},
        {"refuse": "no", "pace": 1},
        {"channels": ("a",), "pace": 0},
        {"channels": ("a",), "price": -1},
        {"channels": ("g",), "weights": {"a": 0}},
        {"channels": ("a",), "any_of": (Condition(kinds=("sms",)),)},
        {"channels": ("a",), "name": ""},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(values):
    with pytest.raises(InvalidRequest):
        Route(**{"name": "it", **values})


def test_two_rules_have_two_names():
    with pytest.raises(InvalidRequest, match="else"):
        check_names([ELSE, ELSE])


@pytest.mark.parametrize("name", ["nights\0", "two\nlines", "x" * 101])
def test_a_rule_has_a_name_that_fits_on_a_line(name):
    with pytest.raises(InvalidRequest, match="at most 100 characters"):
        check_names([attrs.evolve(ELSE, name=name)])
    check_names([attrs.evolve(ELSE, name="x" * 100)])


@pytest.mark.parametrize(
    "values", [{"channels": ("c",)}, {"channels": ("g",), "weights": {"g": 1}}]
)
def test_a_rule_names_what_is_configured(values):
    with pytest.raises(InvalidRequest, match="known are"):
        TOPOLOGY.check(Route(name="it", **values))

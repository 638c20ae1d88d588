"""
Inbound rules: which ones are for a message, what they make of its text, which ones it nearly met.
"""

from functools import partial

import pytest
import rule_reference
from hypothesis import given
from rule_strategies import INBOUND_KEYS, conditions, facts, inbound_sets

from smscore.domain.conditions import Condition, Facts
from smscore.domain.destinations import AutoReply, Forward, Recipients, fill_in, placeholders
from smscore.domain.inbound import InboundKind, InboundMessage
from smscore.domain.inbound_rules import (
    InboundRule,
    InboundRules,
    Replacing,
    facts_of_inbound,
)
from smscore.domain.messages import MessageId
from smscore.errors import InvalidRequest
from smscore.testing import NOON
from smscore_policy import make_pattern_engine

ENGINE = make_pattern_engine()
THANKS = AutoReply(text="thanks")

compiled = partial(
    InboundRules,
    find_all=lambda patterns: ENGINE.compile_set(patterns).find,
    replace_with=ENGINE.compile_replace,
)


def rule(name="rule", *, destinations=(THANKS,), **values):
    return InboundRule(name=name, destinations=destinations, **values)


def some_facts(**values):
    return Facts(**{"at": NOON, "text": "hi", "kind": InboundKind.SMS, **values})


def a_message(**values):
    return InboundMessage(
        **{
            "id": MessageId(1),
            "account": None,
            "channel": "modem-1",
            "sender": "+491701234567",
            "text": "hi",
            "received_at": NOON,
            **values,
        }
    )


def names(rules, seen):
    return [one.rule.name for one in compiled(rules).matching(seen)]


@given(inbound_sets, facts)
def test_rules_mean_what_the_reference_says(rules, seen):
    found = [(one.rule.name, one.text) for one in compiled(rules).matching(seen)]

    assert found == list(rule_reference.matching(rules, seen))


@given(inbound_sets, facts)
def test_a_rule_that_matches_is_no_near_miss_nor_is_one_behind_the_end(rules, seen):
    matched = names(rules, seen)
    all_of_them = [one.name for one in rules]

    misses = [one.rule for one in compiled(rules).near_misses(seen, limit=99)]

    assert not {*matched} & {*misses}
    if matched and rules[all_of_them.index(matched[-1])].stop:
        end = all_of_them.index(matched[-1])
        assert all(all_of_them.index(one) < end for one in misses)


@given(conditions(keys=INBOUND_KEYS), facts)
def test_of_a_condition_and_its_opposite_one_matches(condition, seen):
    rules = (
        rule("yes", all_of=(condition,), kinds=tuple(InboundKind)),
        rule("no", none_of=(condition,), kinds=tuple(InboundKind)),
    )
    known = Facts(
        at=seen.at,
        text=seen.text,
        sender=seen.sender,
        account=seen.account,
        kind=seen.kind or InboundKind.SMS,
    )

    assert len(names(rules, known)) == 1


@given(inbound_sets, facts)
def test_what_follows_a_rule_that_stops_says_nothing(rules, seen):
    end = rule("the end", stop=True, kinds=tuple(InboundKind), destinations=())
    known = some_facts(text=seen.text, sender=seen.sender, account=seen.account)

    assert names((end, *rules), known) == ["the end"]


@pytest.mark.parametrize("kind", InboundKind)
def test_without_kinds_a_rule_is_for_what_people_write(kind):
    for_people = {"sms", "replacement", "telegram", "email"}

    assert names([rule()], some_facts(kind=kind)) == (["rule"] if kind in for_people else [])
    assert names([rule(kinds=(kind,))], some_facts(kind=kind)) == ["rule"]


@pytest.mark.parametrize(
    ("sender", "home", "seen"),
    [
        ("+491701234567", None, "491701234567"),
        ("00491701234567", None, "491701234567"),
        ("01701234567", "DE", "491701234567"),
        ("01701234567", None, "01701234567"),
        ("Newsbox", "DE", "Newsbox"),
        ("telegram:1001", "DE", "telegram:1001"),
        ("anna@example.org", None, "anna@example.org"),
    ],
)
def test_a_sender_is_seen_with_its_country_code_and_no_prefix(sender, home, seen):
    found = facts_of_inbound(a_message(sender=sender), account="", home=home)

    assert found.sender == seen
    assert names([rule(sender=sender)], some_facts(sender=sender_as_asked(sender)))


def sender_as_asked(sender):
    return facts_of_inbound(a_message(sender=sender), account="", home=None).sender


def test_rules_that_nearly_matched_are_told_with_what_was_wanting():
    rules = (
        rule("other", message="x", sender="Shop"),
        rule("near", message="x"),
        rule("met"),
        rule("end", stop=True),
        rule("behind", message="x"),
    )

    (miss,) = compiled(rules).near_misses(some_facts())
    assert (miss.rule, miss.failed) == ("near", "message")


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"destinations": ()},
        {"destinations": (), "stop": True, "replace": Replacing(pattern="a")},
        {"prefixes": ("+49",)},
        {"any_of": (Condition(countries=("DE",)),)},
        {"none_of": (Condition(surfaces=("queue",)),)},
        {"priorities": (1,)},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(values):
    with pytest.raises(InvalidRequest):
        InboundRule(**{"name": "x", "destinations": (THANKS,), **values})


def test_placeholders_are_filled_in_once_and_by_the_clock_of_the_account():
    values = placeholders(a_message(), "$TXT$ $MODEM$", zone="Europe/Berlin")

    filled = fill_in("$NUMBER$ $TXT$ $TIME$ $MODEM$ $OTHER$ $", values)

    assert filled == "+491701234567 $TXT$ $MODEM$ 2026-03-01 13:00:00 modem-1 $OTHER$ $"


def test_a_story_tells_names_and_no_numbers():
    assert Forward(kind=Recipients.NUMBER, to="+491701234567").label == "number"
    assert Forward(kind=Recipients.GROUP, to="oncall").label == "group oncall"

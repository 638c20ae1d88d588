"""
Conditions compiled: they mean what the reference says, and cost little however many there are.
"""

from datetime import UTC, datetime
from functools import partial

import pytest
import rule_reference
from hypothesis import given
from hypothesis import strategies as st
from rule_strategies import conditions, facts

from smscore.domain.conditions import Condition, Facts
from smscore.domain.matching import Matching, find_nothing
from smscore.domain.messages import Priority, Surface
from smscore.errors import InvalidRequest
from smscore_policy import make_pattern_engine

ENGINE = make_pattern_engine()


def find_all(patterns):
    return ENGINE.compile_set(patterns).find


compiled = partial(Matching, find_all=find_all)


def holds(condition, seen):
    return compiled([condition]).first(seen) is not None


def a_message(**values):
    return Facts(**{"at": datetime(2026, 7, 1, tzinfo=UTC), "text": "", **values})


@given(st.lists(conditions(), max_size=12), facts)
def test_conditions_mean_what_the_reference_says(several, seen):
    matching = compiled(several)

    holding = [place for place, one in enumerate(several) if rule_reference.holds(one, seen)]
    assert list(matching.all(seen)) == holding
    assert matching.first(seen) == (holding[0] if holding else None)
    for place, one in enumerate(several):
        assert set(matching.failed(place, seen)) == set(rule_reference.failed(one, seen))


@given(st.lists(conditions(), min_size=1, max_size=4), st.lists(conditions(), max_size=3), facts)
def test_the_same_is_true_of_very_many_negations(several, others, seen):
    # Of some there are so many that tables are made for what is nested in them.
    unwanted = [*several * 20, *others]
    matching = compiled([Condition(none_of=(one,)) for one in unwanted])

    holding = [rule_reference.holds(one, seen) for one in several] * 20
    holding += [rule_reference.holds(one, seen) for one in others]
    assert list(matching.all(seen)) == [place for place, held in enumerate(holding) if not held]


@given(conditions(), conditions(), facts)
def test_none_of_several_is_not_any_of_them(one, other, seen):
    neither = Condition(none_of=(one, other))

    assert holds(neither, seen) is not holds(Condition(any_of=(one, other)), seen)
    each = Condition(all_of=(Condition(none_of=(one,)), Condition(none_of=(other,))))
    assert holds(neither, seen) is holds(each, seen)


@given(conditions(), conditions(), facts)
def test_not_all_of_several_is_some_of_them_not(one, other, seen):
    not_both = Condition(none_of=(Condition(all_of=(one, other)),))
    one_not = Condition(any_of=(Condition(none_of=(one,)), Condition(none_of=(other,))))

    assert holds(not_both, seen) is holds(one_not, seen)


@given(conditions(), facts)
def test_twice_not_is_yes(one, seen):
    assert holds(Condition(none_of=(Condition(none_of=(one,)),)), seen) is holds(one, seen)


@given(conditions(), conditions(), conditions(), facts)
def test_order_and_nesting_change_nothing(one, two, three, seen):
    for key in ("all_of", "any_of"):
        flat = holds(Condition(**{key: (one, two, three)}), seen)
        assert holds(Condition(**{key: (three, one, two)}), seen) is flat
        assert holds(Condition(**{key: (one, Condition(**{key: (two, three)}))}), seen) is flat
        assert holds(Condition(**{key: (one, one, two, three)}), seen) is flat


@given(conditions(), conditions(), conditions(), facts)
def test_and_goes_over_or(one, two, three, seen):
    together = Condition(all_of=(one, Condition(any_of=(two, three))))
    apart = Condition(any_of=(Condition(all_of=(one, two)), Condition(all_of=(one, three))))

    assert holds(together, seen) is holds(apart, seen)


def test_nothing_asked_always_holds():
    assert holds(Condition(), a_message())


@pytest.mark.parametrize(
    ("condition", "seen"),
    [
        (lambda n: Condition(prefixes=(f"+49{n:04}",)), {"recipient": "+490007123"}),
        (lambda n: Condition(accounts=(f"a{n}",)), {"account": "a7"}),
        (lambda n: Condition(sender=f"+49{n:04}"), {"sender": "490007"}),
        (lambda n: Condition(message=f"word{n} "), {"text": "the word7 and no other"}),
        (lambda n: Condition(message_regex=rf"\bword{n}\b"), {"text": "the word7"}),
        (lambda n: Condition(sender_regex=f"^49{n:04}"), {"sender": "490007123"}),
        (lambda n: Condition(min_length=n, max_length=n), {"text": "seven s"}),
        (lambda n: Condition(all_of=(Condition(accounts=(f"a{n}",)),)), {"account": "a7"}),
        (
            lambda n: Condition(
                any_of=(Condition(accounts=(f"a{n}", "x")), Condition(accounts=(f"b{n}",)))
            ),
            {"account": "b7"},
        ),
        (
            lambda n: Condition(none_of=(Condition(none_of=(Condition(accounts=(f"a{n}",)),)),)),
            {"account": "a7"},
        ),
        (
            lambda n: Condition(
                none_of=(
                    Condition(message="unwanted"),
                    Condition(
                        accounts=("a",),
                        all_of=(Condition(max_length=9),),
                        any_of=(Condition(sender="x"), Condition(sender=f"y{n % 7}")),
                        none_of=(Condition(message_regex=f"^word{n}$"),),
                    ),
                )
            ),
            {"account": "a", "sender": "x", "text": "word7"},
        ),
    ],
)
def test_of_a_thousand_rules_only_those_that_can_hold_are_asked(condition, seen):
    matching = compiled([condition(number) for number in range(1000)])

    assert matching.candidates(a_message(**seen)) == [7]
    assert matching.first(a_message(**seen)) == 7


def test_a_text_is_searched_once_for_all_rules():
    searched = []

    def counting(patterns):
        find = find_all(patterns)
        return lambda text: (searched.append(text), find(text))[1]

    several = [Condition(message_regex=f"x{n}") for n in range(100)]
    matching = Matching([*several, Condition(message="y")], find_all=counting)

    assert list(matching.all(a_message(text="x7 y"))) == [7, 100]
    assert searched == ["x7 y"]


def test_no_text_is_searched_where_a_number_tells():
    asked = Condition(prefixes=("+49",), message_regex="a")

    def not_to_be_searched(_):
        raise AssertionError

    matching = Matching([asked] * 10, find_all=lambda _: not_to_be_searched)

    assert matching.first(a_message(recipient="+43123", text="a")) is None


@pytest.mark.parametrize("sender", ["+49 170 12345", "0049-170-12345", "4917012345"])
def test_a_sender_is_compared_as_a_number(sender):
    assert holds(Condition(sender=sender), a_message(sender="4917012345"))


def test_an_address_is_compared_whatever_its_case():
    assert holds(Condition(sender="Ada@Example.org"), a_message(sender="ada@example.ORG"))


def test_every_character_of_a_message_to_be_found_means_itself():
    text = "1.5 (a|b)* [x]\\d\n\t^$ {2}? é+"

    assert holds(Condition(message=text), a_message(text=f"<{text}>"))
    assert not holds(Condition(message="a.c"), a_message(text="abc"))


def test_keys_that_do_not_hold_are_named():
    condition = Condition(
        prefixes=("+43",), priorities=(Priority.HIGH,), surfaces=(Surface.QUEUE,), min_length=1
    )
    seen = a_message(recipient="+43123", surface=Surface.QUEUE, priority=Priority.LOW)

    assert compiled([condition]).failed(0, seen) == ("priorities", "min_length")


def test_a_pattern_that_is_not_understood_is_refused():
    with pytest.raises(InvalidRequest, match="look-around"):
        compiled([Condition(any_of=(Condition(message_regex="(?=a)"),))])


def test_patterns_need_an_engine():
    with pytest.raises(InvalidRequest, match="no engine"):
        Matching([Condition(message="a")], find_all=find_nothing)

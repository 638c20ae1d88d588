import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore import errors
from smscore_smtp._answers import answer, refusal

LINE = re.compile(r"[245][0-9]{2} [245]\.[0-9]{1,3}\.[0-9]{1,3} [ -~]*")

FAULTS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.GatewayError)
]


def a_fault(kind: type[errors.GatewayError]) -> errors.GatewayError:
    if kind is errors.RejectedItems:
        return errors.RejectedItems("none", reasons={0: errors.InvalidNumber("x")})
    if kind is errors.LimitExceeded:
        return errors.LimitExceeded("x", limit=1, used=1)
    return kind("x")


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_has_an_answer_of_its_kind(kind):
    said = refusal(a_fault(kind))

    assert LINE.fullmatch(said)
    assert said[0] == said[4]
    passes = not issubclass(kind, errors.Rejected) or kind is errors.LimitExceeded
    assert (said[0] == "4") is passes


@pytest.mark.parametrize("kind", [one for one in FAULTS if issubclass(one, errors.Rejected)])
def test_who_can_do_something_about_it_is_told_what(kind):
    assert refusal(a_fault(kind)).endswith(" x")


def test_of_several_faults_the_first_is_told():
    fault = errors.RejectedItems(
        "none", reasons={0: errors.NoRoute("no way"), 1: errors.NotFound("x")}
    )

    assert refusal(fault) == "550 5.4.4 no way"


@given(st.text())
def test_an_answer_is_one_line_whatever_it_tells(text):
    said = answer("550 5.1.1", text)

    assert LINE.fullmatch(said)
    assert len(said) <= 510

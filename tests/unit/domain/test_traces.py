"""
The ids of traces, and what callers say of theirs.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.messages import MessageId
from smscore.domain.traces import Caller, caller_of, root_of, trace_of

ids = st.integers(0, 2**63 - 1).map(MessageId)


@given(ids)
def test_a_message_has_one_trace_and_one_first_span(message):
    assert trace_of(message) == trace_of(message)
    assert 0 < trace_of(message) < 2**128
    assert 0 < root_of(message) < 2**64


def test_an_id_leads_to_the_same_trace_in_every_version():
    """What was written down before an upgrade has to be found after it."""
    assert f"{trace_of(MessageId(1)):032x}" == "44f607d59519afaa7d70835ab625bbab"
    assert f"{root_of(MessageId(1)):016x}" == "c2fd7d28977dc68e"


def test_neighbours_have_traces_that_samplers_can_take_for_random():
    low = sorted(trace_of(MessageId(number)) & (2**64 - 1) for number in range(1000))

    assert len(set(low)) == 1000
    assert 400 < sum(one < 2**63 for one in low) < 600


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())
def test_what_a_caller_says_is_understood(trace, span, is_sampled):
    said = f"00-{trace:032x}-{span:016x}-{int(is_sampled):02x}"

    assert caller_of(said) == Caller(trace=trace, span=span, is_sampled=is_sampled)


def test_a_later_version_may_say_more():
    said = f"cc-{1:032x}-{2:016x}-01-what-the-future-brings"

    assert caller_of(said) == Caller(trace=1, span=2, is_sampled=True)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "00",
        f"00-{0:032x}-{1:016x}-01",
        f"00-{1:032x}-{0:016x}-01",
        f"00-{1:032x}-{1:016x}-01-more",
        f"ff-{1:032x}-{1:016x}-01",
        f"00-{0xAB:032X}-{1:016x}-01",
        f"00-{1:031x}-{1:016x}-01",
        f"00-{1:032x}-{1:016x}-1",
        f" 00-{1:032x}-{1:016x}-01",
        f"00-{1:032x}-{1:016x}-01\n",
    ],
)
def test_what_cannot_be_understood_is_nobody(said):
    assert caller_of(said) is None


@given(st.text())
def test_nothing_that_is_said_breaks_it(said):
    caller_of(said)

"""
How recipients are spread over the channels of a group.
"""

from collections import Counter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Route
from smscore.domain.routing import ChannelOffer, Topology, choose_channels
from smscore.testing import a_message, an_account

RULE = Route(name="all", channels=("sims",))
NUMBERS = [PhoneNumber(f"+4917{ending:08}") for ending in range(0, 4_000_000, 1009)]

ceilings = st.none() | st.floats(1, 10_000)
groups = st.dictionaries(st.sampled_from("abcdefgh"), ceilings, min_size=2, max_size=8)
numbers = st.integers(10_000_000, 99_999_999).map(lambda ending: PhoneNumber(f"+49170{ending}"))


def a_group(members: dict[str, float | None], *, resting: frozenset[str] = frozenset()) -> Topology:
    return Topology(
        channels={
            name: ChannelOffer(name=name, daily_parts=most) for name, most in members.items()
        },
        groups={"sims": tuple(members)},
        resting=resting,
    )


def channels_for(recipient: PhoneNumber, topology: Topology) -> tuple[str, ...]:
    return choose_channels(
        a_message(recipient=recipient), RULE, account=an_account(), topology=topology
    )


def shares(topology: Topology) -> Counter[str]:
    return Counter(channels_for(number, topology)[0] for number in NUMBERS)


@given(groups, numbers, st.data())
def test_no_channel_is_lost_and_those_that_rest_come_last(
    members: dict[str, float | None], recipient: PhoneNumber, data: st.DataObject
) -> None:
    resting = data.draw(st.frozensets(st.sampled_from(sorted(members))))

    channels = channels_for(recipient, a_group(members, resting=resting))

    assert sorted(channels) == sorted(members)
    awake = len(members) - len(resting)
    assert not resting.intersection(channels[:awake])


@given(groups, numbers)
def test_a_recipient_keeps_the_channel_whatever_else_is_configured_the_same(
    members: dict[str, float | None], recipient: PhoneNumber
) -> None:
    again = a_group(dict(reversed(members.items())))

    assert channels_for(recipient, a_group(members)) == channels_for(recipient, again)


@given(groups, numbers, st.data())
def test_a_recipient_moves_only_when_the_channel_itself_rests_or_goes(
    members: dict[str, float | None], recipient: PhoneNumber, data: st.DataObject
) -> None:
    group = a_group(members)
    before = channels_for(recipient, group)
    gone = data.draw(st.frozensets(st.sampled_from(sorted(members)), max_size=len(members) - 1))

    left = channels_for(recipient, a_group(members, resting=gone))
    assert [name for name in left if name not in gone] == [
        name for name in before if name not in gone
    ]
    if all(most is not None for most in members.values()):
        drained = channels_for(recipient, group.without(gone))
        assert drained == tuple(name for name in before if name not in gone)


@given(groups, numbers, st.floats(1.01, 100))
def test_who_may_carry_more_only_gains_recipients(
    members: dict[str, float | None], recipient: PhoneNumber, times: float
) -> None:
    fixed = {name: most or 500.0 for name, most in members.items()}
    grown = next(iter(fixed))

    before = channels_for(recipient, a_group(fixed))[0]
    after = channels_for(recipient, a_group({**fixed, grown: fixed[grown] * times}))[0]

    assert after in (before, grown)


@pytest.mark.parametrize(
    "ceilings",
    [
        {"a": 500, "b": 500},
        {"a": 100, "b": 300},
        {"a": 100, "b": 200, "c": 300, "d": 400},
        {"a": None, "b": None, "c": None},
    ],
)
def test_each_channel_has_recipients_in_proportion_to_what_it_may_carry(
    ceilings: dict[str, float | None],
) -> None:
    found = shares(a_group(ceilings))

    total = sum(most or 1 for most in ceilings.values())
    for name, most in ceilings.items():
        assert found[name] / len(NUMBERS) == pytest.approx((most or 1) / total, abs=0.025)


def test_one_without_a_ceiling_counts_as_much_as_the_largest_of_the_others() -> None:
    members = {"a": 100.0, "b": 300.0, "c": None}

    assert shares(a_group(members)) == shares(a_group({**members, "c": 300.0}))


def test_what_a_resting_channel_had_is_spread_over_all_others() -> None:
    members = {"a": 100.0, "b": 100.0, "c": 200.0}
    group = a_group(members)
    moved = Counter(
        channels_for(number, attrs.evolve(group, resting=frozenset("c")))[0]
        for number in NUMBERS
        if channels_for(number, group)[0] == "c"
    )

    assert moved["a"] / moved.total() == pytest.approx(0.5, abs=0.05)
    assert moved["c"] == 0

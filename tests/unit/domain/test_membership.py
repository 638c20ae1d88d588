import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.directory import Group, GroupId
from smscore.domain.membership import (
    check_nesting,
    distinct_numbers,
    distinct_recipients,
    nesting_of,
    reached,
)
from smscore.domain.numbers import PhoneNumber
from smscore.errors import InvalidRequest
from smscore.testing import a_contact, a_group

ids = st.integers(1, 8).map(GroupId)
graphs = st.lists(st.tuples(ids, ids))


def groups(*names: str) -> list[Group]:
    return [a_group(id=GroupId(number), name=name) for number, name in enumerate(names, start=1)]


@given(ids, graphs)
def test_reaching_ends_in_any_graph_and_finds_each_group_once(start, pairs):
    found = reached(start, nesting_of(pairs))

    assert found[0] == start
    assert len(set(found)) == len(found)


@given(ids, graphs)
def test_what_is_directly_in_a_reached_group_is_reached_and_nothing_else(start, pairs):
    found = set(reached(start, nesting_of(pairs)))

    assert found == {start} | {inner for outer, inner in pairs if outer in found}


@given(graphs)
def test_no_sequence_of_allowed_nestings_makes_a_circle(pairs):
    allowed: list[tuple[GroupId, GroupId]] = []
    for outer, inner in pairs:
        try:
            check_nesting(
                a_group(id=outer),
                a_group(id=inner),
                nesting=nesting_of(allowed),
                groups=(),
            )
        except InvalidRequest:
            continue
        allowed.append((outer, inner))

    nesting = nesting_of(allowed)
    assert not [
        group
        for group, inner in nesting.items()
        if any(group in reached(i, nesting) for i in inner)
    ]


def test_a_group_cannot_be_put_into_itself():
    (group,) = groups("oncall")

    with pytest.raises(InvalidRequest, match=r"would contain itself \(oncall > oncall\)"):
        check_nesting(group, group, nesting={}, groups=[group])


def test_a_circle_is_refused_with_the_way_round():
    everybody, north, oslo, _ = known = groups("everybody", "north", "oslo", "south")
    nesting = nesting_of(
        [(everybody.id, north.id), (everybody.id, GroupId(4)), (north.id, oslo.id)]
    )

    with pytest.raises(InvalidRequest) as refusal:
        check_nesting(oslo, everybody, nesting=nesting, groups=known)

    assert str(refusal.value) == (
        "group 'everybody' cannot be put into 'oslo': it would contain itself "
        "(oslo > everybody > north > oslo)"
    )


def test_a_group_may_be_in_several_groups():
    a, b, c = known = groups("a", "b", "c")

    check_nesting(b, c, nesting=nesting_of([(a.id, c.id), (a.id, b.id)]), groups=known)


def test_one_number_of_several_contacts_is_one_recipient():
    contacts = [
        a_contact(number=PhoneNumber("+491701234567")),
        a_contact(number=None),
        a_contact(number=PhoneNumber("+491709999999")),
        a_contact(number=PhoneNumber("01701234567")),  # before the account had a country
    ]

    assert distinct_numbers(contacts, home="DE") == ("+491701234567", "+491709999999")


def test_who_has_no_number_is_reached_at_an_address_and_each_once() -> None:
    contacts = [
        a_contact(number=None, email="anna@Reader.example"),
        a_contact(number=PhoneNumber("01701111111"), email="ben@reader.example"),
        a_contact(number=PhoneNumber("+491701111111")),
        a_contact(number=None, email="anna@reader.example"),
        a_contact(number=None, email='"a b"@reader.example'),
        a_contact(number=None),
    ]

    assert distinct_recipients(contacts, home="DE") == ("anna@reader.example", "+491701111111")

"""
Taking contacts and groups over from cards, and giving the whole directory out as cards.
"""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore import Gateway
from smscore.domain.cards import Card, CardKind, ImportPlan
from smscore.domain.messages import AccountId
from smscore.errors import RejectedItems
from smscore.services._auditing import Auditor
from smscore.services._settings import Settings
from smscore.services.directory import Directory
from smscore.testing import ManualClock, MemoryStore, an_account
from smscore_cards import VcardVersion, read_csv, read_vcards, write_csv, write_vcards

ACME = AccountId(1)


@pytest.fixture
def directory(gateway: Gateway):
    return gateway.directory


def group(line: int, name: str, *groups: str) -> Card:
    return Card(line=line, name=name, kind=CardKind.GROUP, groups=groups)


def faults(directory, *cards: Card) -> list[str]:
    found = [str(fault) for fault in directory.preview(ACME, cards).faults]
    if found:
        with pytest.raises(RejectedItems):
            directory.take_over(ACME, cards)
        assert not directory.contacts.find(ACME, matching="new")
    return found


def test_contacts_and_groups_are_made_as_cards_say(directory):
    directory.take_over(
        ACME,
        [
            Card(line=2, name="anna", number="0170 1234567", groups=("oncall", "all")),
            Card(line=3, name="bert", email="bert@example.org", notes="n"),
            group(4, "oncall", "all"),
        ],
    )

    anna, bert = directory.contacts.find(ACME)
    assert (anna.id, anna.number.value) == (1, "+491701234567")
    assert (bert.id, bert.email, bert.notes) == (2, "bert@example.org", "n")
    assert [one.name for one in directory.groups.all(ACME)] == ["oncall", "all"]
    assert [one.name for one in directory.groups.get(ACME, "all").groups] == ["oncall"]
    assert list(directory.group_numbers(ACME, "all")) == ["+491701234567"]


def test_what_is_known_by_name_is_changed_and_the_rest_stays(directory):
    directory.contacts.add(ACME, "anna", number="0170 1", notes="old", email="a@b")
    directory.contacts.add(ACME, "bert", number="0170 2")
    cards = [Card(line=2, name="anna", notes="new"), Card(line=3, name="bert", number="+491702")]

    plan = directory.take_over(ACME, cards)

    ((before, after),) = plan.changed
    assert after == attrs.evolve(before, notes="new")
    assert directory.contacts.get(ACME, "anna") == after
    assert [one.name for one in plan.unchanged] == ["bert"]


def test_a_preview_tells_all_and_changes_nothing(directory):
    directory.contacts.add(ACME, "anna")
    directory.groups.add(ACME, "all")
    directory.groups.join(ACME, "all", contacts=["anna"])
    cards = [Card(line=1, name="anna", groups=("all", "oncall")), Card(line=2, name="bert")]

    plan = directory.preview(ACME, cards)

    assert [one.name for one in plan.added] == ["bert"]
    assert [one.name for one in plan.unchanged] == ["anna"]
    assert [one.name for one in plan.added_groups] == ["oncall"]
    assert [(one.name, contact.name) for one, contact in plan.joining] == [("oncall", "anna")]
    assert [one.name for one in directory.contacts.find(ACME)] == ["anna"]
    assert len(directory.groups.all(ACME)) == 1


def test_taking_over_twice_changes_nothing_more(directory):
    cards = [
        Card(line=1, name="anna", number="0170 1", groups=("oncall",)),
        group(2, "oncall", "all"),
    ]
    directory.take_over(ACME, cards)
    before = list(directory.cards(ACME))

    plan = directory.take_over(ACME, cards)

    assert plan == ImportPlan(unchanged=plan.unchanged)
    assert list(directory.cards(ACME)) == before


def test_one_bad_card_keeps_all_out(directory):
    found = faults(
        directory,
        Card(line=2, name="new"),
        Card(line=3, name="bad name"),
        Card(line=5, name="carl", number="call me"),
        Card(line=7, name="dora", email="dora"),
        Card(line=8, name="erna", groups=("on call",)),
    )

    assert [one.partition(": ")[0] for one in found] == ["line 3", "line 5", "line 7", "line 8"]
    assert "'call me' is not a telephone number" in found[1]
    assert not directory.contacts.find(ACME)
    assert not directory.groups.all(ACME)


def test_a_name_that_is_given_twice_is_a_fault(directory):
    assert faults(
        directory, Card(line=2, name="new"), Card(line=9, name="new"), group(10, "new")
    ) == ["line 9: contact 'new' is described in line 2 already"]


def test_groups_of_a_file_cannot_make_a_circle(directory):
    directory.groups.add(ACME, "c")
    directory.groups.add(ACME, "a")
    directory.groups.join(ACME, "c", groups=["a"])

    assert faults(directory, group(1, "b", "a"), group(2, "c", "b"), group(3, "d", "d")) == [
        "line 2: group 'c' cannot be put into 'b': it would contain itself (b > c > a > b)",
        "line 3: group 'd' cannot be put into 'd': it would contain itself (d > d)",
    ]


def test_a_group_has_nothing_but_members(directory):
    card = attrs.evolve(group(1, "oncall"), number="1", email="", notes="")

    assert faults(directory, card) == ["line 1: group 'oncall' can have members, but nothing else"]
    assert not faults(directory, attrs.evolve(card, number=None))


def test_ids_that_are_free_are_given_as_asked_and_others_come_behind(directory):
    directory.contacts.add(ACME, "anna")

    directory.take_over(
        ACME,
        [Card(line=1, name="b"), Card(line=2, name="c", id=7), Card(line=3, name="anna", id=1)],
    )

    assert [(one.id, one.name) for one in directory.contacts.find(ACME)] == [
        (1, "anna"),
        (7, "c"),
        (8, "b"),
    ]
    assert directory.contacts.add(ACME, "d").id == 9


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (Card(line=1, name="new", id=1), "the id 1 is that of contact 'anna' here"),
        (Card(line=1, name="anna", id=5), "contact 'anna' has the id 1 here, not 5"),
        (Card(line=1, name="new", id=0), "the id 0 is not between 1 and 999999999"),
        (Card(line=1, name="new", id=10**30), "is not between 1 and 999999999"),
    ],
)
def test_an_id_means_what_it_says(directory, card, said):
    directory.contacts.add(ACME, "anna")

    (fault,) = faults(directory, card)

    assert said in fault


def test_an_id_that_is_given_twice_is_a_fault(directory):
    assert faults(directory, Card(line=1, name="new", id=5), Card(line=2, name="b", id=5)) == [
        "line 2: the id 5 is given in line 1 already"
    ]


def test_many_cards_are_taken_over_bit_by_bit(directory):
    cards = [Card(line=n, name=f"c{n}", groups=("all",)) for n in range(1, 1202)]
    done: list[int] = []

    directory.take_over(ACME, cards, progress=done.append)

    assert done == [200, 400, 600, 800, 1000, 1200, 1201]
    assert len(directory.groups.members(ACME, "all")) == 1201
    assert [one.name for one in directory.cards(ACME)][1:] == [one.name for one in cards]


# Property tests.

names = st.from_regex(r"[A-Za-z0-9._-]{1,6}", fullmatch=True)
notes = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
cards = st.lists(
    st.builds(
        Card,
        line=st.integers(1, 99),
        kind=st.sampled_from(CardKind),
        name=names,
        id=st.none() | st.integers(1, 20),
        number=st.none() | st.sampled_from(["+491701234567", "0170 1", "110", "x"]),
        email=st.sampled_from(["", "a@b", "a"]),
        notes=notes,
        groups=st.lists(st.sampled_from("abc"), max_size=3).map(tuple),
    ),
    max_size=8,
)


def empty_directory() -> Directory:
    store = MemoryStore()
    account = an_account(id=ACME, home_country="DE")
    store.run(lambda work: work.accounts.add(account)).result()
    return Directory(store=store, auditor=Auditor(ManualClock()), settings=Settings(store))


def filled_directory(cards) -> Directory:
    """With whatever of the cards is possible."""
    directory = empty_directory()
    for card in cards:
        if not directory.preview(ACME, [card]).faults:
            directory.take_over(ACME, [card])
    return directory


def described(directory: Directory, **changes: object) -> list[Card]:
    return [attrs.evolve(card, line=0, **changes) for card in directory.cards(ACME)]


@given(cards)
def test_a_whole_directory_survives_a_spreadsheet(cards):
    before, after = filled_directory(cards), empty_directory()

    after.take_over(ACME, read_csv("".join(write_csv(before.cards(ACME)))).cards)

    assert described(after) == described(before)


@pytest.mark.parametrize("version", VcardVersion)
@given(cards=cards)
def test_a_whole_directory_but_its_ids_survives_an_address_book(version, cards):
    before, after = filled_directory(cards), empty_directory()

    written = "".join(write_vcards(before.cards(ACME), version=version))
    after.take_over(ACME, read_vcards(written).cards)

    assert described(after, id=None) == described(before, id=None)


@given(cards)
def test_taking_a_directory_over_into_itself_changes_nothing(cards):
    directory = filled_directory(cards)

    plan = directory.preview(ACME, list(directory.cards(ACME)))

    assert plan == ImportPlan(unchanged=plan.unchanged)

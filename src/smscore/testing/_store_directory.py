"""
The store contract: contacts, groups, and who is in them.
"""

from collections.abc import Sequence

import attrs
import pytest

from smscore.domain.directory import Contact, ContactId, Group, GroupId
from smscore.domain.messages import AccountId
from smscore.domain.numbers import PhoneNumber
from smscore.errors import Conflict
from smscore.ports.storage import Store, UnitOfWork
from smscore.testing._store_kit import do
from smscore.testing.builders import a_contact, a_group

__all__ = ["DirectoryContract"]

_MINE, _THEIRS = AccountId(1), AccountId(2)
_EVERYTHING = a_contact(
    id=ContactId(2**53),
    name="Anna.M_1-2",
    number=PhoneNumber("+491701234567"),
    email="anna@example.org",
    notes='Ä "quoted"; line\r\nand % another _ 👩‍🚒',
)


def _add(store: Store, *contacts: Contact) -> None:
    do(store, lambda work: work.directory.add_contacts(contacts))


def _groups(store: Store, *names: str, account: AccountId = _MINE) -> Sequence[GroupId]:
    def work(work: UnitOfWork) -> Sequence[GroupId]:
        ids = [GroupId(number) for number in range(1, len(names) + 1)]
        for group, name in zip(ids, names, strict=True):
            work.directory.add_group(a_group(id=group, name=name, account=account))
        return ids

    return do(store, work)


def _nobody(number: int, **changes: object) -> Contact:
    return a_contact(id=ContactId(number), name=f"nobody{number}", number=None, **changes)


class DirectoryContract:
    """Each account has contacts and groups of its own, and they refer to one another."""

    # Contacts.

    @pytest.mark.parametrize("contact", [_EVERYTHING, _nobody(1)])
    def test_a_contact_comes_back_as_it_was(self, store: Store, contact: Contact) -> None:
        _add(store, contact)

        assert store.read(lambda view: view.directory.contact(_MINE, contact.id)) == contact
        assert list(
            store.read(lambda view: view.directory.contacts_named(_MINE, [contact.name, "x"]))
        ) == [contact]
        assert do(store, lambda work: work.directory.contact(_MINE, contact.id)) == contact

    def test_contacts_of_others_are_not_seen(self, store: Store) -> None:
        _add(store, a_contact())
        (group,) = _groups(store, "oncall")
        do(store, lambda work: work.directory.join(_MINE, group, contacts=[ContactId(1)]))

        assert store.read(lambda view: view.directory.contact(_THEIRS, ContactId(1))) is None
        assert not store.read(lambda view: view.directory.contacts_named(_THEIRS, ["anna"]))
        assert not store.read(lambda view: view.directory.contacts(_THEIRS))
        assert not store.read(lambda view: view.directory.contacts_in(_THEIRS, [group]))
        assert not store.read(lambda view: view.directory.groups(_THEIRS))
        assert not store.read(lambda view: view.directory.memberships(_THEIRS, [ContactId(1)]))
        assert store.read(lambda view: view.directory.newest_contact(_THEIRS)) == 0

    def test_two_accounts_may_use_the_same_ids_and_names(self, store: Store) -> None:
        mine, theirs = a_contact(), a_contact(account=_THEIRS)
        _add(store, mine)
        _add(store, theirs)
        _groups(store, "oncall")
        _groups(store, "oncall", account=_THEIRS)

        assert store.read(lambda view: view.directory.contact(_THEIRS, ContactId(1))) == theirs
        assert store.read(lambda view: view.directory.group_named(_THEIRS, "oncall"))

    @pytest.mark.parametrize("taken", [{"id": ContactId(2)}, {"name": "bert"}])
    def test_a_taken_id_or_name_of_a_contact_is_a_conflict(
        self, store: Store, taken: dict[str, object]
    ) -> None:
        _add(store, a_contact())

        with pytest.raises(Conflict):
            _add(store, _nobody(3), a_contact(**taken))

        assert list(store.read(lambda view: view.directory.contacts(_MINE))) == [a_contact()]

    def test_names_differ_by_capital_letters(self, store: Store) -> None:
        _add(store, a_contact())
        _add(store, a_contact(id=ContactId(2), name="Anna"))

        assert [
            one.id
            for one in store.read(lambda view: view.directory.contacts_named(_MINE, ["Anna"]))
        ] == [2]

    def test_a_contact_is_saved_and_may_keep_its_name(self, store: Store) -> None:
        _add(store, a_contact(), _nobody(2))
        changed = a_contact(number=None, notes="left")

        do(store, lambda work: work.directory.save_contact(changed))

        assert list(store.read(lambda view: view.directory.contacts(_MINE))) == [
            changed,
            _nobody(2),
        ]
        with pytest.raises(Conflict):
            do(
                store,
                lambda work: work.directory.save_contact(attrs.evolve(changed, name="nobody2")),
            )

    def test_contacts_are_listed_by_id_page_by_page(self, store: Store) -> None:
        _add(store, *(_nobody(number) for number in (11, 2, 1)))

        first = store.read(lambda view: view.directory.contacts(_MINE, limit=2))
        second = store.read(
            lambda view: view.directory.contacts(_MINE, after=ContactId(2), limit=2)
        )

        assert [one.id for one in (*first, *second)] == [1, 2, 11]

    @pytest.mark.parametrize(
        ("matching", "found"),
        [
            ("AnN", [1]),
            ("example.ORG", [2]),
            ("1701", [1]),
            ("+49", [1]),
            ("%", []),
            ("_", [2]),
            ("", [1, 2, 3]),
        ],
    )
    def test_contacts_are_found_by_a_part_of_what_they_are_called_by(
        self, store: Store, matching: str, found: list[int]
    ) -> None:
        _add(
            store,
            a_contact(),
            a_contact(id=ContactId(2), name="b_t", number=None, email="Bert@Example.org"),
            _nobody(3, notes="anna bert 1701"),
        )

        seen = store.read(lambda view: view.directory.contacts(_MINE, matching=matching))

        assert [one.id for one in seen] == found

    # Ids.

    def test_the_newest_id_is_remembered_though_its_contact_is_gone(self, store: Store) -> None:
        _add(store, _nobody(1), _nobody(7))
        _add(store, _nobody(3))
        do(store, lambda work: work.directory.remove_contact(_MINE, ContactId(7)))

        assert store.read(lambda view: view.directory.newest_contact(_MINE)) == 7
        assert store.read(lambda view: view.directory.newest_group(_MINE)) == 0

    def test_the_newest_id_of_a_group_is_remembered_as_well(self, store: Store) -> None:
        _groups(store, "a", "b")
        do(store, lambda work: work.directory.remove_group(_MINE, GroupId(2)))

        assert do(store, lambda work: work.directory.newest_group(_MINE)) == 2
        assert do(store, lambda work: work.directory.newest_contact(_MINE)) == 0

    # Groups and who is in them.

    def test_a_group_comes_back_by_id_and_name(self, store: Store) -> None:
        _groups(store, "oncall", "all")

        assert store.read(lambda view: view.directory.group_named(_MINE, "all")) == Group(
            id=GroupId(2), account=_MINE, name="all"
        )
        assert store.read(lambda view: view.directory.group(_MINE, GroupId(1))) == a_group()
        assert store.read(lambda view: view.directory.group_named(_MINE, "ALL")) is None
        assert [one.id for one in store.read(lambda view: view.directory.groups(_MINE))] == [1, 2]

    def test_a_taken_name_of_a_group_is_a_conflict(self, store: Store) -> None:
        _groups(store, "oncall", "all")

        with pytest.raises(Conflict):
            do(store, lambda work: work.directory.add_group(a_group(id=GroupId(9))))
        with pytest.raises(Conflict):
            do(store, lambda work: work.directory.save_group(a_group(id=GroupId(2))))
        do(store, lambda work: work.directory.save_group(a_group(name="night")))

        assert [one.name for one in store.read(lambda view: view.directory.groups(_MINE))] == [
            "night",
            "all",
        ]

    def test_who_is_in_several_groups_is_found_once(self, store: Store) -> None:
        _add(store, _nobody(1), _nobody(2), _nobody(3))
        one, two = _groups(store, "one", "two")

        def work(work: UnitOfWork) -> None:
            work.directory.join(_MINE, one, contacts=[ContactId(2), ContactId(1)])
            work.directory.join(_MINE, one, contacts=[ContactId(2)])
            work.directory.join(_MINE, two, contacts=[ContactId(2), ContactId(3)])

        do(store, work)

        found = store.read(lambda view: view.directory.contacts_in(_MINE, [two, one]))
        assert [contact.id for contact in found] == [1, 2, 3]
        assert not store.read(lambda view: view.directory.contacts_in(_MINE, []))
        pairs = store.read(
            lambda view: view.directory.memberships(_MINE, [ContactId(2), ContactId(3)])
        )
        assert [tuple(pair) for pair in pairs] == [(1, 2), (2, 2), (2, 3)]

    def test_groups_in_groups_are_told_in_order(self, store: Store) -> None:
        one, two, three = _groups(store, "one", "two", "three")

        def work(work: UnitOfWork) -> None:
            work.directory.join(_MINE, three, groups=[one])
            work.directory.join(_MINE, one, groups=[two])
            work.directory.join(_MINE, three, groups=[two, one])

        do(store, work)

        pairs = store.read(lambda view: view.directory.nesting(_MINE))
        assert [tuple(pair) for pair in pairs] == [(one, two), (three, one), (three, two)]

    def test_what_leaves_is_not_in_the_group_any_more(self, store: Store) -> None:
        _add(store, _nobody(1), _nobody(2))
        outer, inner = _groups(store, "outer", "inner")

        def work(work: UnitOfWork) -> None:
            both = [ContactId(1), ContactId(2)]
            work.directory.join(_MINE, outer, contacts=both, groups=[inner])
            work.directory.leave(_MINE, outer, contacts=[ContactId(1)], groups=[inner])
            work.directory.leave(_MINE, inner, contacts=[ContactId(1)])

        do(store, work)

        found = store.read(lambda view: view.directory.contacts_in(_MINE, [outer]))
        assert [contact.id for contact in found] == [2]
        assert not store.read(lambda view: view.directory.nesting(_MINE))

    def test_a_contact_and_a_group_of_one_id_are_not_mistaken(self, store: Store) -> None:
        _add(store, _nobody(1), _nobody(2))
        outer, inner = _groups(store, "outer", "inner")
        do(
            store,
            lambda work: work.directory.join(_MINE, outer, contacts=[ContactId(2)], groups=[inner]),
        )

        do(store, lambda work: work.directory.leave(_MINE, outer, contacts=[ContactId(2)]))

        assert not store.read(lambda view: view.directory.contacts_in(_MINE, [outer]))
        assert len(store.read(lambda view: view.directory.nesting(_MINE))) == 1

    def test_what_is_removed_is_in_no_group_and_holds_nothing(self, store: Store) -> None:
        _add(store, _nobody(1), _nobody(2))
        outer, middle, inner = _groups(store, "outer", "middle", "inner")

        def work(work: UnitOfWork) -> None:
            work.directory.join(_MINE, outer, contacts=[ContactId(1)], groups=[middle])
            work.directory.join(_MINE, middle, contacts=[ContactId(2)], groups=[inner])

        do(store, work)
        do(store, lambda work: work.directory.remove_group(_MINE, middle))
        do(store, lambda work: work.directory.remove_contact(_MINE, ContactId(1)))

        assert not store.read(lambda view: view.directory.nesting(_MINE))
        assert not store.read(
            lambda view: view.directory.contacts_in(_MINE, [outer, middle, inner])
        )
        assert [one.id for one in store.read(lambda view: view.directory.contacts(_MINE))] == [2]
        assert [one.id for one in store.read(lambda view: view.directory.groups(_MINE))] == [1, 3]

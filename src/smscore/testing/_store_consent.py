"""
The store contract: who may be written to.
"""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from smscore.domain.consent import Mark, MarkKind
from smscore.domain.messages import AccountId, MessageId
from smscore.errors import Rejected
from smscore.ports.storage import Store, Topic, UnitOfWork, View
from smscore.testing._store_kit import do, do_each
from smscore.testing.builders import a_mark
from smscore.testing.fakes import NOON

__all__ = ["ConsentContract"]

_ACME, _SHOP = AccountId(1), AccountId(2)


def _put(store: Store, *marks: Mark) -> None:
    do_each(store, marks, lambda work, mark: work.consent.put(mark))


def _known(store: Store) -> list[Mark]:
    return list(store.read(lambda view: view.consent.find()))


class ConsentContract:
    """A number has one mark of each kind, account and sender."""

    def test_a_mark_is_kept_with_all_it_tells(self, store: Store) -> None:
        plain = a_mark()
        full = a_mark(
            number="b" * 64,
            account=_SHOP,
            sender="grüße 😀",
            why="STOPP",
            message=MessageId(2**62),
            at=NOON + timedelta(microseconds=1),
        )
        _put(store, plain, full)

        assert _known(store) == [plain, full]
        assert list(do(store, lambda work: work.consent.find())) == [plain, full]

    def test_a_store_without_marks_says_so(self, store: Store) -> None:
        def is_empty(view: View) -> bool:
            return view.consent.is_empty()

        found = [do(store, is_empty)]
        _put(store, a_mark())
        found += [do(store, is_empty), store.read(is_empty)]
        do(store, lambda work: work.consent.remove(a_mark()))
        found += [do(store, is_empty), store.read(is_empty)]

        assert found == [True, False, False, True, True]

    def test_the_first_mark_is_seen_by_its_own_unit(self, store: Store) -> None:
        def put_and_look(work: UnitOfWork) -> tuple[bool, bool, list[Mark]]:
            before = work.consent.is_empty()
            work.consent.put(a_mark())
            return before, work.consent.is_empty(), list(work.consent.of([a_mark().number]))

        assert do(store, put_and_look) == (True, False, [a_mark()])

    def test_the_marks_of_numbers_are_found_together(self, store: Store) -> None:
        marks = [a_mark(number=f"{place:064x}") for place in range(700)]
        also = a_mark(number=marks[5].number, kind=MarkKind.DENIED, account=_ACME)
        _put(store, also)

        def put_all(work: UnitOfWork) -> None:
            for mark in marks:
                work.consent.put(mark)

        do(store, put_all)

        def found(*numbers: str) -> list[Mark]:
            return sorted(do(store, lambda work: work.consent.of(numbers)), key=_place)

        assert found(*(mark.number for mark in marks)) == sorted([*marks, also], key=_place)
        assert found(marks[5].number) == sorted([marks[5], also], key=_place)
        assert found("none", marks[0].number) == [marks[0]]
        assert found("none") == found() == []

    def test_a_mark_replaces_that_of_its_number_kind_account_and_sender(self, store: Store) -> None:
        first = a_mark(account=_ACME)
        others = [
            a_mark(account=_ACME, kind=MarkKind.DENIED),
            a_mark(account=_SHOP),
            a_mark(account=_ACME, sender="shop"),
            a_mark(),
        ]
        newer = attrs.evolve(first, at=NOON + timedelta(days=1), why="STOP")
        _put(store, first, *others, newer)

        assert sorted(_known(store), key=_place) == sorted([newer, *others], key=_place)

    def test_one_mark_is_removed_and_no_other(self, store: Store) -> None:
        _put(store, a_mark(account=_ACME), a_mark(account=_SHOP))

        for _ in range(2):  # there may be none
            do(store, lambda work: work.consent.remove(a_mark(account=_ACME)))

        assert _known(store) == [a_mark(account=_SHOP)]

    def test_an_account_is_selective_if_it_allows_somebody(self, store: Store) -> None:
        _put(store, a_mark(account=_ACME, kind=MarkKind.ALLOWED), a_mark(account=_SHOP))

        def look(view: View) -> list[bool]:
            return [view.consent.is_selective(one) for one in (_ACME, _SHOP)]

        assert do(store, look) == store.read(look) == [True, False]

    def test_marks_are_counted_by_kind_and_account(self, store: Store) -> None:
        _put(
            store,
            a_mark(),
            a_mark(number="b" * 64),
            a_mark(account=_ACME),
            a_mark(account=_ACME, kind=MarkKind.DENIED),
        )

        assert store.read(lambda view: dict(view.consent.counts())) == {
            (MarkKind.OPTED_OUT, None): 2,
            (MarkKind.OPTED_OUT, _ACME): 1,
            (MarkKind.DENIED, _ACME): 1,
        }

    def test_marks_are_read_page_by_page(self, store: Store) -> None:
        marks = sorted(
            (
                a_mark(number=number, kind=kind, account=account, sender=sender)
                for number in ("a" * 64, "b" * 64)
                for kind in MarkKind
                for account in (None, _ACME)
                for sender in ("", "shop")
            ),
            key=_place,
        )
        _put(store, *marks)

        def page(view: View, after: Mark | None) -> list[Mark]:
            return list(view.consent.find(after=after, limit=10))

        first = store.read(lambda view: page(view, None))
        second = store.read(lambda view: page(view, first[-1]))
        third = store.read(lambda view: page(view, second[-1]))

        assert [len(first), len(second), len(third)] == [10, 10, 4]
        assert [*first, *second, *third] == marks

    def test_marks_are_undone_with_their_unit(self, store: Store) -> None:
        def change_and_fail(work: UnitOfWork) -> None:
            work.consent.put(a_mark())
            raise Rejected("not today")

        with pytest.raises(Rejected):
            do(store, change_and_fail)

        assert do(store, lambda work: work.consent.is_empty())
        assert _known(store) == []

    def test_whoever_decides_by_marks_is_woken(self, store: Store) -> None:
        wakeup = store.wakeup(Topic.CONSENT)

        _put(store, a_mark())
        assert wakeup.wait(0)
        do(store, lambda work: work.consent.remove(a_mark()))
        assert wakeup.wait(0)

    def test_a_mark_that_another_process_put_is_seen_by_the_next_unit(
        self, store: Store, other: Store
    ) -> None:
        assert do(store, lambda work: work.consent.is_empty())

        _put(other, a_mark())

        assert not do(store, lambda work: work.consent.is_empty())


def _place(mark: Mark) -> tuple[Any, ...]:
    return mark.number, mark.kind.value, mark.account or 0, mark.sender

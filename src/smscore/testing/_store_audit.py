"""
The store contract: the audit log.
"""

from datetime import timedelta

import attrs
import pytest

from smscore.domain.audit import AuditEntry
from smscore.ports.storage import Store, UnitOfWork
from smscore.testing._store_kit import do, do_each
from smscore.testing.fakes import NOON

__all__ = ["AuditContract"]

_ENTRY = AuditEntry(at=NOON, who="anna", what="account.created", subject="shop")


def _write(store: Store, *, count: int) -> list[AuditEntry]:
    """Some entries, a minute apart."""
    entries = [
        attrs.evolve(_ENTRY, at=NOON + timedelta(minutes=one), subject=f"shop-{one}")
        for one in range(count)
    ]
    do_each(store, entries, lambda work, entry: work.audit.add(entry))
    return entries


class AuditContract:
    """What people did is kept as it was, newest first."""

    def test_an_entry_is_kept_with_all_it_tells(self, store: Store) -> None:
        full = attrs.evolve(_ENTRY, who="Änne", detail={"credits": -5, "why": "ü 😀", "to": None})
        do_each(store, (_ENTRY, full), lambda work, entry: work.audit.add(entry))

        found = store.read(lambda view: view.audit.find())

        assert [entry for _, entry in found] == [full, _ENTRY]
        assert list(do(store, lambda work: work.audit.find())) == list(found)

    def test_the_log_is_read_page_by_page(self, store: Store) -> None:
        entries = _write(store, count=5)

        first = store.read(lambda view: view.audit.find(limit=3))
        second = store.read(lambda view: view.audit.find(before=first[-1][0], limit=3))

        assert [entry for _, entry in [*first, *second]] == entries[::-1]

    def test_the_log_is_read_since_a_moment(self, store: Store) -> None:
        entries = _write(store, count=5)

        found = store.read(lambda view: view.audit.find(since=entries[3].at))

        assert [entry for _, entry in found] == [entries[4], entries[3]]

    def test_old_entries_are_pruned_and_their_numbers_not_given_again(self, store: Store) -> None:
        entries = _write(store, count=3)
        newest = store.read(lambda view: view.audit.find())[0][0]
        later = entries[-1].at + timedelta(minutes=1)

        pruned = [do(store, lambda work: work.audit.prune(before=later, limit=2)) for _ in range(3)]
        do(store, lambda work: work.audit.add(_ENTRY))

        assert pruned == [2, 1, 0]
        ((number, _),) = store.read(lambda view: view.audit.find())
        assert number > newest

    def test_an_entry_is_not_there_if_its_unit_raised(self, store: Store) -> None:
        def work(work: UnitOfWork) -> None:
            work.audit.add(_ENTRY)
            raise LookupError

        with pytest.raises(LookupError):
            do(store, work)

        assert list(store.read(lambda view: view.audit.find())) == []

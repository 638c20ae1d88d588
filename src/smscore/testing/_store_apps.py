"""
The store contract: versions of the app for phones.
"""

from datetime import timedelta

import pytest

from smscore.domain.apps import AppVersion
from smscore.errors import Rejected
from smscore.ports.storage import Store, UnitOfWork
from smscore.testing._store_kit import do, do_each
from smscore.testing.builders import an_app_manifest, an_app_version
from smscore.testing.fakes import NOON

__all__ = ["AppsContract"]


def _put(store: Store, *versions: AppVersion) -> None:
    do_each(store, versions, lambda work, version: work.apps.put(version))


def _all(store: Store) -> list[AppVersion]:
    return list(store.read(lambda view: view.apps.all()))


class AppsContract:
    """A version has a code of its own."""

    def test_a_version_is_kept_with_all_that_is_known_of_it(self, store: Store) -> None:
        manifest = an_app_manifest(
            version="1.0 „grün“ 😀", code=2**31 - 1, certificates=("a" * 64, "b" * 64)
        )
        version = an_app_version(
            manifest,
            size=2**33,
            notes="- faster\n- ü",
            is_active=True,
            downloads=2**40,
            withdrawn_at=NOON + timedelta(microseconds=1),
        )
        _put(store, version)

        assert store.read(lambda view: view.apps.get(2**31 - 1)) == version
        assert do(store, lambda work: work.apps.get(2**31 - 1)) == version
        assert store.read(lambda view: view.apps.get(1)) is None

    def test_the_version_with_the_highest_code_comes_first(self, store: Store) -> None:
        versions = [an_app_version(an_app_manifest(code=code)) for code in (9, 100, 10)]
        _put(store, *versions)

        found = [version.code for version in _all(store)]
        assert found == [100, 10, 9]
        assert do(store, lambda work: list(work.apps.all())) == _all(store)

    def test_a_version_takes_the_place_of_that_with_its_code(self, store: Store) -> None:
        newer = an_app_version(digest="e2" * 32, withdrawn_at=NOON)
        _put(store, an_app_version(downloads=7), newer)

        assert _all(store) == [newer]

    def test_versions_are_undone_with_their_unit(self, store: Store) -> None:
        _put(store, an_app_version())

        def change_and_fail(work: UnitOfWork) -> None:
            work.apps.put(an_app_version(downloads=1))
            work.apps.put(an_app_version(an_app_manifest(code=2)))
            raise Rejected("not today")

        with pytest.raises(Rejected):
            do(store, change_and_fail)

        assert _all(store) == [an_app_version()]

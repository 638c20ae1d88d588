from datetime import timedelta

import pytest

from smscore.errors import Conflict, NotFound
from smscore.services._auditing import Auditor
from smscore.services.apps import Apps
from smscore.testing import NOON, ManualClock, MemoryStore, an_app_manifest

DIGEST, OTHER = "d1" * 32, "d2" * 32


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def apps(clock: ManualClock) -> Apps:
    return Apps(store=MemoryStore(clock=clock), clock=clock, auditor=Auditor(clock))


def publish(apps: Apps, code: int, *, digest: str = DIGEST, **options):
    manifest = an_app_manifest(code=code, version=f"1.{code}")
    return apps.publish(manifest, digest=digest, size=10, **options)


def test_a_published_version_can_be_had_but_is_not_active(apps: Apps):
    version = publish(apps, 1, notes="first")

    assert apps.get(1) == version
    assert list(apps.published()) == [version]
    assert (version.notes, version.published_at, version.downloads) == ("first", NOON, 0)
    assert apps.active() is None


def test_at_most_one_version_is_active(apps: Apps):
    first = publish(apps, 1, activate=True)
    assert apps.active() == first

    publish(apps, 2, activate=True)
    assert [one.is_active for one in apps.all()] == [True, False]

    apps.activate(1)
    assert [one.is_active for one in apps.all()] == [False, True]


def test_what_phones_would_not_take_is_refused_beforehand_and_when_it_is_published(apps: Apps):
    publish(apps, 2)

    with pytest.raises(Conflict):
        apps.check(an_app_manifest(code=2))
    with pytest.raises(Conflict):
        publish(apps, 1)
    assert [one.code for one in apps.all()] == [2]


def test_a_forced_version_replaces_that_of_its_code_and_stays_active(apps: Apps):
    apps.count_downloads(publish(apps, 1, activate=True), count=3)

    replaced = publish(apps, 1, digest=OTHER, force=True)

    assert apps.active() == replaced
    assert (replaced.digest, replaced.downloads) == (OTHER, 0)


def test_what_is_known_of_a_file_stays_when_it_is_published_once_more(
    apps: Apps, clock: ManualClock
):
    apps.count_downloads(publish(apps, 1, notes="first", activate=True), count=3)
    clock.move(seconds=60)

    same = publish(apps, 1, force=True)

    assert apps.active() == same
    assert (same.notes, same.published_at, same.downloads) == ("first", NOON, 3)
    assert publish(apps, 1, notes="other", force=True).notes == "other"


def test_a_withdrawn_version_is_remembered_and_cannot_be_had(apps: Apps, clock: ManualClock):
    publish(apps, 1, activate=True)
    clock.move(seconds=60)

    withdrawn = apps.withdraw(1)

    assert withdrawn.withdrawn_at == NOON + timedelta(minutes=1)
    assert apps.active() is None
    assert list(apps.published()) == []
    assert list(apps.all()) == [withdrawn]
    for ask in (apps.get, apps.activate, apps.withdraw):
        with pytest.raises(NotFound, match="code 1; 'smscore app list'"):
            ask(1)


def test_a_withdrawn_version_that_is_published_again_is_not_active(apps: Apps, clock: ManualClock):
    publish(apps, 1, activate=True)
    apps.count_downloads(apps.withdraw(1), count=2)
    clock.move(seconds=60)

    again = publish(apps, 1)

    assert again.is_published
    assert (again.published_at, again.downloads) == (NOON + timedelta(minutes=1), 2)
    assert apps.active() is None


def test_downloads_are_counted_of_the_file_that_they_were_of(apps: Apps):
    first = publish(apps, 1)
    apps.count_downloads(first, count=2)
    apps.count_downloads(first, count=1)
    assert apps.get(1).downloads == 3

    publish(apps, 1, digest=OTHER, force=True)
    apps.count_downloads(first, count=1)  # it had begun before
    assert apps.get(1).downloads == 0


def test_a_download_that_ends_after_its_version_was_withdrawn_counts(apps: Apps):
    version = publish(apps, 1)
    apps.withdraw(1)

    apps.count_downloads(version, count=1)

    assert [one.downloads for one in apps.all()] == [1]

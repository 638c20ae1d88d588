from datetime import timedelta

import pytest

from smscore.domain.apps import check_successor
from smscore.errors import Conflict
from smscore.testing import NOON, an_app_manifest, an_app_version

OTHERS = ("c2" * 32,)


def published(code: int, **changes):
    """Published in the order of the codes."""
    at = NOON + timedelta(days=code)
    return an_app_version(an_app_manifest(code=code, **changes), published_at=at)


@pytest.mark.parametrize("versions", [[], [published(1)], [published(1), published(4)]])
def test_a_higher_code_follows_whatever_there_is(versions):
    check_successor(an_app_manifest(code=5), versions=versions)


@pytest.mark.parametrize("code", [5, 4, 0])
def test_a_code_that_is_not_higher_than_each_published_one_is_refused(code: int):
    with pytest.raises(Conflict, match=f"version code {code} is not higher than 5"):
        check_successor(an_app_manifest(code=code), versions=[published(5), published(3)])


def test_a_code_that_was_withdrawn_may_be_published_again():
    versions = [published(4), published(5).withdrawn(at=NOON)]

    check_successor(an_app_manifest(code=5), versions=versions)


def test_another_app_is_refused():
    with pytest.raises(Conflict, match=r"it is the app org\.example\.other"):
        check_successor(
            an_app_manifest(code=2, package="org.example.other"), versions=[published(1)]
        )


def test_an_app_that_is_signed_differently_is_refused():
    with pytest.raises(Conflict, match="signed differently than version code 1"):
        check_successor(an_app_manifest(code=2, certificates=OTHERS), versions=[published(1)])


def test_phones_may_have_what_was_withdrawn_so_its_signature_counts():
    versions = [published(1).withdrawn(at=NOON)]

    with pytest.raises(Conflict, match="signed differently"):
        check_successor(an_app_manifest(code=2, certificates=OTHERS), versions=versions)


def test_the_version_that_was_published_last_is_the_one_to_follow():
    versions = [published(1), published(2, certificates=OTHERS)]  # which had to be forced

    check_successor(an_app_manifest(code=3, certificates=OTHERS), versions=versions)
    with pytest.raises(Conflict, match="than version code 2"):
        check_successor(an_app_manifest(code=3), versions=versions)


def test_one_certificate_in_common_is_enough_for_a_key_to_be_replaced():
    """The new key signs for new phones, the old one for old phones."""
    both = (*an_app_manifest().certificates, *OTHERS)

    check_successor(an_app_manifest(code=2, certificates=both), versions=[published(1)])

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from smscore.domain.languages import Language
from smscore.domain.numbers import SenderId
from smscore.domain.settings import AccountChanges, check_amount, check_tariff
from smscore.errors import InvalidRequest
from smscore.testing import an_account

FULL = an_account(
    tariff="enterprise",
    home_country="DE",
    time_zone="Europe/Berlin",
    default_sender=SenderId("ACME"),
    credits=5,
    monthly_limit=100,
    used=7,
    month="2026-11",
    subscription_until=datetime(2027, 1, 1, tzinfo=UTC),
)


def test_what_is_not_wished_stays():
    assert AccountChanges().apply(FULL) == FULL


@pytest.mark.parametrize(
    "wish",
    [
        {"tariff": "standard"},
        {"home_country": "FR"},
        {"home_country": None},
        {"time_zone": "UTC"},
        {"default_sender": SenderId("SHOP")},
        {"default_sender": None},
        {"monthly_limit": 0},
        {"monthly_limit": None},
        {"subscription_until": None},
    ],
)
def test_what_is_wished_is_all_that_changes(wish: dict[str, Any]):
    assert AccountChanges(**wish).apply(FULL) == replace(FULL, **wish)


def test_how_texts_are_sent_changes_one_by_one():
    first = AccountChanges(languages=(Language.TURKISH,), max_parts=3).apply(FULL)
    second = AccountChanges(wide_reference=True, languages=()).apply(first)

    assert (first.encoding.languages, first.encoding.max_parts) == ((Language.TURKISH,), 3)
    assert (second.encoding.languages, second.encoding.wide_reference) == ((), True)
    assert second.encoding.max_parts == 3


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"home_country": "Germany"}, "two capital letters"),
        ({"time_zone": "Berlin"}, "such as Europe/Berlin"),
        ({"time_zone": "../etc"}, "such as Europe/Berlin"),
        ({"monthly_limit": -1}, "0 or more"),
        ({"monthly_limit": 2**53}, "0 or more"),
        ({"monthly_limit": 1.5}, "must be a whole number, not 1.5"),
        ({"claim_lease": timedelta(days=36_501)}, "36500 at most"),
        ({"subscription_until": datetime(2027, 1, 1)}, "has no time zone"),  # noqa: DTZ001  # that is what is wrong
        ({"subscription_until": datetime.max.replace(tzinfo=UTC)}, "a year from 2 to 8999"),
    ],
)
def test_what_cannot_be_is_refused_at_once(wish: dict[str, Any], complaint: str):
    with pytest.raises(InvalidRequest, match=complaint):
        AccountChanges(**wish)


def test_so_many_parts_cannot_be():
    with pytest.raises(InvalidRequest):
        AccountChanges(max_parts=256).apply(FULL)


def test_a_tariff_must_be_configured():
    check_tariff("standard", known=["standard", "unlimited"])
    with pytest.raises(InvalidRequest, match="'golden'; configured are: standard, unlimited"):
        check_tariff("golden", known=["standard", "unlimited"])


@pytest.mark.parametrize("amount", [-1, 2**53])
def test_an_amount_is_one_that_every_surface_can_tell(amount: int):
    with pytest.raises(InvalidRequest, match="credits must be 0 or more"):
        check_amount(amount, "credits")

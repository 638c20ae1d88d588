from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.accounts import changed_options, check_name
from smscore.domain.languages import Language
from smscore.domain.messages import MessageId
from smscore.domain.segments import EncodingOptions
from smscore.errors import InsufficientCredits, InvalidRequest, LimitExceeded, SubscriptionRequired
from smscore.testing import NOON, an_account

FIRST = MessageId(1)


def test_an_account_that_meters_nothing_only_counts() -> None:
    spent, entry = an_account().spend(messages=3, credits=3, first=FIRST, now=NOON)

    assert (spent.credits, spent.used, entry) == (None, 3, None)


def test_credits_are_taken_whole_or_not_at_all() -> None:
    with pytest.raises(InsufficientCredits, match="costs 6 credits, account 'acme' has 5"):
        an_account(credits=5).spend(messages=2, credits=6, first=FIRST, now=NOON)


def test_a_request_that_does_not_fit_into_the_month_is_refused() -> None:
    account = an_account(monthly_limit=10, used=9, month="2026-03")

    with pytest.raises(LimitExceeded) as refusal:
        account.spend(messages=2, credits=0, first=FIRST, now=NOON)

    assert (refusal.value.limit, refusal.value.used) == (10, 9)


def test_a_new_month_begins_at_midnight_in_the_accounts_time_zone() -> None:
    account = an_account(monthly_limit=10, used=10, month="2026-02", time_zone="Europe/Berlin")
    last_second = datetime(2026, 2, 28, 22, 59, 59, tzinfo=UTC)

    assert account.used_in(last_second) == 10
    assert account.used_in(last_second + timedelta(seconds=1)) == 0


@pytest.mark.parametrize(
    ("time_zone", "begin", "before", "month"),
    [
        # Summer time begins in the last night of March, and ends in October's last week.
        ("Europe/Berlin", "2024-03-31T22:00:00", "2024-03", "2024-04"),
        ("Europe/Berlin", "2026-10-31T23:00:00", "2026-10", "2026-11"),
        ("Europe/Berlin", "2026-12-31T23:00:00", "2026-12", "2027-01"),
        # A year ends a day apart at both ends of the world.
        ("Pacific/Kiritimati", "2026-12-31T10:00:00", "2026-12", "2027-01"),
        ("Pacific/Pago_Pago", "2027-01-01T11:00:00", "2026-12", "2027-01"),
        ("Asia/Kathmandu", "2026-12-31T18:15:00", "2026-12", "2027-01"),
        ("Pacific/Chatham", "2026-12-31T10:15:00", "2026-12", "2027-01"),
        # The first hour of the month is repeated, or does not exist.
        ("America/Havana", "2026-11-01T04:00:00", "2026-10", "2026-11"),
        ("America/Asuncion", "2017-10-01T04:00:00", "2017-09", "2017-10"),
        # Half an hour less than before, at midnight of the first day.
        ("Asia/Pyongyang", "2018-04-30T15:30:00", "2018-04", "2018-05"),
        # The day before was left out: the last day of the year is followed by another year.
        ("Pacific/Apia", "2011-12-31T10:00:00", "2011-12", "2012-01"),
        ("UTC", "2028-03-01T00:00:00", "2028-02", "2028-03"),
    ],
)
def test_a_month_begins_when_the_clocks_of_its_time_zone_say_so(
    time_zone: str, begin: str, before: str, month: str
) -> None:
    first = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    last = first - timedelta(microseconds=1)

    ending, _ = an_account(time_zone=time_zone).spend(messages=5, credits=0, first=FIRST, now=last)
    begun, _ = ending.spend(messages=2, credits=0, first=FIRST, now=first)

    assert (ending.month, ending.used, ending.used_in(last)) == (before, 5, 5)
    assert (begun.month, begun.used, begun.used_in(first)) == (month, 2, 2)


def test_an_hour_that_comes_twice_does_not_begin_the_month_twice() -> None:
    """In Havana summer time ends at one o'clock of the first of November: it is midnight again."""
    account = an_account(time_zone="America/Havana", monthly_limit=3)
    midnight = datetime(2026, 11, 1, 4, tzinfo=UTC)

    account, _ = account.spend(messages=3, credits=0, first=FIRST, now=midnight)

    assert account.used_in(midnight + timedelta(hours=1)) == 3
    with pytest.raises(LimitExceeded):
        account.spend(messages=1, credits=0, first=FIRST, now=midnight + timedelta(hours=1))


@given(
    time_zone=st.sampled_from(sorted(available_timezones())),
    seconds=st.integers(0, 25 * 365 * 86_400),
)
def test_the_month_is_that_of_the_calendar_on_the_wall(time_zone: str, seconds: int) -> None:
    at = datetime(2012, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    account, _ = an_account(time_zone=time_zone).spend(messages=1, credits=0, first=FIRST, now=at)

    assert account.month == f"{at.astimezone(ZoneInfo(time_zone)):%Y-%m}"


@pytest.mark.parametrize(("messages", "month", "left"), [(2, "2026-03", 7), (9, "2026-02", 9)])
def test_what_was_not_accepted_after_all_makes_room_in_its_month(
    messages: int, month: str, left: int
) -> None:
    account = an_account(monthly_limit=10, used=9, month=month)

    assert account.uncounted(messages=messages, now=NOON).used == left


def test_an_ended_subscription_refuses_before_anything_else() -> None:
    account = an_account(credits=0, monthly_limit=0, subscription_until=NOON)

    with pytest.raises(SubscriptionRequired):
        account.spend(messages=1, credits=1, first=FIRST, now=NOON)


@given(
    opening=st.integers(0, 1000),
    moves=st.lists(st.tuples(st.sampled_from(["spend", "refund", "topup"]), st.integers(0, 400))),
)
def test_credit_never_falls_below_zero_and_entries_add_up_to_it(
    opening: int, moves: list[tuple[str, int]]
) -> None:
    account, entries = an_account(credits=opening), []
    for move, amount in moves:
        try:
            match move:
                case "spend":
                    account, entry = account.spend(
                        messages=1, credits=amount, first=FIRST, now=NOON
                    )
                case "refund":
                    account, entry = account.refund(
                        credits=amount, message=FIRST, now=NOON, why="failed"
                    )
                case _:
                    account, entry = account.top_up(credits=amount, now=NOON, why="paid")
        except InsufficientCredits:
            continue
        entries += [entry] if entry else []
        assert account.credits is not None
        assert account.credits >= 0

    assert account.credits == opening + sum(entry.credits for entry in entries)
    assert not entries or entries[-1].balance == account.credits


def test_spending_and_refunding_the_same_restores_the_balance() -> None:
    spent, _ = an_account(credits=7).spend(messages=1, credits=3, first=FIRST, now=NOON)
    restored, _ = spent.refund(credits=3, message=FIRST, now=NOON, why="failed")

    assert restored.credits == 7


def test_credit_cannot_be_taken_below_zero() -> None:
    with pytest.raises(InsufficientCredits):
        an_account(credits=5).top_up(credits=-6, now=NOON, why="correction")


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "ü", "a/b", "a\n"])
def test_a_name_that_would_not_fit_into_a_channels_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        check_name(name, of="an account")


EVERYTHING = EncodingOptions(
    languages=(Language.TURKISH,), wide_reference=True, replace_typography=True, max_parts=3
)


def test_an_account_allows_its_texts_nothing_that_was_not_asked_for() -> None:
    assert an_account().encoding == EncodingOptions(
        languages=(), wide_reference=False, replace_typography=False, max_parts=50
    )


def test_what_an_account_allows_is_one_of_its_settings() -> None:
    account = an_account()

    assert not account.has_same_settings(an_account(encoding=EVERYTHING))
    assert account.has_same_settings(an_account(credits=5, used=7))


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({}, EVERYTHING),
        ({"languages": ()}, attrs.evolve(EVERYTHING, languages=())),
        ({"wide_reference": False}, attrs.evolve(EVERYTHING, wide_reference=False)),
        ({"replace_typography": False}, attrs.evolve(EVERYTHING, replace_typography=False)),
        ({"max_parts": 255}, attrs.evolve(EVERYTHING, max_parts=255)),
    ],
)
def test_only_what_is_given_is_changed(changes: dict[str, Any], changed: EncodingOptions) -> None:
    assert changed_options(EVERYTHING, **changes) == changed


def test_a_language_is_allowed_once_in_the_order_of_the_wish() -> None:
    wanted = [Language.URDU, Language.TURKISH, Language.URDU]

    options = changed_options(EncodingOptions(), languages=wanted)

    assert options.languages == (Language.URDU, Language.TURKISH)


@pytest.mark.parametrize("number", [0, -1, 256])
def test_a_number_of_parts_that_no_header_can_count_is_refused(number: int) -> None:
    with pytest.raises(InvalidRequest, match=f"1 to 255 parts, not {number}"):
        changed_options(EncodingOptions(), max_parts=number)

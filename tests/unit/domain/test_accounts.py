from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.accounts import check_name
from smscore.domain.messages import MessageId
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

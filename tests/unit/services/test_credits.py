from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore import Gateway
from smscore.domain.ledger import EntryKind
from smscore.domain.messages import MessageId, Surface
from smscore.domain.routes import Route
from smscore.errors import InsufficientCredits, LimitExceeded, PermanentFailure, Rejected
from smscore.services.submission import Item, Submission
from smscore.testing import FakeTransport, ManualClock, MemoryStore, an_account

TO = "+491701234567"
SUBMITTERS = 64


def submit(gateway: Gateway, *texts: str, account: str = "acme") -> None:
    request = Submission(
        account=gateway.inquiry.account_named(account).id,
        surface=Surface.LIBRARY,
        items=tuple(Item(to=TO, text=text) for text in texts or ("hello",)),
    )
    gateway.submissions.begin(request).result()


def is_accepted(gateway: Gateway, *texts: str, account: str = "acme") -> bool:
    try:
        submit(gateway, *texts, account=account)
    except Rejected:
        return False
    return True


def spent(gateway: Gateway) -> list[tuple[EntryKind, int, int]]:
    """The entries, oldest first: kind, credits, balance."""
    entries = gateway.inquiry.statement(gateway.inquiry.account_named("acme").id)
    return [(one.kind, one.credits, one.balance) for one in reversed(entries)]


# At the limit.


def test_sixty_four_submitters_do_not_spend_more_than_there_is(
    gateway: Gateway, at_once: Callable[..., list[bool]]
) -> None:
    gateway.administration.credit("acme", 90, why="paid")

    def submit_some(number: int) -> int:
        return sum(is_accepted(gateway, "x" * 161) for _ in range(1 + number % 3))

    calls = [lambda number=number: submit_some(number) for number in range(SUBMITTERS)]
    accepted = sum(at_once(*calls))

    assert accepted == 50
    assert len(gateway.inquiry.messages(limit=200)) == 50
    assert gateway.inquiry.account_named("acme").credits == 0
    charges = [balance for kind, _, balance in spent(gateway) if kind is EntryKind.CHARGE]
    assert charges == list(range(98, -1, -2))


def test_sixty_four_submitters_do_not_send_more_than_the_month_allows(
    gateway: Gateway, at_once: Callable[..., list[bool]], clock: ManualClock
) -> None:
    gateway.administration.create_account("other", monthly_limit=40)

    accepted = at_once(*[lambda: is_accepted(gateway, "a", "b", account="other")] * SUBMITTERS)

    assert sum(accepted) == 20
    assert gateway.inquiry.account_named("other").used_in(clock.now()) == 40


def test_a_request_that_does_not_fit_leaves_room_for_a_smaller_one(gateway: Gateway) -> None:
    with pytest.raises(InsufficientCredits):
        submit(gateway, *["x"] * 11)

    submit(gateway, *["x"] * 10)

    assert spent(gateway) == [(EntryKind.TOPUP, 10, 10), (EntryKind.CHARGE, -10, 0)]


def test_credits_that_come_back_can_be_spent_again(
    gateway: Gateway, network: FakeTransport
) -> None:
    network.fail_next(PermanentFailure("barred"))
    submit(gateway, "x" * 153 * 10)
    gateway.run_pending()

    submit(gateway, "x" * 153 * 10)

    assert [credits for _, credits, _ in spent(gateway)] == [10, -10, 10, -10]


def test_the_dearest_channel_is_charged_and_the_difference_comes_back(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    gateway = make_gateway(cheap={"price": 1}, dear={"price": 4})
    submit(gateway)
    gateway.run_pending()
    networks["cheap"].fail_next(PermanentFailure("barred"))
    submit(gateway)
    gateway.run_pending()

    assert [credits for _, credits, _ in spent(gateway)] == [10, -4, 3, -4]


def test_a_phones_failure_gives_everything_back_and_its_success_takes_nothing_again(
    gateway: Gateway,
) -> None:
    gateway.rules.apply([Route(name="r", channels=("fake", "phones"))])
    account = gateway.inquiry.account_named("acme").id
    gateway.transports["fake"].fail_next(PermanentFailure("barred"))  # type: ignore[attr-defined]  # a fake
    submit(gateway)
    gateway.run_pending()
    (fetched,) = gateway.pickup.fetch(account, limit=1)
    message: MessageId = fetched.message.id

    gateway.pickup.tell(account, {message: False})
    gateway.pickup.tell(account, {message: True})

    assert [credits for _, credits, _ in spent(gateway)] == [10, -1, 1]


# The month.


@pytest.mark.parametrize(
    ("time_zone", "begins"),
    [
        ("UTC", datetime(2026, 4, 1, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 31, 22, tzinfo=UTC)),  # summer time has begun
        ("America/New_York", datetime(2026, 4, 1, 4, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 3, 31, 18, 15, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 3, 31, 10, tzinfo=UTC)),
    ],
)
def test_a_month_begins_at_midnight_of_the_first_where_the_account_is(
    gateway: Gateway, clock: ManualClock, time_zone: str, begins: datetime
) -> None:
    gateway.administration.create_account("other", monthly_limit=1, time_zone=time_zone)
    clock.jump(seconds=(begins - clock.now()).total_seconds() - 0.001)
    submit(gateway, account="other")
    with pytest.raises(LimitExceeded) as refusal:
        submit(gateway, account="other")
    assert (refusal.value.limit, refusal.value.used) == (1, 1)

    clock.move(milliseconds=1)

    assert is_accepted(gateway, account="other")
    assert not is_accepted(gateway, account="other")


def test_a_refund_does_not_make_room_in_the_month(gateway: Gateway, network: FakeTransport) -> None:
    gateway.administration.create_account("other", monthly_limit=1, credits=5)
    network.fail_next(PermanentFailure("barred"))
    submit(gateway, account="other")
    gateway.run_pending()
    assert gateway.inquiry.account_named("other").credits == 5

    assert not is_accepted(gateway, account="other")


APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def test_a_request_that_was_overtaken_at_midnight_does_not_bring_the_old_month_back() -> None:
    account = an_account(monthly_limit=2)
    first, _ = account.spend(messages=1, credits=0, first=MessageId(1), now=APRIL)
    late = APRIL - timedelta(milliseconds=1)

    overtaken, _ = first.spend(messages=1, credits=0, first=MessageId(2), now=late)

    assert (overtaken.month, overtaken.used_in(APRIL)) == ("2026-04", 2)
    with pytest.raises(LimitExceeded):
        overtaken.spend(messages=1, credits=0, first=MessageId(3), now=APRIL)


@given(seconds=st.lists(st.floats(-890, 3600), min_size=1, max_size=12))
def test_around_midnight_nobody_sends_more_than_two_months_allow(seconds: list[float]) -> None:
    account, accepted = an_account(monthly_limit=2), 0
    for second in seconds:
        now = APRIL + timedelta(seconds=second)
        try:
            account, _ = account.spend(messages=1, credits=0, first=MessageId(1), now=now)
        except LimitExceeded:
            continue
        accepted += 1

    assert accepted <= 4


def test_a_clock_that_was_a_year_ahead_does_not_end_the_months_for_a_year() -> None:
    account = an_account(monthly_limit=1)
    ahead, _ = account.spend(
        messages=1, credits=0, first=MessageId(1), now=APRIL + timedelta(days=365)
    )

    corrected, _ = ahead.spend(messages=1, credits=0, first=MessageId(2), now=APRIL)

    assert (corrected.month, corrected.used) == ("2026-04", 1)


@pytest.mark.parametrize("away", [timedelta(days=31), timedelta(days=-31), timedelta(days=365)])
def test_a_clock_that_was_wrong_for_a_while_does_not_begin_the_month_anew(away: timedelta) -> None:
    account = an_account(monthly_limit=2)
    for now in (APRIL, APRIL + away, APRIL, APRIL + away):
        account, _ = account.spend(messages=1, credits=0, first=MessageId(1), now=now)

    assert (account.used_in(APRIL), account.used_in(APRIL + away)) == (2, 2)
    with pytest.raises(LimitExceeded):
        account.spend(messages=1, credits=0, first=MessageId(1), now=APRIL)


def test_of_months_long_gone_nothing_is_remembered() -> None:
    account = an_account()
    for month in range(24):
        now = datetime(2026 + month // 12, month % 12 + 1, 15, tzinfo=UTC)
        account, _ = account.spend(messages=1, credits=0, first=MessageId(1), now=now)

    assert [month for month, _ in account.other_months] == ["2027-09", "2027-10", "2027-11"]


def test_what_another_month_counted_is_not_given_back_in_this_one() -> None:
    account = an_account(monthly_limit=9)
    for now in (APRIL - timedelta(days=9), APRIL):
        account, _ = account.spend(messages=1, credits=0, first=MessageId(1), now=now)

    assert account.uncounted(messages=1, now=APRIL - timedelta(days=9)) == account


def test_the_ledger_outlives_the_messages(
    gateway: Gateway, clock: ManualClock, store: MemoryStore
) -> None:
    submit(gateway, "a", "b")
    gateway.run_pending()
    before = spent(gateway)
    clock.move(days=1)

    pruned = gateway.housekeeping.prune(before=clock.now() - timedelta(hours=1))

    assert (pruned.messages, gateway.inquiry.messages()) == (2, [])
    assert spent(gateway) == before

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from smscore import Gateway
from smscore.domain.channels import ChannelMode
from smscore.domain.messages import Priority, Surface
from smscore.domain.numbers import SenderId
from smscore.domain.receipts import Receipt
from smscore.errors import IdempotencyConflict, InsufficientCredits, InvalidRequest, NoRoute
from smscore.services.submission import Item, Submission
from smscore.testing import NOON, FakeTransport, ManualClock, MemoryStore

TO = "+491701234567"


@pytest.fixture
def asked(gateway: Gateway) -> Submission:
    return Submission(
        account=gateway.inquiry.account_named("acme").id,
        surface=Surface.PROVIDER,
        items=(Item(to=TO, text="hello"), Item(to=TO, text="again")),
        idempotency_key="k1",
        expires_at=NOON + timedelta(hours=1),
    )


def begin(gateway: Gateway, asked: Submission) -> Receipt:
    return gateway.submissions.begin(asked).result()


def stored(gateway: Gateway) -> int:
    return len(gateway.inquiry.messages())


def test_the_first_answer_is_given_again_and_says_so(gateway: Gateway, asked: Submission) -> None:
    first, again = begin(gateway, asked), begin(gateway, asked)

    assert first == again
    assert (first.is_replay, again.is_replay) == (False, True)
    assert stored(gateway) == 2


def test_the_first_answer_stands_although_balance_and_statuses_went_on(
    gateway: Gateway, asked: Submission
) -> None:
    first = begin(gateway, asked)
    gateway.run_pending()
    gateway.administration.credit("acme", -8, why="spent elsewhere")

    assert begin(gateway, asked) == first


def test_the_first_answer_stands_when_the_time_of_the_message_is_over(
    gateway: Gateway, asked: Submission, clock: ManualClock
) -> None:
    first = begin(gateway, asked)
    clock.move(hours=2)

    assert begin(gateway, asked) == first


def test_the_first_answer_stands_when_no_channel_would_be_chosen_any_more(
    gateway: Gateway, asked: Submission
) -> None:
    first = begin(gateway, asked)
    gateway.administration.set_channel_mode("fake", ChannelMode.DRAINING)

    assert begin(gateway, asked) == first


def test_the_first_answer_stands_when_its_messages_were_pruned(
    gateway: Gateway, asked: Submission, clock: ManualClock
) -> None:
    first = begin(gateway, asked)
    gateway.run_pending()
    clock.move(hours=2)
    gateway.housekeeping.prune(before=clock.now() - timedelta(minutes=1))
    assert stored(gateway) == 0

    assert begin(gateway, asked) == first


@pytest.mark.parametrize(
    "changes",
    [
        {"items": (Item(to=TO, text="hello"),)},
        {"items": (Item(to=TO, text="again"), Item(to=TO, text="hello"))},
        {"items": (Item(to=TO, text="hello"), Item(to="+491701234568", text="again"))},
        {"sender": SenderId.parse("acme")},
        {"priority": Priority.HIGH},
        {"flash": True},
        {"not_before": NOON + timedelta(minutes=1)},
        {"expires_at": None},
        {"callback_url": "https://example.org/"},
        {"fingerprint": "a bad item"},
    ],
)
def test_anything_else_under_the_key_is_a_conflict(
    gateway: Gateway, asked: Submission, changes: dict[str, object]
) -> None:
    begin(gateway, asked)

    with pytest.raises(IdempotencyConflict):
        begin(gateway, replace(asked, **changes))

    assert stored(gateway) == 2


def test_something_else_that_would_be_refused_is_a_conflict_too(
    gateway: Gateway, asked: Submission
) -> None:
    begin(gateway, asked)

    with pytest.raises(IdempotencyConflict):
        begin(gateway, replace(asked, items=(Item(to="nobody", text="hello"),)))


@pytest.mark.parametrize("changes", [{"surface": Surface.QUEUE}, {"idempotency_key": "k2"}])
def test_a_key_is_known_on_its_own_surface_only(
    gateway: Gateway, asked: Submission, changes: dict[str, object]
) -> None:
    begin(gateway, asked)
    gateway.rules.apply([])

    assert not begin(gateway, replace(asked, **changes)).is_replay


def test_another_account_may_use_the_same_key(gateway: Gateway, asked: Submission) -> None:
    begin(gateway, asked)
    other = gateway.administration.create_account("other")

    assert not begin(gateway, replace(asked, account=other.id)).is_replay


def test_a_refused_request_leaves_its_key_unused(gateway: Gateway, asked: Submission) -> None:
    expensive = replace(asked, items=(Item(to=TO, text="x" * 153 * 11),))
    with pytest.raises(InsufficientCredits):
        begin(gateway, expensive)
    gateway.administration.set_channel_mode("fake", ChannelMode.DRAINING)
    with pytest.raises(NoRoute):
        begin(gateway, asked)
    gateway.administration.set_channel_mode("fake", ChannelMode.RUNNING)

    assert not begin(gateway, asked).is_replay


def test_the_bad_items_of_a_partial_request_are_named_again(
    gateway: Gateway, asked: Submission
) -> None:
    items = (Item(to=TO, text="hello"), Item(to="nobody", text="hello"))
    partial = replace(asked, items=items, is_partial=True)

    first, again = begin(gateway, partial), begin(gateway, partial)

    assert [(one.index, one.code) for one in again.refused] == [(1, "invalid_phone_number")]
    assert first == again


@pytest.mark.parametrize(
    ("hours", "is_replay"), [(23.99, True), (24, False), (-1, True)], ids=["day", "later", "back"]
)
def test_a_key_lives_for_a_day(
    gateway: Gateway, clock: ManualClock, *, hours: float, is_replay: bool
) -> None:
    account = gateway.inquiry.account_named("acme").id
    item = Item(to=TO, text="hello")
    asked = Submission(account=account, surface=Surface.LIBRARY, items=(item,), idempotency_key="k")
    begin(gateway, asked)
    gateway.run_pending()
    clock.move(hours=hours)
    gateway.run_pending()

    assert begin(gateway, asked).is_replay is is_replay


@pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\nb"])
def test_a_key_that_no_header_could_carry_is_refused(
    gateway: Gateway, asked: Submission, key: str
) -> None:
    with pytest.raises(InvalidRequest, match="1 to 255 printable ASCII"):
        begin(gateway, replace(asked, idempotency_key=key))


def test_two_racing_requests_create_one_message(
    gateway: Gateway, asked: Submission, at_once: Callable[..., list[Receipt]]
) -> None:
    receipts = at_once(*[lambda: begin(gateway, asked)] * 16)

    assert all(receipt == receipts[0] for receipt in receipts)
    assert sum(not receipt.is_replay for receipt in receipts) == 1
    assert (stored(gateway), gateway.inquiry.account_named("acme").credits) == (2, 8)


def test_of_racing_requests_with_other_content_one_wins(
    gateway: Gateway, asked: Submission, at_once: Callable[..., list[Receipt | None]]
) -> None:
    def begin_with(text: str) -> Receipt | None:
        try:
            return begin(gateway, replace(asked, items=(Item(to=TO, text=text),)))
        except IdempotencyConflict:
            return None

    outcomes = at_once(*[lambda text=str(number): begin_with(text) for number in range(16)])

    assert sum(outcome is not None for outcome in outcomes) == 1
    assert stored(gateway) == 1


def test_a_key_is_forgotten_with_its_record(
    gateway: Gateway, asked: Submission, clock: ManualClock, store: MemoryStore
) -> None:
    begin(gateway, asked)
    clock.move(hours=24, seconds=1)
    gateway.run_pending()

    record = store.run(
        lambda work: work.idempotency.get(
            account=asked.account, surface=asked.surface, key=asked.idempotency_key or ""
        )
    ).result()
    assert record is None


def test_a_message_under_a_key_is_sent_once(
    gateway: Gateway, asked: Submission, network: FakeTransport
) -> None:
    for _ in range(3):
        begin(gateway, asked)
        gateway.run_pending()

    assert len(network.jobs) == 2


def test_a_key_outlives_a_clock_that_leaps_days_ahead_and_back(
    gateway: Gateway, clock: ManualClock, asked: Submission
) -> None:
    first = begin(gateway, asked)
    clock.jump(days=3)
    gateway.run_pending()
    meanwhile = begin(gateway, asked)
    clock.move(hours=23)
    gateway.run_pending()
    later = begin(gateway, asked)
    clock.jump(days=-3)
    gateway.run_pending()

    assert begin(gateway, asked) == later == meanwhile == first
    assert stored(gateway) == 2


def test_a_key_is_given_up_when_the_clock_has_been_ahead_for_a_day(
    gateway: Gateway, clock: ManualClock, asked: Submission
) -> None:
    asked = replace(asked, expires_at=None)
    begin(gateway, asked)
    clock.jump(days=300)
    gateway.run_pending()
    clock.move(hours=24)
    gateway.run_pending()

    assert not begin(gateway, asked).is_replay
    assert stored(gateway) == 4


def test_a_clock_that_leaps_again_is_doubted_anew(
    gateway: Gateway, clock: ManualClock, asked: Submission
) -> None:
    clock.jump(days=3)
    gateway.run_pending()
    asked = replace(asked, expires_at=None)
    clock.move(hours=20)
    first = begin(gateway, asked)
    clock.jump(days=3)
    gateway.run_pending()
    clock.move(hours=5)
    gateway.run_pending()

    assert begin(gateway, asked) == first


def test_a_clock_that_is_set_back_is_believed_at_once(
    gateway: Gateway, clock: ManualClock, asked: Submission
) -> None:
    clock.jump(days=-3)
    gateway.run_pending()
    asked = replace(asked, expires_at=None)
    begin(gateway, asked)
    clock.move(hours=24)
    gateway.run_pending()

    assert not begin(gateway, asked).is_replay

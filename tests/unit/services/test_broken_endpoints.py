"""Endpoints that ask for time, stay broken, are mended, or hang: each is left alone by itself."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from telling import advance, open_gateway, settle, submit, told

from smscore import Gateway
from smscore.domain.messages import AccountId, Surface
from smscore.domain.webhooks import PostingState, Webhook
from smscore.ports.webhooks import Answer, Call
from smscore.services.submission import Item, Submission
from smscore.services.webhooks import Deliveries
from smscore.testing import FakeSender, ManualClock, MemoryStore

HOOK = "https://example.org/hook"
FAILED = Answer(seconds=0, status=500, error="the endpoint answered 500")
OK = Answer(seconds=0, status=200)
HOUR = timedelta(hours=1)


def busy(retry_after: float) -> Answer:
    return Answer(seconds=0, status=503, error="busy", retry_after=retry_after)


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender()


@pytest.fixture
def gateway(clock: ManualClock, store: MemoryStore, sender: FakeSender) -> Iterator[Gateway]:
    with open_gateway(clock, store, sender) as gateway:
        for name in ("acme", "other"):
            gateway.administration.create_account(name)
        yield gateway


@pytest.fixture
def acme(gateway: Gateway) -> AccountId:
    return gateway.settings.account("acme").id


@pytest.fixture
def hook(gateway: Gateway, acme: AccountId) -> Webhook:
    return gateway.webhooks.add(acme, url=HOOK, events=["message.sent"])[0]


@pytest.fixture
def call_back(gateway: Gateway, acme: AccountId) -> Callable[[str], None]:
    """Send a message that names a callback address."""

    def call_back(url: str) -> None:
        item = Item(to="+491701234567", text="hi")
        submission = Submission(
            account=acme, surface=Surface.PROVIDER, items=(item,), callback_url=url
        )
        gateway.submissions.begin(submission).result()

    return call_back


def test_an_endpoint_that_asks_for_time_gets_it_for_all_that_waits(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: busy(3600)
    submit(gateway)
    settle(gateway)
    sender.answer = lambda _: OK
    submit(gateway)
    advance(gateway, clock, timedelta(minutes=59), steps=60)
    assert len(sender.calls) == 1

    advance(gateway, clock, timedelta(minutes=2), steps=2)

    assert told(sender) == [("message.sent", 2)] * 3


def test_nobody_is_left_alone_for_more_than_four_hours(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: busy(999_999_999)
    submit(gateway)
    settle(gateway)
    advance(gateway, clock, 3.9 * HOUR, steps=8)
    assert len(sender.calls) == 1

    advance(gateway, clock, 0.2 * HOUR, steps=2)

    assert len(sender.calls) == 2


def test_what_asks_for_more_time_than_there_is_has_its_last_chance_at_the_end_of_the_day(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: busy(2 * 3600)
    submit(gateway)
    settle(gateway)

    advance(gateway, clock, 30 * HOUR, steps=30 * 6)

    (posting,) = gateway.webhooks.deliveries(hook.account, hook.id)
    _, attempts = gateway.webhooks.attempts(hook.account, hook.id, posting.id)
    assert posting.state.value == "dead"
    last = attempts[-1].at - attempts[0].at
    assert 20 * HOUR <= last <= 24 * HOUR + timedelta(minutes=10)


@pytest.mark.parametrize("change", [{"is_active": True}, {"url": "https://example.org/new"}])
def test_whoever_mends_an_endpoint_has_it_tried_at_once(
    gateway: Gateway,
    sender: FakeSender,
    clock: ManualClock,
    hook: Webhook,
    change: dict[str, object],
) -> None:
    sender.answer = lambda _: busy(3 * 3600)
    submit(gateway)
    settle(gateway)
    sender.answer = lambda _: OK

    gateway.webhooks.change(hook.account, hook.id, **change)  # type: ignore[arg-type]  # either
    submit(gateway)
    settle(gateway)

    assert len(sender.calls) == 2  # what failed keeps the time of its own
    assert gateway.webhooks.get(hook.account, hook.id).failing_since is None


def test_what_waits_for_its_next_attempt_is_told_at_once_if_somebody_wants_it(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: busy(3 * 3600)
    submit(gateway)
    submit(gateway)
    settle(gateway)
    sender.answer = lambda _: OK
    gateway.webhooks.change(hook.account, hook.id, is_active=True)

    pending = Deliveries(state=PostingState.PENDING)
    counts = [gateway.webhooks.replay_all(hook.account, hook.id, pending) for _ in range(2)]
    settle(gateway)

    assert counts == [2, 0]
    assert told(sender) == [("message.sent", 2)] * 4


def test_a_webhook_that_was_switched_on_again_has_all_its_days_again(
    gateway: Gateway, sender: FakeSender, clock: ManualClock, hook: Webhook
) -> None:
    sender.answer = lambda _: FAILED
    for _ in range(5):
        submit(gateway)
        advance(gateway, clock, 16 * HOUR, steps=96)
    assert not gateway.webhooks.get(hook.account, hook.id).is_active

    gateway.webhooks.change(hook.account, hook.id, is_active=True)
    submit(gateway)
    advance(gateway, clock, 24 * HOUR, steps=24 * 6)

    again = gateway.webhooks.get(hook.account, hook.id)
    assert again.is_active
    assert again.failing_since is not None


def test_a_restart_asks_a_broken_endpoint_no_earlier_for_what_was_tried(
    gateway: Gateway,
    sender: FakeSender,
    clock: ManualClock,
    hook: Webhook,
    store: MemoryStore,
) -> None:
    sender.answer = lambda _: busy(3600)
    submit(gateway)
    settle(gateway)
    following = FakeSender()

    with open_gateway(clock, store, following) as restarted:
        advance(restarted, clock, timedelta(minutes=59), steps=10)
        assert following.calls == []
        advance(restarted, clock, timedelta(minutes=2), steps=2)

    assert len(following.calls) == 1


def test_hosts_of_one_account_that_hang_leave_room_for_others(
    gateway: Gateway, sender: FakeSender, call_back: Callable[[str], None]
) -> None:
    other = gateway.settings.account("other").id
    gateway.webhooks.add(other, url=HOOK, events=["message.sent"])

    def answer(call: Call) -> Answer | None:
        return OK if call.url == HOOK else None

    sender.answer = answer
    for number in range(300):
        call_back(f"https://{number}.example.org/")
    settle(gateway)
    assert len(sender.calls) == 256
    for _ in range(20):
        submit(gateway, account="other")
    settle(gateway)
    assert sum(call.url == HOOK for call in sender.calls) == 20

    sender.answer = lambda _: OK
    sender.let_go()
    settle(gateway)
    assert len({call.url for call in sender.calls}) == 301


def test_what_a_person_switches_off_is_not_among_what_failed(
    gateway: Gateway, sender: FakeSender, hook: Webhook
) -> None:
    sender.answer = lambda _: FAILED
    submit(gateway)
    settle(gateway)
    assert [one.id for one in gateway.webhooks.troubles().webhooks] == [hook.id]

    gateway.webhooks.change(hook.account, hook.id, is_active=False)

    (found,) = gateway.webhooks.troubles().webhooks
    assert (found.is_active, found.failing_since) == (False, None)


def test_callbacks_that_were_given_up_are_told_again(
    gateway: Gateway,
    sender: FakeSender,
    clock: ManualClock,
    acme: AccountId,
    call_back: Callable[[str], None],
) -> None:
    sender.answer = lambda _: FAILED
    for number in (1, 2):
        call_back(f"https://example.org/{number}")
    advance(gateway, clock, 30 * HOUR, steps=30 * 6)
    assert gateway.webhooks.troubles().callbacks == {(acme, "https://example.org"): 2}
    sender.answer = lambda _: OK

    other = gateway.settings.account("other").id
    counts = [gateway.webhooks.replay_callbacks(one, Deliveries()) for one in (other, acme)]
    advance(gateway, clock, HOUR, steps=6)

    assert counts == [0, 2]
    assert gateway.webhooks.troubles().callbacks == {}


def test_a_webhook_that_was_removed_hears_nothing_of_what_was_read_ahead(
    gateway: Gateway, sender: FakeSender, hook: Webhook
) -> None:
    sender.answer = lambda _: None
    for _ in range(200):
        submit(gateway)
    settle(gateway)
    count = len(sender.calls)
    gateway.webhooks.remove(hook.account, hook.id)
    sender.let_go()
    settle(gateway)

    assert len(sender.calls) == count == 4

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from smscore import Gateway
from smscore.domain.channels import ChannelMode
from smscore.domain.deliveries import Delivery, ProcessId, ReportOutcome, Status
from smscore.domain.ledger import EntryKind
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.domain.routes import Route
from smscore.errors import (
    Conflict,
    Indeterminate,
    InsufficientCredits,
    NoRoute,
    NotCancellable,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
)
from smscore.services.submission import Item, Submission
from smscore.testing import NOON, FakeTransport, ManualClock, MemoryStore

TO = "+491701234567"


def submit(gateway: Gateway, text: str = "hello", **options: object) -> MessageId:
    return gateway.submissions.submit(account="acme", to=TO, text=text, **options).message


def fail(gateway: Gateway, network: FakeTransport, text: str = "hello") -> MessageId:
    """Submit a message, and have it refused."""
    network.fail_next(PermanentFailure("barred"))
    message = submit(gateway, text)
    gateway.run_pending()
    return message


def delivery_of(gateway: Gateway, message: MessageId) -> Delivery:
    return gateway.inquiry.message(message).delivery


def story_of(gateway: Gateway, message: MessageId) -> list[str]:
    return [event.kind for event in gateway.inquiry.explain(message).events]


def balance_of(gateway: Gateway) -> int | None:
    account = gateway.inquiry.account_named("acme")
    assert account.credits == sum(one.credits for one in gateway.inquiry.statement(account.id))
    return account.credits


def put(store: MemoryStore, delivery: Delivery) -> None:
    store.run(lambda work: work.outbox.save(delivery)).result()


# Cancel.


@pytest.mark.parametrize("not_before", [None, NOON + timedelta(hours=1)])
def test_a_message_that_waits_can_be_called_back_and_costs_nothing(
    gateway: Gateway, network: FakeTransport, clock: ManualClock, not_before: object
) -> None:
    message = submit(gateway, not_before=not_before)

    tracked = gateway.interventions.cancel(message)
    clock.move(hours=2)
    gateway.run_pending()

    assert (tracked.delivery.status, tracked.message.id) == (Status.CANCELLED, message)
    assert (network.jobs, balance_of(gateway)) == ([], 10)
    assert story_of(gateway, message)[-1] == "message.cancelled"


def test_a_message_of_which_a_part_left_is_not_called_back(
    gateway: Gateway, network: FakeTransport
) -> None:
    network.fail_next(TemporaryFailure("busy"), at_part=2)
    message = submit(gateway, "x" * 200)
    gateway.run_pending()

    with pytest.raises(NotCancellable, match="has begun to leave"):
        gateway.interventions.cancel(message)

    assert delivery_of(gateway, message).status is Status.SCHEDULED


def test_a_message_is_called_back_once(gateway: Gateway) -> None:
    message = submit(gateway)
    gateway.interventions.cancel(message)

    with pytest.raises(NotCancellable) as refusal:
        gateway.interventions.cancel(message)

    assert refusal.value.code == "not_cancellable"
    assert balance_of(gateway) == 10


@pytest.mark.parametrize(
    "status", [one for one in Status if one not in (Status.QUEUED, Status.SCHEDULED)]
)
def test_nothing_else_can_be_called_back(
    gateway: Gateway, store: MemoryStore, status: Status
) -> None:
    message = submit(gateway)
    put(store, replace(delivery_of(gateway, message), status=status))

    with pytest.raises(NotCancellable, match=f"is {status}"):
        gateway.interventions.cancel(message)

    assert balance_of(gateway) == 9


def test_nobody_calls_the_messages_of_others_back(gateway: Gateway) -> None:
    other = gateway.administration.create_account("other")
    message = submit(gateway)

    with pytest.raises(NotFound):
        gateway.interventions.cancel(message, account=other.id)

    assert delivery_of(gateway, message).status is Status.QUEUED


def test_a_message_that_does_not_exist_cannot_be_called_back_or_sent_again(
    gateway: Gateway,
) -> None:
    for intervene in (gateway.interventions.cancel, gateway.interventions.resend):
        with pytest.raises(NotFound):
            intervene(MessageId(7))


# Withdraw.


def ask(gateway: Gateway, *texts: str, key: str | None = "k1") -> tuple[Submission, Receipt]:
    request = Submission(
        account=gateway.inquiry.account_named("acme").id,
        surface=Surface.GATEWAY,
        items=tuple(Item(to=TO, text=text) for text in texts),
        idempotency_key=key,
    )
    return request, gateway.submissions.begin(request).result()


def withdraw(gateway: Gateway, request: Submission, receipt: Receipt) -> Sequence[MessageId]:
    return gateway.interventions.withdraw(
        receipt,
        account=request.account,
        surface=request.surface,
        idempotency_key=request.idempotency_key,
    ).result()


def test_a_request_that_was_withdrawn_can_be_repeated_as_if_it_had_never_been(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    request, receipt = ask(gateway, "one", "two")

    assert withdraw(gateway, request, receipt) == []

    gateway.run_pending()
    account = gateway.inquiry.account_named("acme")
    assert (network.jobs, balance_of(gateway), account.used_in(clock.now())) == ([], 10, 0)
    again = gateway.submissions.begin(request).result()
    assert not again.is_replay
    assert again.message != receipt.message


def test_what_has_left_already_is_named_and_its_key_stays_known(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    network.fail_next(TemporaryFailure("busy"))
    request, receipt = ask(gateway, "one", "two")
    gateway.run_pending()
    retried, sent = (item.message for item in receipt.accepted)

    assert withdraw(gateway, request, receipt) == [sent]

    assert delivery_of(gateway, retried).status is Status.CANCELLED
    assert gateway.inquiry.account_named("acme").used_in(clock.now()) == 1
    assert gateway.submissions.begin(request).result() == receipt


def test_withdrawing_twice_gives_back_once(gateway: Gateway, clock: ManualClock) -> None:
    submit(gateway)
    request, receipt = ask(gateway, "one", key=None)

    withdraw(gateway, request, receipt)
    withdraw(gateway, request, receipt)

    assert balance_of(gateway) == 9
    assert gateway.inquiry.account_named("acme").used_in(clock.now()) == 1


# Resend.


def test_a_failed_message_is_sent_again_and_paid_for_again(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = fail(gateway, network, "x" * 200)
    assert balance_of(gateway) == 10

    gateway.interventions.resend(message)
    assert balance_of(gateway) == 8
    gateway.run_pending()

    assert delivery_of(gateway, message).status is Status.SENT
    assert story_of(gateway, message)[-3:] == ["message.resent", "message.sending", "message.sent"]
    assert balance_of(gateway) == 8


def test_what_was_not_given_back_is_not_charged_again(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    network.report(message, ReportOutcome.FAILED)

    gateway.interventions.resend(message)

    assert balance_of(gateway) == 9


def test_a_message_in_doubt_is_sent_again_as_a_whole(
    gateway: Gateway, network: FakeTransport
) -> None:
    network.fail_next(Indeterminate("silence"), at_part=2)
    message = submit(gateway, "x" * 200)
    gateway.run_pending()

    gateway.interventions.resend(message)
    gateway.run_pending()

    assert [job.accepted for job in network.jobs] == [(), ()]
    assert delivery_of(gateway, message).status is Status.SENT


def test_a_report_about_the_attempt_before_says_nothing_of_the_new_one(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    network.report(message, ReportOutcome.FAILED)
    gateway.interventions.resend(message)
    gateway.run_pending()

    network.report_reference("1", job=network.jobs[0], outcome=ReportOutcome.FAILED)
    assert delivery_of(gateway, message).status is Status.SENT
    network.report_reference("2", job=network.jobs[1])

    assert delivery_of(gateway, message).status is Status.DELIVERED


def test_a_message_is_sent_again_by_the_rules_of_today(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    gateway = make_gateway(one={"price": 1}, two={"price": 3})
    gateway.rules.apply([Route(name="before", channels=("one",))])
    message = fail(gateway, networks["one"])
    gateway.rules.apply([Route(name="today", channels=("two",))])

    gateway.interventions.resend(message)
    gateway.run_pending()

    assert [job.message for job in networks["two"].jobs] == [message]
    assert balance_of(gateway) == 7
    resent = gateway.inquiry.explain(message).events[-3].detail
    assert (resent["rule"], resent["channels"], resent["credits"]) == ("today", "two", 3)


def test_a_message_is_not_sent_again_when_no_channel_would_be_chosen(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = fail(gateway, network)
    gateway.administration.set_channel_mode("fake", ChannelMode.DRAINING)

    with pytest.raises(NoRoute):
        gateway.interventions.resend(message)


def test_a_message_is_not_sent_again_without_the_credits_for_it(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = fail(gateway, network)
    gateway.administration.credit("acme", -10, why="spent elsewhere")

    with pytest.raises(InsufficientCredits):
        gateway.interventions.resend(message)

    assert delivery_of(gateway, message).status is Status.FAILED
    assert story_of(gateway, message)[-1] == "message.failed"
    assert balance_of(gateway) == 0


def test_a_message_whose_new_attempt_is_refused_costs_nothing(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = fail(gateway, network)
    network.fail_next(PermanentFailure("barred again"))
    gateway.interventions.resend(message)

    gateway.run_pending()

    assert delivery_of(gateway, message).error == "barred again"
    assert balance_of(gateway) == 10


def test_a_message_that_is_sent_again_does_not_count_for_the_month_again(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    gateway.interventions.resend(fail(gateway, network))

    assert gateway.inquiry.account_named("acme").used_in(clock.now()) == 1


@pytest.mark.parametrize(
    "status",
    [one for one in Status if one not in (Status.FAILED, Status.INDETERMINATE, Status.QUEUED)],
)
def test_nothing_else_is_sent_again(gateway: Gateway, store: MemoryStore, status: Status) -> None:
    message = submit(gateway)
    put(store, replace(delivery_of(gateway, message), status=status, owner=ProcessId(1)))

    with pytest.raises(Conflict, match=f"is {status}"):
        gateway.interventions.resend(message)


def test_a_message_whose_time_is_over_is_not_sent_again(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    network.fail_next(PermanentFailure("barred"))
    message = submit(gateway, expires_at=NOON + timedelta(minutes=1))
    gateway.run_pending()
    clock.move(minutes=1)

    with pytest.raises(Conflict, match="submit it anew"):
        gateway.interventions.resend(message)


def test_a_message_that_a_phone_lost_goes_back_to_the_phones(gateway: Gateway) -> None:
    gateway.rules.apply([Route(name="r", channels=("phones",))])
    account: AccountId = gateway.inquiry.account_named("acme").id
    message = submit(gateway)
    gateway.pickup.fetch(account, limit=1)
    assert gateway.pickup.fetch(account, limit=1) == []

    gateway.interventions.resend(message)

    (again,) = gateway.pickup.fetch(account, limit=1)
    assert again.message.id == message
    assert story_of(gateway, message)[-2:] == ["message.requeued", "message.sending"]


def test_the_story_tells_every_credit_that_went_and_came(
    gateway: Gateway, network: FakeTransport
) -> None:
    message = fail(gateway, network)
    gateway.interventions.resend(message)

    entries = gateway.inquiry.explain(message).entries

    assert [(entry.kind, entry.credits) for entry in entries] == [
        (EntryKind.CHARGE, -1),
        (EntryKind.REFUND, 1),
        (EntryKind.CHARGE, -1),
    ]


# Races: what was decided outside the unit of work is looked at again inside.


class OvertakenStore(MemoryStore):
    """A store in which somebody else comes first, once."""

    overtake: Callable[[], object] | None = None

    def run(self, work: Callable[..., object], **options: object) -> object:  # type: ignore[override]  # as it comes
        first, self.overtake = self.overtake, None
        if first is not None:
            first()
        return super().run(work, **options)  # type: ignore[arg-type]  # as it came


@pytest.fixture
def store(clock: ManualClock) -> OvertakenStore:
    return OvertakenStore(clock=clock)


def test_two_operators_who_send_one_message_again_do_it_once(
    gateway: Gateway, store: OvertakenStore, network: FakeTransport
) -> None:
    message = fail(gateway, network)
    store.overtake = lambda: gateway.interventions.resend(message)

    gateway.interventions.resend(message)

    assert balance_of(gateway) == 9
    assert delivery_of(gateway, message).status is Status.QUEUED


def test_a_message_that_waits_for_a_channel_that_is_gone_gets_another_way(
    make_gateway: Callable[..., Gateway],
) -> None:
    gateway = make_gateway(one={}, two={})
    message = submit(gateway)
    before = delivery_of(gateway, message)
    gateway.administration.set_channel_mode(before.channel, ChannelMode.DRAINING)

    moved = gateway.interventions.resend(message).delivery

    assert (moved.channel, moved.status) == (before.route[1].channel, Status.QUEUED)
    assert moved.charged == before.charged


def test_a_message_that_waits_for_its_customers_time_keeps_waiting(gateway: Gateway) -> None:
    message = submit(gateway, not_before=NOON + timedelta(hours=1))

    with pytest.raises(Conflict, match="is scheduled"):
        gateway.interventions.resend(message)


def test_a_message_that_is_claimed_first_is_not_called_back(
    gateway: Gateway, store: OvertakenStore, network: FakeTransport
) -> None:
    message = submit(gateway)
    store.overtake = gateway.run_pending

    with pytest.raises(NotCancellable, match="is sent"):
        gateway.interventions.cancel(message)

    assert len(network.jobs) == 1


def test_a_report_that_comes_first_makes_sending_again_needless(
    gateway: Gateway, store: OvertakenStore, network: FakeTransport
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    network.report(message, ReportOutcome.FAILED)
    store.overtake = lambda: network.report(message)

    with pytest.raises(Conflict, match="is delivered"):
        gateway.interventions.resend(message)


def test_a_phone_that_tells_first_keeps_its_message(
    gateway: Gateway, store: OvertakenStore
) -> None:
    gateway.rules.apply([Route(name="r", channels=("phones",))])
    account = gateway.inquiry.account_named("acme").id
    message = submit(gateway)
    gateway.pickup.fetch(account, limit=1)
    store.overtake = lambda: gateway.pickup.tell(account, {message: True})

    with pytest.raises(Conflict, match="is delivered"):
        gateway.interventions.resend(message)

import time
from datetime import timedelta

import pytest
from msgspec.structs import replace

from smscore import Gateway, GatewayConfig, build
from smscore.config import PluginsConfig
from smscore.domain.audit import AuditEntry
from smscore.domain.deliveries import Status
from smscore.domain.events import NO_MESSAGE, Event
from smscore.domain.messages import MessageId, Surface
from smscore.domain.routes import Route
from smscore.errors import Indeterminate, InvalidRequest, TemporaryFailure
from smscore.services.housekeeping import Pruned
from smscore.testing import NOON, FakeTransport, ManualClock, MemoryStore, a_part

TO = "+491701234567"


def submit(gateway: Gateway, **options: object) -> MessageId:
    return gateway.submissions.submit(account="acme", to=TO, text="hello", **options).message


def status_of(gateway: Gateway, message: MessageId) -> Status:
    return gateway.inquiry.message(message).delivery.status


# Clocks that are set.


@pytest.fixture
def retried(gateway: Gateway, network: FakeTransport) -> MessageId:
    """A message that is tried again in 5 seconds."""
    network.fail_next(TemporaryFailure("busy"))
    message = submit(gateway)
    gateway.run_pending()
    return message


def test_a_retry_does_not_wait_for_hours_that_come_twice(
    gateway: Gateway, clock: ManualClock, retried: MessageId
) -> None:
    clock.jump(hours=-3)
    gateway.run_pending()

    assert status_of(gateway, retried) is Status.SENT


def test_a_retry_waits_for_no_month_behind_what_customers_have_scheduled(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    gateway.administration.credit("acme", 600, why="many")
    clock.jump(days=31)
    network.fail_next(TemporaryFailure("busy"))
    retried = submit(gateway)
    gateway.run_pending()
    clock.jump(days=-31)
    for _ in range(500):
        submit(gateway, not_before=NOON + timedelta(days=2))

    gateway.run_pending()

    assert status_of(gateway, retried) is Status.SENT


def test_a_retry_waits_for_no_month_when_the_server_was_stopped_while_the_clock_was_set(
    gateway: Gateway, clock: ManualClock, network: FakeTransport, store: MemoryStore
) -> None:
    clock.jump(days=31)
    network.fail_next(TemporaryFailure("busy"))
    message = submit(gateway)
    gateway.run_pending()
    clock.jump(days=-31)

    later = build(
        GatewayConfig(plugins=PluginsConfig(enabled=())),
        store=store,
        transports={"fake": network},
        clock=clock,
    )
    later.run_pending()

    assert status_of(later, message) is Status.SENT


def test_a_retry_waits_when_the_clock_was_only_corrected(
    gateway: Gateway, clock: ManualClock, retried: MessageId
) -> None:
    clock.jump(seconds=-29)
    gateway.run_pending()

    assert status_of(gateway, retried) is Status.SCHEDULED


def test_a_clock_that_is_set_back_while_time_passes_is_noticed_all_the_same(
    gateway: Gateway, clock: ManualClock, retried: MessageId
) -> None:
    clock.jump(minutes=-10)
    clock.move(minutes=10)
    clock.jump(seconds=-1)
    gateway.run_pending()

    assert status_of(gateway, retried) is Status.SENT


def test_what_a_customer_scheduled_waits_for_the_time_that_was_named(
    gateway: Gateway, clock: ManualClock
) -> None:
    gateway.run_pending()
    message = submit(gateway, not_before=NOON + timedelta(minutes=1))

    clock.jump(hours=-3)
    gateway.run_pending()
    assert status_of(gateway, message) is Status.SCHEDULED
    clock.move(hours=3, minutes=1)
    gateway.run_pending()

    assert status_of(gateway, message) is Status.SENT


def test_messages_keep_their_order_when_the_clock_is_set_back(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    messages = []
    for _ in range(3):
        messages.append(submit(gateway))
        clock.jump(hours=-1)

    gateway.run_pending()

    assert [job.message for job in network.jobs] == messages == sorted(messages)


def test_a_message_expires_by_the_clock_as_it_is_set(gateway: Gateway, clock: ManualClock) -> None:
    message = submit(gateway, expires_at=NOON + timedelta(hours=1))

    clock.jump(hours=2)
    gateway.run_pending()

    assert status_of(gateway, message) is Status.EXPIRED


# Prune.


def test_what_ended_or_was_sent_is_dropped_and_what_waits_is_kept(
    gateway: Gateway, network: FakeTransport, store: MemoryStore, clock: ManualClock
) -> None:
    network.fail_next(Indeterminate("silence"))
    doubtful, sent, delivered = (submit(gateway) for _ in range(3))
    gateway.run_pending()
    network.report(delivered)
    gateway.rules.apply([Route(name="r", channels=("phones",))])
    waiting, later = submit(gateway), submit(gateway, not_before=NOON + timedelta(days=2))
    clock.move(days=1)

    pruned = gateway.housekeeping.prune(before=NOON + timedelta(hours=1))

    assert pruned == Pruned(messages=3, inbound=0)
    assert [one.message.id for one in gateway.inquiry.messages()] == [later, waiting]
    for message in (doubtful, sent, delivered):
        assert store.read(lambda view, message=message: view.events.of(message)) == []


def test_age_counts_from_the_last_that_was_heard(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    clock.move(days=3)
    network.report(message, at=clock.now())
    clock.move(days=1)

    assert gateway.housekeeping.prune(before=clock.now() - timedelta(days=2)).messages == 0
    assert gateway.housekeeping.prune(before=clock.now() - timedelta(hours=1)).messages == 1


def test_what_arrived_long_ago_is_dropped(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    gateway.run_pending()
    network.deliver(a_part())
    clock.move(days=1)
    network.deliver(a_part(received_at=clock.now()))

    gateway.housekeeping.prune(before=NOON + timedelta(hours=1))

    assert [message.received_at for message in gateway.inquiry.inbound()] == [clock.now()]


def test_an_id_is_given_once_though_its_message_was_dropped_and_the_clock_set_back(
    gateway: Gateway, clock: ManualClock, store: MemoryStore
) -> None:
    clock.move(hours=2)
    newest = submit(gateway)
    gateway.interventions.cancel(newest)
    clock.move(days=1)
    gateway.housekeeping.prune(before=clock.now() - timedelta(hours=1))
    clock.jump(days=-1, hours=-1)

    later = build(GatewayConfig(plugins=PluginsConfig(enabled=())), store=store, clock=clock)
    again = later.submissions.submit(account="acme", to=TO, text="hello", surface=Surface.QUEUE)

    assert again.message > newest


def test_what_happened_to_channels_goes_with_the_messages_of_its_time(
    gateway: Gateway, store: MemoryStore, clock: ManualClock
) -> None:
    events = [
        Event(message=NO_MESSAGE, account=None, sequence=one, kind="channel.down", at=NOON)
        for one in range(1, 502)
    ]
    recent = replace(events[-1], sequence=502, at=NOON + timedelta(hours=23))
    store.run(lambda work: [work.events.add(one) for one in (*events, recent)]).result()
    clock.move(days=1)

    pruned = gateway.housekeeping.prune(before=NOON + timedelta(hours=1))

    assert pruned == Pruned(messages=0, inbound=0, channels=501)
    assert store.read(lambda view: view.events.of(NO_MESSAGE)) == [recent]


class SlowWork(ManualClock):
    """Whoever looks how long something took finds 50 ms."""

    def monotonic(self) -> float:
        self.move(seconds=0.05)
        return super().monotonic()


def test_pruning_leaves_others_as_much_time_as_it_takes(store: MemoryStore) -> None:
    clock = SlowWork()
    gateway = build(GatewayConfig(plugins=PluginsConfig(enabled=())), store=store, clock=clock)
    for number in range(3 * 500):
        entry = AuditEntry(at=NOON, who="ops", what="x", subject=str(number))
        store.run(lambda work, entry=entry: work.audit.add(entry)).result()
    clock.move(days=2)
    begun = time.monotonic()

    a_day_ago = clock.now() - timedelta(days=1)
    gateway.housekeeping.prune(before=a_day_ago, audit_before=a_day_ago)

    assert time.monotonic() - begun >= 4 * 0.05


def test_progress_is_told_after_each_step(gateway: Gateway, clock: ManualClock) -> None:
    for _ in range(201):
        gateway.interventions.cancel(submit(gateway))
    clock.move(days=1)
    told: list[int] = []

    gateway.housekeeping.prune(
        before=clock.now() - timedelta(hours=1),
        progress=lambda so_far: told.append(so_far.messages),
    )

    assert told == [200, 201]


@pytest.mark.parametrize("before", [NOON, NOON + timedelta(days=1), NOON.replace(tzinfo=None)])
def test_only_what_is_past_can_be_dropped(gateway: Gateway, before: object) -> None:
    with pytest.raises(InvalidRequest, match="only what is past"):
        gateway.housekeeping.prune(before=before)  # type: ignore[arg-type]  # parametrised


def test_a_report_about_a_pruned_message_does_no_harm(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    message = submit(gateway)
    gateway.run_pending()
    clock.move(days=2)
    gateway.housekeeping.prune(before=clock.now() - timedelta(days=1))

    network.report(message, at=clock.now())

    assert gateway.inquiry.messages() == []

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from smscore import Gateway
from smscore.domain.deliveries import (
    Delivery,
    Leg,
    Part,
    PartState,
    ProcessId,
    ReportOutcome,
    Status,
)
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.policies import CustodyPolicy, DoubtPolicy
from smscore.errors import Indeterminate, LeaseLost, NotReady
from smscore.ids import IdSequence, Lease
from smscore.ports.storage import Store, UnitOfWork
from smscore.ports.transport import Journal, SendJob
from smscore.services.recovery import Recovery
from smscore.testing import (
    NOON,
    FakeTransport,
    ManualClock,
    MemoryStore,
    a_delivery,
    a_job,
    a_message,
    a_report,
    an_account,
)

ME, DEAD, OTHER = ProcessId(1), ProcessId(2), ProcessId(3)
ACCEPTED, SUBMITTING = PartState.ACCEPTED, PartState.SUBMITTING


@pytest.fixture
def recovery(store: MemoryStore, clock: ManualClock) -> Recovery:
    """That of the process 1, for which the process 2 is dead."""
    store.run(lambda work: work.accounts.add(an_account(credits=0))).result()
    beat(store, clock, ME)
    beat(store, clock, DEAD)
    beat(store, clock, OTHER)
    return recovery_of(store, clock)


def recovery_of(
    store: MemoryStore, clock: ManualClock, in_doubt: DoubtPolicy = DoubtPolicy.INDETERMINATE
) -> Recovery:
    ids = IdSequence(clock, lease=lambda: Lease(process=ME, newest=MessageId(0)))
    policies = {"fake": CustodyPolicy(in_doubt=in_doubt)}
    return Recovery(store=store, clock=clock, ids=ids, dead=lambda: [DEAD], policies=policies)


def beat(store: MemoryStore, clock: ManualClock, process: ProcessId) -> None:
    store.run(lambda work: work.processes.beat(process, now=clock.now())).result()


def hold(
    store: MemoryStore,
    *states: PartState,
    owner: ProcessId = DEAD,
    size: int = 2,
    channel: str = "fake",
) -> MessageId:
    """Have a process hold a message of which it has begun so many parts."""
    parts = [
        Part(number=number, channel=channel, state=state, at=NOON, reference=f"r{number}")
        for number, state in enumerate(states, start=1)
    ]
    message = a_message()
    delivery = a_delivery(
        message, segments=size, charged=size, route=(Leg(channel=channel, price=size),), sequence=1
    )
    held = replace(delivery.claimed(owner=owner), parts=tuple(parts))
    store.run(lambda work: work.outbox.add(message, held)).result()
    return message.id


def delivery_of(store: MemoryStore, message: MessageId) -> Delivery:
    tracked = store.read(lambda view: view.outbox.get(message))
    assert tracked is not None
    return tracked.delivery


def kinds_of(store: MemoryStore, message: MessageId) -> list[str]:
    return [event.kind for event in store.read(lambda view: view.events.of(message))]


# Who is dead.


def test_what_a_dead_process_held_is_settled_and_what_another_one_holds_is_not(
    store: MemoryStore, recovery: Recovery
) -> None:
    message, other = hold(store), hold(store, owner=OTHER)

    assert recovery.recover_dead() == 1
    assert delivery_of(store, message).status is Status.QUEUED
    assert delivery_of(store, other).owner == OTHER


def test_what_somebody_held_who_gave_the_number_back_is_settled(
    store: MemoryStore, recovery: Recovery
) -> None:
    message = hold(store, owner=OTHER)
    store.run(lambda work: work.processes.release(OTHER)).result()

    assert recovery.recover_dead() == 1
    assert delivery_of(store, message).status is Status.QUEUED


def test_a_process_does_not_believe_that_it_is_dead_itself(
    store: MemoryStore, recovery: Recovery
) -> None:
    message = hold(store, owner=ME)

    assert recovery.recover_dead() == 0
    assert delivery_of(store, message).owner == ME


def test_what_phones_hold_is_theirs_for_good(store: MemoryStore, recovery: Recovery) -> None:
    message = a_message()
    at_phone = a_delivery(message).handed_out(at=NOON)
    store.run(lambda work: work.outbox.add(message, at_phone)).result()

    assert recovery.recover_dead() == 0
    assert delivery_of(store, message.id).status is Status.SENDING


@pytest.mark.parametrize("hours", [1, -1])
def test_a_heart_beats_on_when_the_clock_was_set(
    gateway: Gateway, store: MemoryStore, clock: ManualClock, hours: int
) -> None:
    gateway.run_pending()
    clock.jump(hours=hours)
    gateway.run_pending()

    (process,) = store.read(lambda view: view.processes.all())
    assert process.heartbeat_at == clock.now()


# What becomes of what they held.


@pytest.mark.parametrize(
    ("marks", "status", "known"),
    [
        ((), Status.QUEUED, ()),
        ((ACCEPTED,), Status.QUEUED, (1,)),
        ((ACCEPTED, ACCEPTED), Status.SENT, (1, 2)),
        ((SUBMITTING,), Status.INDETERMINATE, ()),
        ((ACCEPTED, SUBMITTING), Status.INDETERMINATE, (1,)),
    ],
)
def test_the_marks_decide(
    store: MemoryStore,
    recovery: Recovery,
    marks: tuple[PartState, ...],
    status: Status,
    known: tuple[int, ...],
) -> None:
    message = hold(store, *marks)

    assert recovery.recover([DEAD]) == 1

    recovered = delivery_of(store, message)
    assert (recovered.status, recovered.accepted_parts, recovered.owner) == (status, known, None)
    kind = "message.recovered" if status is Status.QUEUED else f"message.{status}"
    assert kinds_of(store, message) == [kind]


@pytest.mark.parametrize(
    ("policy", "status", "charged"),
    [
        (DoubtPolicy.INDETERMINATE, Status.INDETERMINATE, 2),
        (DoubtPolicy.RESEND, Status.QUEUED, 2),
        (DoubtPolicy.FAIL, Status.FAILED, 0),
    ],
)
def test_the_channels_policy_decides_about_doubt(
    store: MemoryStore,
    clock: ManualClock,
    recovery: Recovery,
    policy: DoubtPolicy,
    status: Status,
    charged: int,
) -> None:
    message = hold(store, SUBMITTING)

    recovery_of(store, clock, policy).recover([DEAD])

    recovered = delivery_of(store, message)
    assert (recovered.status, recovered.charged) == (status, charged)


def test_what_one_channel_left_behind_does_not_touch_another(
    store: MemoryStore, recovery: Recovery
) -> None:
    mine, others = hold(store, owner=ME), hold(store, owner=ME, channel="other")

    assert recovery.recover_own("fake") == 1

    assert [delivery_of(store, one).status for one in (mine, others)] == [
        Status.QUEUED,
        Status.SENDING,
    ]


def test_more_is_recovered_than_fits_into_one_unit_of_work(
    store: MemoryStore, recovery: Recovery
) -> None:
    for _ in range(501):
        hold(store)

    assert recovery.recover_dead() == 501
    assert store.read(lambda view: view.outbox.owners()) == []


# Those who were given up, and live.


@pytest.fixture
def journal(gateway: Gateway, network: FakeTransport) -> Journal:
    """That of a process which will be given up for dead."""
    return gateway.journal("fake")


def process_of(store: Store) -> ProcessId:
    """The only one there is."""
    (process,) = store.read(lambda view: view.processes.all())
    return process.id


def given_up(
    gateway: Gateway, store: MemoryStore, clock: ManualClock, journal: Journal, *, begun: bool
) -> SendJob:
    """Claim a message of two parts, perhaps begin it, and be given up for dead."""
    text = "x" * 200
    message = gateway.submissions.submit(account="acme", to="+491701234567", text=text).message
    me = process_of(store)
    store.run(lambda work: work.outbox.save(_delivery(work, message).claimed(owner=me))).result()
    job = a_job("1", "2", message=message)
    if begun:
        journal.submitting(job, 1)
    recovery_of(store, clock).recover([me])
    return job


def _delivery(work: UnitOfWork, message: MessageId) -> Delivery:
    tracked = work.outbox.get(message)
    assert tracked is not None
    return tracked.delivery


@pytest.mark.parametrize("begun", [False, True])
def test_who_was_given_up_for_dead_begins_no_part(
    gateway: Gateway, store: MemoryStore, clock: ManualClock, journal: Journal, *, begun: bool
) -> None:
    job = given_up(gateway, store, clock, journal, begun=begun)
    before = delivery_of(store, job.message)

    with pytest.raises(NotReady) as told:
        journal.submitting(job, 2)

    assert isinstance(told.value.__cause__, LeaseLost)
    assert delivery_of(store, job.message) == before


def test_what_cannot_be_marked_is_told_as_a_transport_has_to_tell_it(
    store: MemoryStore, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    store.close()

    with pytest.raises(NotReady):
        journal.submitting(a_job(), 1)
    with pytest.raises(Indeterminate):
        journal.accepted(a_job(), 1, "r1")
    journal.refused(a_job(), 1)

    assert "channel fake: a refusal could not be stored" in caplog.text


def test_a_part_of_a_message_that_was_pruned_meanwhile_is_not_begun(
    gateway: Gateway, store: MemoryStore, clock: ManualClock, journal: Journal
) -> None:
    job = given_up(gateway, store, clock, journal, begun=True)
    clock.move(days=400)
    gateway.housekeeping.prune(before=NOON.replace(month=12))

    with pytest.raises(NotReady):
        journal.submitting(job, 2)


def test_their_late_acceptance_is_evidence_all_the_same(
    gateway: Gateway, store: MemoryStore, clock: ManualClock, journal: Journal
) -> None:
    job = given_up(gateway, store, clock, journal, begun=True)
    assert delivery_of(store, job.message).status is Status.INDETERMINATE

    journal.accepted(job, 1, "r1")
    journal.accepted(job, 2, "r2")

    assert delivery_of(store, job.message).status is Status.SENT
    gateway.reception.reported(a_report(reference="r1"))
    gateway.reception.reported(a_report(reference="r2"))
    assert delivery_of(store, job.message).status is Status.DELIVERED
    assert kinds_of(store, job.message)[1:] == [
        "message.indeterminate",
        "message.sent",
        "message.reported",
        "message.delivered",
    ]


def test_a_report_that_was_faster_than_the_late_acceptance_counts(
    gateway: Gateway, store: MemoryStore, clock: ManualClock, journal: Journal
) -> None:
    job = given_up(gateway, store, clock, journal, begun=True)
    gateway.reception.reported(a_report(reference="r1", outcome=ReportOutcome.FAILED))

    journal.accepted(job, 1, "r1")

    assert delivery_of(store, job.message).status is Status.FAILED


def test_their_late_refusal_does_not_lift_the_marks_of_others(
    gateway: Gateway, store: MemoryStore, clock: ManualClock, journal: Journal
) -> None:
    job = given_up(gateway, store, clock, journal, begun=False)
    part = Part(number=1, channel="fake", state=ACCEPTED, reference="theirs", at=NOON)
    store.run(
        lambda work: work.outbox.save(
            _delivery(work, job.message).claimed(owner=ProcessId(77)).with_part(part)
        )
    ).result()

    journal.refused(job, 1)

    assert delivery_of(store, job.message).parts == (part,)


# Reports that nobody knows yet.


def test_a_report_from_before_a_part_was_begun_is_not_about_it(
    gateway: Gateway, network: FakeTransport, clock: ManualClock
) -> None:
    gateway.reception.reported(a_report(reference="1"))
    clock.move(seconds=1)
    message = gateway.submissions.submit(account="acme", to="+491701234567", text="hi").message

    gateway.run_pending()

    assert network.sent[message] == ("1",)
    assert gateway.inquiry.message(message).delivery.status is Status.SENT


def test_a_report_to_somebody_else_waits_on_for_its_own_message(
    gateway: Gateway, store: MemoryStore, network: FakeTransport, clock: ManualClock
) -> None:
    journal = gateway.journal("fake")
    job = given_up(gateway, store, clock, journal, begun=True)
    gateway.reception.reported(
        a_report(reference="1", received_at=clock.now(), outcome=ReportOutcome.FAILED)
    )
    gateway.submissions.submit(account="acme", to="+491709999999", text="hi")
    gateway.run_pending()  # the network gives this one the reference 1

    journal.accepted(job, 1, "1")

    assert delivery_of(store, job.message).status is Status.FAILED


def test_a_report_that_nobody_missed_is_forgotten_after_ten_minutes(
    gateway: Gateway, store: MemoryStore, clock: ManualClock
) -> None:
    gateway.reception.reported(a_report(reference="9"))
    clock.move(minutes=11)
    gateway.run_pending()

    parked = store.run(lambda work: work.outbox.unpark(channel="fake", reference="9")).result()
    assert parked == []


def test_the_account_is_given_back_what_a_dead_process_spent_in_vain(
    store: MemoryStore, clock: ManualClock, recovery: Recovery
) -> None:
    hold(store, SUBMITTING)

    recovery_of(store, clock, DoubtPolicy.FAIL).recover([DEAD])

    account = store.read(lambda view: view.accounts.get(AccountId(1)))
    assert account is not None
    assert account.credits == store.read(lambda view: view.ledger.total(AccountId(1))) == 2


def test_a_channel_cannot_go_on_with_what_another_one_holds(
    make_gateway: Callable[..., Gateway], networks: dict[str, FakeTransport]
) -> None:
    gateway = make_gateway(one={}, two={})
    gateway.submissions.submit(account="acme", to="+491701234567", text="hello")
    gateway.run_pending()
    (job,) = networks["one"].jobs
    held = gateway.inquiry.message(job.message).delivery
    again = replace(held, status=Status.SENDING, owner=process_of(gateway.store), parts=())
    gateway.store.run(lambda work: work.outbox.save(again)).result()

    with pytest.raises(NotReady):
        gateway.journal("two").submitting(job, 1)
    gateway.journal("one").submitting(job, 1)
    gateway.journal("one").accepted(job, 1, "9")
    with pytest.raises(NotReady):
        gateway.journal("one").submitting(job, 1)

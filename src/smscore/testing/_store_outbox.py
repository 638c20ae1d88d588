"""
The store contract: messages, deliveries, reports.
"""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from smscore.domain.deliveries import Delivery, Leg, Part, PartState, ProcessId, Status
from smscore.domain.languages import Language
from smscore.domain.messages import AccountId, MessageId, OutboundMessage, Priority, Surface
from smscore.domain.numbers import PhoneNumber, SenderId
from smscore.errors import StoreError
from smscore.ids import first_of
from smscore.ports.storage import Store, Tracked, UnitOfWork
from smscore.testing._store_kit import add, do, queue
from smscore.testing.builders import a_delivery, a_message, a_tracked
from smscore.testing.fakes import NOON

__all__ = ["OutboxContract"]

_LATER = NOON + timedelta(minutes=1)
_MESSAGE = OutboundMessage(
    id=MessageId(2**63 - 1),
    account=AccountId(2**53),
    recipient=PhoneNumber("+491701234567"),
    recipient_as_given="0170 1234567",
    text="Grüße \x00 😀 ' \" \\ \r\n",
    surface=Surface.PROVIDER,
    accepted_at=NOON + timedelta(microseconds=1),
    sender=SenderId("ACME"),
    priority=Priority.HIGH,
    flash=True,
    not_before=_LATER,
    expires_at=NOON + timedelta(days=1),
    callback_url="https://example.org/hook?a=1",
    languages=(Language.TURKISH, Language.SPANISH),
    wide_reference=True,
    origin=MessageId(2**62),
    hops=2,
)
_DELIVERY = Delivery(
    message=_MESSAGE.id,
    account=_MESSAGE.account,
    recipient=_MESSAGE.recipient,
    route=(Leg(channel="a", price=2), Leg(channel="phones/ü", price=0)),
    segments=2,
    charged=2,
    accepted_at=_MESSAGE.accepted_at,
    status=Status.SENDING,
    priority=_MESSAGE.priority,
    due_at=_LATER,
    expires_at=_MESSAGE.expires_at,
    owner=ProcessId(1023),
    attempts=3,
    parts=(
        Part(number=1, channel="a", state=PartState.ACCEPTED, at=NOON, reference="255"),
        Part(number=2, channel="a", state=PartState.SUBMITTING, at=_LATER),
    ),
    sent_at=_LATER,
    finished_at=_LATER + timedelta(microseconds=1),
    error_code="gave_up",
    error="no answer",
    sequence=9,
)


def _with_priority(priority: Priority) -> Tracked:
    message = a_message(priority=priority)
    return Tracked(message=message, delivery=a_delivery(message))


class OutboxContract:
    """Messages and deliveries come back, in the right order, to the right caller."""

    @pytest.mark.parametrize(
        "tracked", [Tracked(message=_MESSAGE, delivery=_DELIVERY), a_tracked()]
    )
    def test_a_message_comes_back_as_it_was(self, store: Store, tracked: Tracked) -> None:
        add(store, tracked)

        assert store.read(lambda view: view.outbox.get(tracked.message.id)) == tracked
        assert do(store, lambda work: work.outbox.get(tracked.message.id)) == tracked

    @pytest.mark.parametrize(
        "allowed",
        [
            {},
            {"languages": (Language.TURKISH,)},
            {"languages": tuple(Language)},
            {"wide_reference": True},
        ],
    )
    def test_a_message_keeps_what_it_was_accepted_under(
        self, store: Store, allowed: dict[str, object]
    ) -> None:
        message = a_message(**allowed)
        add(store, Tracked(message=message, delivery=a_delivery(message)))

        (claimed,) = do(store, lambda work: work.outbox.claimable("fake", limit=1))
        assert claimed.message == message

    def test_a_delivery_is_saved_and_its_message_stays(self, store: Store) -> None:
        message = replace(_MESSAGE, id=MessageId(5))
        before = replace(
            _DELIVERY, message=message.id, status=Status.QUEUED, parts=(), attempts=0, sequence=1
        )
        add(store, Tracked(message=message, delivery=before))

        after = replace(_DELIVERY, message=message.id)
        do(store, lambda work: work.outbox.save(after))

        assert store.read(lambda view: view.outbox.get(message.id)) == Tracked(
            message=message, delivery=after
        )

    @pytest.mark.parametrize("number", [-1, 0, 404, 2**63, 2**64])
    def test_an_unknown_message_is_none(self, store: Store, number: int) -> None:
        assert store.read(lambda view: view.outbox.get(MessageId(number))) is None
        assert do(store, lambda work: work.outbox.get(MessageId(number))) is None

    def test_a_message_is_not_added_twice(self, store: Store) -> None:
        before = a_tracked()
        add(store, before)

        with pytest.raises(StoreError):
            add(
                store,
                Tracked(
                    message=before.message,
                    delivery=before.delivery.failed(at=NOON, code="x", error="x"),
                ),
            )

        assert store.read(lambda view: view.outbox.get(before.message.id)) == before

    def test_a_delivery_whose_message_is_unknown_is_not_saved(self, store: Store) -> None:
        with pytest.raises(StoreError):
            do(store, lambda work: work.outbox.save(a_tracked().delivery))

    # Lists.

    def test_messages_are_found_newest_first_page_by_page(self, store: Store) -> None:
        all_tracked = [a_tracked() for _ in range(5)]
        add(store, *all_tracked)

        first = store.read(lambda view: view.outbox.find(limit=3))
        rest = store.read(lambda view: view.outbox.find(before=first[-1].message.id, limit=3))

        assert [*first, *rest] == all_tracked[::-1]

    def test_messages_are_found_by_account_and_status(self, store: Store) -> None:
        message = a_message(account=AccountId(2))
        other = Tracked(message=message, delivery=a_delivery(message))
        queued, sent, failed = (
            a_tracked(status=status) for status in (Status.QUEUED, Status.SENT, Status.FAILED)
        )
        add(store, other, queued, sent, failed)

        account, over = AccountId(1), {Status.SENT, Status.FAILED}
        assert list(store.read(lambda view: view.outbox.find(account=AccountId(2)))) == [other]
        assert list(store.read(lambda view: view.outbox.find(account=account, statuses=over))) == [
            failed,
            sent,
        ]
        assert list(store.read(lambda view: view.outbox.find(statuses={Status.EXPIRED}))) == []

    def test_deliveries_are_counted_by_status(self, store: Store) -> None:
        add(store, a_tracked(), a_tracked(), a_tracked(status=Status.SENT))
        add(store, a_tracked(route=(Leg(channel="other", price=0),)))

        everywhere = store.read(lambda view: view.outbox.count())
        there = store.read(lambda view: view.outbox.count(channel="other"))

        assert {status: count for status, count in everywhere.items() if count} == {
            Status.QUEUED: 3,
            Status.SENT: 1,
        }
        assert {status: count for status, count in there.items() if count} == {Status.QUEUED: 1}

    # Claims, schedules, leases.

    def test_the_highest_priority_is_claimed_first_then_the_oldest(self, store: Store) -> None:
        low, old, high, young = (
            _with_priority(priority)
            for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.NORMAL)
        )
        add(store, low, old, high, young)

        claimable = do(store, lambda work: work.outbox.claimable("fake", limit=10))
        first = do(store, lambda work: work.outbox.claimable("fake", limit=2))

        assert list(claimable) == [high, old, young, low]
        assert list(first) == [high, old]

    def test_what_was_scheduled_is_as_old_as_its_time(self, store: Store) -> None:
        def accepted(at: float, *, due: float | None = None) -> Tracked:
            time = NOON + timedelta(seconds=at)
            message = a_message(
                id=MessageId(first_of(time) + 1),
                accepted_at=time,
                not_before=None if due is None else NOON + timedelta(seconds=due),
            )
            return Tracked(message=message, delivery=a_delivery(message))

        last, second, third, first, fourth = (
            accepted(0, due=9.5),
            accepted(1, due=5.2),
            accepted(2, due=5.201),
            accepted(3),
            accepted(9),
        )
        add(store, last, second, third, first, fourth)

        claimable = do(store, lambda work: work.outbox.claimable("fake", limit=10))

        assert list(claimable) == [first, second, third, fourth, last]

    def test_only_what_is_queued_on_the_channel_is_claimable(self, store: Store) -> None:
        queue(store, route=(Leg(channel="other", price=1),))
        for status in set(Status) - {Status.QUEUED}:
            queue(store, status=status)

        assert list(do(store, lambda work: work.outbox.claimable("fake", limit=10))) == []

    def test_what_fell_back_is_claimable_on_its_next_channel(self, store: Store) -> None:
        legs = (Leg(channel="fake", price=1), Leg(channel="next", price=1))
        delivery = queue(store, route=legs)

        refused = delivery.claimed(owner=ProcessId(1)).refused(at=NOON, code="x", error="no")
        do(store, lambda work: work.outbox.save(refused))

        assert list(do(store, lambda work: work.outbox.claimable("fake", limit=1))) == []
        (found,) = do(store, lambda work: work.outbox.claimable("next", limit=1))
        assert found.delivery == refused

    def test_what_was_claimed_in_one_unit_is_not_claimable_in_it_again(self, store: Store) -> None:
        delivery = queue(store)

        def claim_twice(work: UnitOfWork) -> tuple[list[Delivery], list[Tracked]]:
            (found,) = work.outbox.claimable("fake", limit=1)
            work.outbox.save(found.delivery.claimed(owner=ProcessId(1)))
            return [found.delivery], list(work.outbox.claimable("fake", limit=1))

        assert do(store, claim_twice) == ([delivery], [])

    def test_schedules_fall_due_earliest_first(self, store: Store) -> None:
        late, soon, _ = (
            queue(store, status=Status.SCHEDULED, due_at=NOON + timedelta(minutes=minutes))
            for minutes in (2, 1, 3)
        )
        queue(store, due_at=NOON)
        now = NOON + timedelta(minutes=2)

        assert list(do(store, lambda work: work.outbox.due(now=now, limit=9))) == [soon, late]
        assert list(do(store, lambda work: work.outbox.due(now=now, limit=1))) == [soon]
        assert store.read(lambda view: view.outbox.has_due(now=now))
        assert not store.read(lambda view: view.outbox.has_due(now=NOON))

    def test_what_waits_beyond_its_validity_is_overdue(self, store: Store) -> None:
        waiting = [
            queue(store, status=status, expires_at=_LATER)
            for status in (Status.SCHEDULED, Status.QUEUED)
        ]
        queue(store, status=Status.SENT, expires_at=_LATER)
        queue(store, expires_at=_LATER + timedelta(microseconds=1))
        queue(store)

        overdue = do(store, lambda work: work.outbox.overdue(now=_LATER, limit=9))

        assert sorted(overdue, key=lambda one: one.message) == waiting
        assert len(do(store, lambda work: work.outbox.overdue(now=_LATER, limit=1))) == 1
        assert store.read(lambda view: view.outbox.has_overdue(now=_LATER))
        assert not store.read(lambda view: view.outbox.has_overdue(now=NOON))

    def test_what_processes_hold_is_found_by_their_numbers(self, store: Store) -> None:
        held = [
            queue(store, status=Status.SENDING, owner=ProcessId(number)) for number in (0, 1, 2)
        ]
        queue(store, status=Status.SENDING, owner=None)
        queue(store)

        owners = [ProcessId(0), ProcessId(2)]
        found = do(store, lambda work: work.outbox.held(owners=owners, limit=9))

        assert list(found) == [held[0], held[2]]
        assert sorted(do(store, lambda work: work.outbox.owners())) == [0, 1, 2]
        assert list(do(store, lambda work: work.outbox.held(owners=[], limit=9))) == []

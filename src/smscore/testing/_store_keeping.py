"""
The store contract: what operators decide and ask for: modes of channels, backlogs, pruning.

Longer than most of it, for whatever waits or is pruned is here.
"""

import itertools
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from msgspec.structs import replace

from smscore.domain.channels import ChannelMode, ChannelState
from smscore.domain.deliveries import Part, PartState, ProcessId, Status
from smscore.domain.events import NO_MESSAGE
from smscore.domain.inbound import InboundMessage
from smscore.domain.ledger import EntryKind
from smscore.domain.messages import AccountId, MessageId, Priority
from smscore.ids import first_of
from smscore.ports.storage import Store, Tally, Topic, Tracked, UnitOfWork
from smscore.testing._store_kit import add, an_entry, an_event, do, do_each
from smscore.testing.builders import a_delivery, a_message, a_part, a_report, a_tracked
from smscore.testing.fakes import NOON

__all__ = ["KeepingContract"]

_PAUSED = ChannelState(channel="fake", mode=ChannelMode.PAUSED, at=NOON, why="new SIM, günstig")
_PLACES = itertools.count()
_LONG_AGO = NOON - timedelta(days=90)


def _wait_since(store: Store, at: datetime, **changes: Any) -> None:
    message = a_message(
        id=MessageId(first_of(at) + next(_PLACES)),
        priority=changes.pop("priority", Priority.NORMAL),
        not_before=changes.pop("not_before", None),
    )
    add(store, Tracked(message=message, delivery=a_delivery(message, **changes)))


def _over(**changes: object) -> Tracked:
    """A message that ended long ago."""
    return a_tracked(
        **{"status": Status.DELIVERED, "sent_at": _LONG_AGO, "finished_at": _LONG_AGO, **changes}
    )


def _received(number: int) -> InboundMessage:
    """An inbound message, so many minutes after long ago."""
    return InboundMessage(
        id=MessageId(number),
        account=None,
        channel="fake",
        sender="+491709999999",
        text="hi",
        received_at=_LONG_AGO + timedelta(minutes=number),
    )


class KeepingContract:
    """What is kept for as long as it is wanted, and no longer."""

    # Channels.

    def test_channels_run_unless_an_operator_has_decided_otherwise(self, store: Store) -> None:
        assert dict(store.read(lambda view: view.channels.all())) == {}

    def test_the_last_decision_about_a_channel_counts(self, store: Store) -> None:
        draining = attrs.evolve(_PAUSED, mode=ChannelMode.DRAINING, at=NOON + timedelta(hours=1))
        other = attrs.evolve(_PAUSED, channel="other", why="")
        do_each(store, (_PAUSED, other, draining), lambda work, one: work.channels.set(one))

        expected = {"fake": draining, "other": other}
        assert dict(store.read(lambda view: view.channels.all())) == expected
        assert dict(do(store, lambda work: work.channels.all())) == expected

    def test_a_decision_wakes_its_channel_and_whoever_keeps_modes(self, store: Store) -> None:
        channel, modes = store.wakeup("fake"), store.wakeup(Topic.CHANNELS)
        unconcerned = store.wakeup("other")

        do(store, lambda work: work.channels.set(_PAUSED))

        assert [channel.wait(0), modes.wait(0), unconcerned.wait(0)] == [True, True, False]

    # Backlog, owners and the ledger's lines of a message.

    def test_the_backlog_counts_what_is_queued_by_channel(self, store: Store) -> None:
        add(store, a_tracked(), a_tracked(), a_tracked(status=Status.SENDING, owner=ProcessId(1)))
        add(store, a_tracked(status=Status.SCHEDULED, due_at=NOON), _over())

        assert dict(store.read(lambda view: view.outbox.backlog())) == {"fake": 2}

    def test_the_oldest_of_a_channel_is_that_whatever_its_priority(self, store: Store) -> None:
        for seconds, priority in ((20, Priority.HIGH), (10, Priority.LOW), (30, Priority.NORMAL)):
            _wait_since(store, NOON + timedelta(seconds=seconds), priority=priority)

        oldest = store.read(lambda view: view.outbox.oldest(["fake", "other"]))

        assert dict(oldest) == {"fake": NOON + timedelta(seconds=10)}

    def test_what_was_for_later_has_waited_since_its_time(self, store: Store) -> None:
        _wait_since(store, NOON, not_before=NOON + timedelta(hours=9))
        _wait_since(store, NOON, status=Status.SENDING, owner=ProcessId(1))

        oldest = store.read(lambda view: view.outbox.oldest(["fake"]))

        assert dict(oldest) == {"fake": NOON + timedelta(hours=9)}

    def test_what_waits_is_read_in_the_order_of_claims_a_portion_at_a_time(
        self, store: Store
    ) -> None:
        for seconds, priority in ((0, Priority.LOW), (1, Priority.NORMAL), (2, Priority.NORMAL)):
            _wait_since(store, NOON + timedelta(seconds=seconds), priority=priority)
        add(store, a_tracked(status=Status.SENDING, owner=ProcessId(1)))

        def read(skip: int) -> list[Tracked]:
            return list(store.read(lambda view: view.outbox.waiting("fake", skip=skip, limit=2)))

        in_order = list(do(store, lambda work: work.outbox.claimable("fake", limit=9)))
        assert [read(0), read(2), read(3)] == [in_order[:2], in_order[2:], []]
        assert len(in_order) == 3

    def test_retries_are_read_that_are_due_after_a_moment_the_latest_first(
        self, store: Store
    ) -> None:
        retries = [
            a_tracked(status=Status.SCHEDULED, due_at=NOON + timedelta(hours=one), error="busy")
            for one in (0, 1, 3, 2)
        ]
        add(store, *retries, a_tracked(status=Status.SCHEDULED, due_at=NOON + timedelta(days=1)))
        add(store, a_tracked(error="busy"))

        read = store.read(lambda view: view.outbox.retries(after=NOON, ahead=NOON, limit=2))

        assert list(read) == [retries[2].delivery, retries[3].delivery]

    def test_turns_of_a_clock_ahead_of_time_are_read_like_retries(self, store: Store) -> None:
        ahead, due = NOON + timedelta(days=31), NOON + timedelta(days=32)
        for accepted, not_before in ((ahead, None), (ahead, due), (NOON, None)):
            message = a_message(accepted_at=accepted, not_before=not_before)
            delivery = a_delivery(message, status=Status.SCHEDULED, due_at=due)
            add(store, Tracked(message=message, delivery=delivery))

        (read,) = store.read(lambda view: view.outbox.retries(after=NOON, ahead=NOON, limit=9))

        assert (read.accepted_at, read.due_at) == (ahead, due)

    def test_the_backlog_is_seen_within_a_unit_as_it_changes(self, store: Store) -> None:
        def work(work: UnitOfWork) -> list[dict[str, int]]:
            tracked = a_tracked()
            work.outbox.add(tracked.message, tracked.delivery)
            before = dict(work.outbox.backlog())
            work.outbox.save(tracked.delivery.claimed(owner=ProcessId(1)))
            return [before, dict(work.outbox.backlog())]

        assert do(store, work) == [{"fake": 1}, {}]

    def test_a_tally_counts_what_there_is_what_waits_and_what_failed_lately(
        self, store: Store
    ) -> None:
        at = NOON - timedelta(hours=1)
        add(store, a_tracked(), a_tracked(status=Status.SCHEDULED, due_at=NOON), _over())
        add(store, a_tracked(status=Status.FAILED, finished_at=at))
        add(store, a_tracked(status=Status.EXPIRED, finished_at=NOON))
        add(store, _over(status=Status.FAILED))

        def tally(since: datetime) -> Tally:
            return store.read(lambda view: view.outbox.tally(since=since))

        assert tally(at) == Tally(total=6, queued=1, failed=1)
        assert tally(NOON) == Tally(total=6, queued=1, failed=0)

    def test_a_failure_that_is_sent_again_is_not_tallied_as_one(self, store: Store) -> None:
        tracked = a_tracked(status=Status.FAILED, finished_at=NOON)
        add(store, tracked)

        def work(work: UnitOfWork) -> list[Tally]:
            before = work.outbox.tally(since=NOON)
            delivery = tracked.delivery
            work.outbox.save(delivery.resent(route=delivery.route, charged=0, at=NOON))
            return [before, work.outbox.tally(since=NOON)]

        assert do(store, work) == [
            Tally(total=1, queued=0, failed=1),
            Tally(total=1, queued=1, failed=0),
        ]

    def test_readers_see_who_holds_messages(self, store: Store) -> None:
        held = [a_tracked(status=Status.SENDING, owner=ProcessId(one)) for one in (7, 3, 7)]
        add(store, *held, a_tracked(status=Status.SENDING))

        assert list(store.read(lambda view: view.outbox.owners())) == [3, 7]

    def test_the_entries_about_a_message_come_in_their_order(self, store: Store) -> None:
        charge = an_entry(kind=EntryKind.CHARGE, credits=-2, message=MessageId(5), balance=8)
        refund = an_entry(kind=EntryKind.REFUND, credits=2, message=MessageId(5))
        do_each(
            store,
            (an_entry(), charge, an_entry(message=MessageId(6)), refund),
            lambda work, entry: work.ledger.add(entry),
        )

        assert list(store.read(lambda view: view.ledger.about(MessageId(5)))) == [charge, refund]
        assert list(do(store, lambda work: work.ledger.about(MessageId(5)))) == [charge, refund]
        assert list(store.read(lambda view: view.ledger.about(MessageId(7)))) == []

    def test_candidates_for_a_report_are_no_more_than_asked_for(self, store: Store) -> None:
        for minute in range(5):
            at = NOON + timedelta(minutes=minute)
            part = Part(number=1, channel="fake", state=PartState.ACCEPTED, at=at, reference="17")
            add(store, a_tracked(status=Status.SENT, sent_at=at, parts=(part,)))

        found = do(store, lambda work: work.outbox.awaiting(a_report(reference="17"), limit=2))

        assert [one.sent_at for one in found] == [NOON + timedelta(minutes=4 - n) for n in (0, 1)]

    # Events of inbound messages.

    def test_an_event_may_belong_to_no_account(self, store: Store) -> None:
        event = an_event(account=None, kind="message.received")
        do(store, lambda work: work.events.add(event))

        assert list(store.read(lambda view: view.events.of(event.message))) == [event]

    # Pruning.

    @pytest.mark.parametrize(
        "status",
        [
            Status.DELIVERED,
            Status.FAILED,
            Status.EXPIRED,
            Status.CANCELLED,
            Status.SENT,
            Status.INDETERMINATE,
        ],
    )
    def test_what_was_over_long_ago_is_pruned(self, store: Store, status: Status) -> None:
        tracked = a_tracked(status=status, finished_at=_LONG_AGO, accepted_at=_LONG_AGO)
        add(store, tracked)

        assert do(store, lambda work: work.outbox.prune(before=NOON, limit=10)) == 1
        assert store.read(lambda view: view.outbox.get(tracked.message.id)) is None

    @pytest.mark.parametrize("status", [Status.SCHEDULED, Status.QUEUED, Status.SENDING])
    def test_what_is_still_to_be_sent_is_never_pruned(self, store: Store, status: Status) -> None:
        add(store, a_tracked(status=status, accepted_at=_LONG_AGO))

        assert do(store, lambda work: work.outbox.prune(before=NOON, limit=10)) == 0
        assert len(store.read(lambda view: view.outbox.find())) == 1

    def test_the_last_news_of_a_message_decides_how_old_it_is(self, store: Store) -> None:
        message = a_message(accepted_at=_LONG_AGO)
        delivery = _over(finished_at=NOON, sent_at=_LONG_AGO).delivery
        late = replace(delivery, message=message.id, accepted_at=_LONG_AGO)
        add(store, Tracked(message=message, delivery=late))

        assert do(store, lambda work: work.outbox.prune(before=NOON, limit=10)) == 0

    def test_the_oldest_are_pruned_first_and_no_more_than_asked_for(self, store: Store) -> None:
        add(store, *(_over() for _ in range(5)))
        ids = [one.message.id for one in store.read(lambda view: view.outbox.find())]

        pruned = [do(store, lambda work: work.outbox.prune(before=NOON, limit=3)) for _ in range(3)]

        assert pruned == [3, 2, 0]
        assert ids == sorted(ids, reverse=True)

    def test_a_pruned_message_takes_its_story_and_references_and_leaves_its_cost(
        self, store: Store
    ) -> None:
        part = Part(
            number=1, channel="fake", state=PartState.DELIVERED, at=_LONG_AGO, reference="17"
        )
        gone, stays = _over(parts=(part,)), a_tracked()
        add(store, gone, stays)

        def tell(work: UnitOfWork) -> None:
            for one in (gone, stays):
                work.events.add(an_event(message=one.message.id))
                work.ledger.add(an_entry(message=one.message.id))

        do(store, tell)

        do(store, lambda work: work.outbox.prune(before=NOON, limit=10))

        def left(tracked: Tracked) -> tuple[int, int]:
            number = tracked.message.id
            return store.read(
                lambda view: (len(view.events.of(number)), len(view.ledger.about(number)))
            )

        assert [left(gone), left(stays)] == [(0, 1), (1, 1)]
        assert list(do(store, lambda work: work.outbox.awaiting(a_report(reference="17")))) == []

    def test_cursors_go_on_behind_pruned_events(self, store: Store) -> None:
        gone = _over()
        add(store, gone)
        do(store, lambda work: work.events.add(an_event(message=gone.message.id)))
        newest = store.read(lambda view: view.events.newest())
        do(store, lambda work: work.outbox.prune(before=NOON, limit=10))

        do(store, lambda work: work.events.add(an_event()))

        ((cursor, event),) = store.read(lambda view: view.events.since(newest, limit=10))
        assert (event, cursor > newest) == (an_event(), True)

    def test_what_happened_to_channels_is_pruned_and_nothing_else(self, store: Store) -> None:
        message = an_event(at=_LONG_AGO)
        channels = [
            an_event(
                message=NO_MESSAGE,
                account=None,
                sequence=number,
                kind="channel.down",
                at=_LONG_AGO + timedelta(minutes=number),
            )
            for number in range(1, 6)
        ]
        do_each(store, (message, *channels), lambda work, one: work.events.add(one))
        before = _LONG_AGO + timedelta(minutes=4)

        pruned = [
            do(store, lambda work: work.events.prune_channels(before=before, limit=2))
            for _ in range(3)
        ]

        assert pruned == [2, 1, 0]
        assert list(store.read(lambda view: view.events.of(NO_MESSAGE))) == channels[3:]
        assert list(store.read(lambda view: view.events.of(message.message))) == [message]

    def test_received_messages_are_pruned_with_their_events(self, store: Store) -> None:
        do_each(store, range(1, 5), lambda work, number: work.inbox.add(_received(number)))
        do_each(
            store,
            range(1, 5),
            lambda work, number: work.events.add(
                an_event(message=MessageId(number), account=AccountId(1))
            ),
        )
        before = _LONG_AGO + timedelta(minutes=4)

        pruned = [
            do(store, lambda work: work.inbox.prune(before=before, limit=2)) for _ in range(3)
        ]

        assert pruned == [2, 1, 0]
        assert list(store.read(lambda view: view.inbox.find())) == [_received(4)]
        stories = store.read(lambda view: [view.events.of(MessageId(one)) for one in (1, 4)])
        assert [len(story) for story in stories] == [0, 1]

    def test_old_parts_are_pruned_when_they_were_joined(self, store: Store) -> None:
        old = [a_part(fingerprint=name, received_at=_LONG_AGO) for name in ("whole", "torn")]
        new = a_part(fingerprint="new")
        do_each(store, (*old, new), lambda work, part: work.inbox.add_part(part))
        do(store, lambda work: work.inbox.joined([old[0], new]))

        assert do(store, lambda work: work.inbox.prune(before=NOON, limit=10)) == 1

        again = do_each(store, (*old, new), lambda work, part: work.inbox.add_part(part))
        assert again == [True, False, False]

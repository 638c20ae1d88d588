"""
The store contract: who sees what, when, and for how long.
"""

import threading

import pytest
from msgspec.structs import replace

from smscore.domain.deliveries import ProcessId, Status
from smscore.errors import StoreUnavailable
from smscore.ports.storage import Lane, Store, Topic, UnitOfWork, View
from smscore.testing._store_everything import (
    Refused,
    change_everything,
    look_at_everything,
)
from smscore.testing._store_kit import (
    PATIENCE,
    StoreMaker,
    do,
    nothing,
    open_account,
    queue,
)
from smscore.testing.builders import a_tracked, a_user
from smscore.testing.fakes import NOON, ManualClock

__all__ = ["SeeingContract"]


class SeeingContract:
    """Only what was committed; all of it, also after the end; by others as well."""

    # Reading.

    def test_reading_sees_only_what_was_committed(self, queueing: Store) -> None:
        delivery = queue(queueing)
        written, go_on = threading.Event(), threading.Event()

        def work(work: UnitOfWork) -> None:
            work.outbox.save(delivery.expired(at=NOON))
            work.outbox.claimable("fake", limit=1)
            written.set()
            assert go_on.wait(PATIENCE)

        future = queueing.run(work)
        assert written.wait(PATIENCE)
        try:
            during = queueing.read(lambda view: view.outbox.get(delivery.message))
        finally:
            go_on.set()
        future.result(PATIENCE)
        after = queueing.read(lambda view: view.outbox.get(delivery.message))

        assert during is not None
        assert after is not None
        assert (during.delivery.status, after.delivery.status) == (Status.QUEUED, Status.EXPIRED)

    def test_what_a_read_raises_is_the_callers(self, store: Store) -> None:
        def fail(_: View) -> None:
            raise Refused("no")

        with pytest.raises(Refused):
            store.read(fail)
        assert store.read(lambda view: list(view.outbox.find())) == []

    def test_a_read_may_read(self, store: Store) -> None:
        delivery = queue(store)

        def look(_: View) -> bool:
            return store.read(lambda inner: inner.outbox.get(delivery.message)) is not None

        assert store.read(look)

    def test_any_thread_reads(self, store: Store) -> None:
        delivery = queue(store)
        found: list[object] = []

        thread = threading.Thread(
            target=lambda: found.append(store.read(lambda view: view.outbox.get(delivery.message)))
        )
        thread.start()
        thread.join(PATIENCE)

        assert found == [store.read(lambda view: view.outbox.get(delivery.message))]

    # Durable, and open to others.

    def test_a_result_is_durable_when_the_future_resolves(self, store: Store, other: Store) -> None:
        tracked = a_tracked()

        store.run(lambda work: work.outbox.add(tracked.message, tracked.delivery)).result(PATIENCE)

        assert other.read(lambda view: view.outbox.get(tracked.message.id)) == tracked

    def test_everything_is_there_when_opened_again(
        self, store: Store, other: Store, make_store: StoreMaker, clock: ManualClock
    ) -> None:
        open_account(store, credits=1)
        do(store, change_everything)
        before = store.read(look_at_everything)
        other.close()
        store.close()

        again = make_store(clock)
        try:
            assert again.read(look_at_everything) == before
        finally:
            again.close()

    def test_what_another_process_wrote_is_seen_by_the_next_unit(
        self, store: Store, other: Store
    ) -> None:
        account = open_account(store, credits=1)
        do(store, lambda work: work.accounts.get(account.id))

        richer = replace(account, credits=100)
        do(other, lambda work: work.accounts.save(richer))

        assert do(store, lambda work: work.accounts.get(account.id)) == richer

    def test_what_another_process_wrote_wakes_whom_it_concerns(
        self, store: Store, other: Store
    ) -> None:
        channel, credentials = store.wakeup("fake"), store.wakeup(Topic.CREDENTIALS)

        queue(other)
        assert channel.wait(PATIENCE)

        do(other, lambda work: work.credentials.add_user(a_user()))
        assert credentials.wait(PATIENCE)

    # The end.

    def test_after_closing_nothing_is_taken(self, store: Store) -> None:
        queue(store)
        store.close()
        store.close()

        for lane in Lane:
            with pytest.raises(StoreUnavailable):
                store.run(nothing, lane=lane)
        with pytest.raises(StoreUnavailable):
            store.read(lambda _: None)

    def test_a_store_that_was_never_used_closes(
        self, make_store: StoreMaker, clock: ManualClock
    ) -> None:
        store = make_store(clock)
        store.close()

        with pytest.raises(StoreUnavailable):
            store.run(nothing)

    def test_a_second_server_is_refused_where_there_can_be_only_one(
        self, store: Store, other: Store
    ) -> None:
        one, two = ProcessId(1), ProcessId(2)
        is_alone = self.has_one_server  # type: ignore[attr-defined]  # of StoreKit
        assert store.become_server(one) == is_alone
        assert store.become_server(one) == is_alone

        if is_alone:
            with pytest.raises(StoreUnavailable):
                other.become_server(two)
        else:
            assert not other.become_server(two)
        store.close()
        assert other.become_server(two) == is_alone

    def test_servers_see_one_another_for_as_long_as_they_are_there(
        self, store: Store, other: Store
    ) -> None:
        one, two = ProcessId(1), ProcessId(2)
        is_alone = store.become_server(one)
        assert set(store.servers()) == {one}
        if is_alone:
            return
        other.become_server(two)
        assert set(store.servers()) == set(other.servers()) == {one, two}

        store.close()
        pause, tries = threading.Event(), 1_000
        while set(other.servers()) != {two} and (tries := tries - 1):
            pause.wait(PATIENCE / 1_000)
        assert set(other.servers()) == {two}

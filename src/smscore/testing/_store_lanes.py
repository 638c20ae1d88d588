"""
The store contract: how units of work wait, and when they do no longer.
"""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from datetime import timedelta

import pytest

from smscore.domain.messages import AccountId
from smscore.errors import DeadlinePassed, Overloaded, StoreUnavailable
from smscore.ports.storage import Lane, Store, UnitOfWork
from smscore.testing._store_kit import PATIENCE, add, at_once, busy, do, nothing, on
from smscore.testing.builders import a_tracked
from smscore.testing.fakes import ManualClock

__all__ = ["LanesContract"]

_MOST = 10_000


def _adding() -> tuple[Callable[[UnitOfWork], None], Callable[[Store], bool]]:
    """Work that adds a message, and the question whether it was done."""
    tracked = a_tracked()

    def was_done(store: Store) -> bool:
        return store.read(lambda view: view.outbox.get(tracked.message.id)) is not None

    return lambda work: work.outbox.add(tracked.message, tracked.delivery), was_done


class LanesContract:
    """Cancelled, too late, too many, custody first, and nobody waits for himself."""

    def test_a_future_cancelled_in_time_leaves_no_trace(self, queueing: Store) -> None:
        work, was_done = _adding()
        neighbour, neighbour_was_done = _adding()

        with busy(queueing):
            future = queueing.run(work)
            beside = queueing.run(neighbour)
            assert future.cancel()

        beside.result(PATIENCE)
        with pytest.raises(CancelledError):
            future.result(PATIENCE)
        assert not was_done(queueing)
        assert neighbour_was_done(queueing)

    def test_a_unit_that_has_begun_cannot_be_cancelled(self, queueing: Store) -> None:
        work, was_done = _adding()
        futures: list[Future[None]] = []
        cancelled: list[bool] = []

        def cancel_itself(unit: UnitOfWork) -> None:
            work(unit)
            cancelled.append(futures[0].cancel())

        with busy(queueing):
            futures.append(queueing.run(cancel_itself))
        futures[0].result(PATIENCE)

        assert cancelled == [False]
        assert was_done(queueing)

    def test_a_unit_not_begun_by_its_deadline_is_dropped(
        self, queueing: Store, clock: ManualClock
    ) -> None:
        late, late_was_done = _adding()
        timely, timely_was_done = _adding()
        soon = clock.now() + timedelta(seconds=1)

        with busy(queueing):
            too_late = queueing.run(late, deadline=soon)
            in_time = queueing.run(timely, deadline=soon + timedelta(seconds=1))
            clock.move(seconds=1.5)

        in_time.result(PATIENCE)
        assert isinstance(too_late.exception(PATIENCE), DeadlinePassed)
        assert not late_was_done(queueing)
        assert timely_was_done(queueing)

    def test_who_sets_the_clock_makes_nobody_late(
        self, queueing: Store, clock: ManualClock
    ) -> None:
        works = [_adding() for _ in range(2)]
        soon = clock.now() + timedelta(seconds=1)

        with busy(queueing):
            first = queueing.run(works[0][0], deadline=soon)
            clock.jump(hours=1)
            second = queueing.run(works[1][0], deadline=soon + timedelta(hours=1))
            clock.jump(days=-1)

        assert [first.result(PATIENCE), second.result(PATIENCE)] == [None, None]
        assert all(was_done(queueing) for _, was_done in works)

    def test_who_sets_the_clock_back_lets_nobody_wait_for_longer(
        self, queueing: Store, clock: ManualClock
    ) -> None:
        late, late_was_done = _adding()

        with busy(queueing):
            future = queueing.run(late, deadline=clock.now() + timedelta(seconds=1))
            clock.jump(hours=-1)
            clock.move(seconds=1.5)

        assert isinstance(future.exception(PATIENCE), DeadlinePassed)
        assert not late_was_done(queueing)

    def test_a_deadline_in_the_past_is_passed(self, store: Store, clock: ManualClock) -> None:
        work, was_done = _adding()

        future = store.run(work, deadline=clock.now() - timedelta(seconds=1))

        assert isinstance(future.exception(PATIENCE), DeadlinePassed)
        assert not was_done(store)

    def test_a_unit_that_waits_for_another_one_raises(self, store: Store) -> None:
        def wait(_: UnitOfWork) -> None:
            store.run(nothing).result(PATIENCE)

        assert isinstance(store.run(wait).exception(PATIENCE), RuntimeError)
        assert do(store, lambda _: "still alive") == "still alive"

    def test_a_done_callback_may_take_the_result(self, store: Store) -> None:
        results: Future[str] = Future()

        future = store.run(lambda _: "done")
        future.add_done_callback(lambda done: results.set_result(done.result()))

        assert results.result(PATIENCE) == "done"

    def test_a_done_callback_that_raises_disturbs_nobody(self, store: Store) -> None:
        def fail(_: Future[None]) -> None:
            raise ValueError("the caller's own mistake")

        futures = [store.run(nothing) for _ in range(3)]
        for future in futures:
            future.add_done_callback(fail)

        assert [future.result(PATIENCE) for future in futures] == [None] * 3
        assert do(store, lambda _: "still alive") == "still alive"

    def test_custody_goes_first(self, queueing: Store) -> None:
        order: list[str] = []

        def note(_: UnitOfWork, name: str) -> None:
            order.append(name)

        with busy(queueing):
            futures = [
                queueing.run(on(f"{lane.value} {number}", note), lane=lane)
                for number in (1, 2)
                for lane in (Lane.SUBMISSION, Lane.CUSTODY)
            ]
        for future in futures:
            future.result(PATIENCE)

        assert order == ["custody 1", "custody 2", "submission 1", "submission 2"]

    def test_a_recall_goes_before_the_custody_that_waits(self, queueing: Store) -> None:
        order: list[str] = []

        def note(_: UnitOfWork, name: str) -> None:
            order.append(name)

        with busy(queueing):
            futures = [
                queueing.run(on(lane.value, note), lane=lane)
                for lane in (Lane.SUBMISSION, Lane.CUSTODY, Lane.RECALL)
            ]
        for future in futures:
            future.result(PATIENCE)

        assert order == ["recall", "custody", "submission"]

    def test_too_many_submissions_are_refused_but_custody_is_not(self, queueing: Store) -> None:
        with busy(queueing):
            submissions = [queueing.run(nothing) for _ in range(_MOST)]
            with pytest.raises(Overloaded):
                queueing.run(nothing)
            custody = queueing.run(lambda _: "kept", lane=Lane.CUSTODY)

        assert custody.result(PATIENCE) == "kept"
        submissions[-1].result(PATIENCE)
        assert queueing.run(lambda _: "room again").result(PATIENCE) == "room again"

    def test_submissions_behind_one_that_waits_for_long_are_refused(
        self, queueing: Store, clock: ManualClock
    ) -> None:
        with busy(queueing):
            oldest = queueing.run(lambda _: "served")
            clock.move(seconds=2)
            beside = queueing.run(lambda _: "served")
            clock.move(seconds=0.1)
            with pytest.raises(Overloaded):
                queueing.run(nothing)
            queueing.run(nothing, lane=Lane.CUSTODY)

        assert [oldest.result(PATIENCE), beside.result(PATIENCE)] == ["served", "served"]
        assert queueing.run(lambda _: "room again").result(PATIENCE) == "room again"

    def test_accounts_take_turns(self, queueing: Store) -> None:
        order: list[str] = []
        many, other = AccountId(1), AccountId(2)

        def note(_: UnitOfWork, name: str) -> None:
            order.append(name)

        with busy(queueing):
            futures = [
                queueing.run(on(f"{account} {number}", note), accounts=(account,))
                for number, account in enumerate((many, many, many, other, other))
            ]
        for future in futures:
            future.result(PATIENCE)

        assert order == ["1 0", "2 3", "1 1", "2 4", "1 2"]

    def test_an_account_that_keeps_the_store_busy_is_refused_alone(
        self, queueing: Store, clock: ManualClock
    ) -> None:
        busy_one, other = (AccountId(1),), (AccountId(2),)

        with busy(queueing):
            futures = [queueing.run(nothing, accounts=busy_one)]
            clock.move(seconds=2.1)
            with pytest.raises(Overloaded):
                queueing.run(nothing, accounts=busy_one)
            futures.append(queueing.run(nothing, accounts=other))

        assert [future.result(PATIENCE) for future in futures] == [None] * 2

    def test_who_sets_the_clock_overloads_nothing(
        self, queueing: Store, clock: ManualClock
    ) -> None:
        with busy(queueing):
            futures = [queueing.run(nothing)]
            for hours in (1, -2, 24):
                clock.jump(hours=hours)
                futures.append(queueing.run(nothing))

        assert [future.result(PATIENCE) for future in futures] == [None] * 4

    def test_closing_finishes_what_is_queued(self, queueing: Store) -> None:
        works = [_adding() for _ in range(21)]
        futures: list[Future[None]] = []

        def close_while_they_wait() -> None:
            with busy(queueing):
                futures.extend(
                    queueing.run(work, lane=lane)
                    for (work, _), lane in zip(works, list(Lane) * 7, strict=True)
                )

        close_while_they_wait()
        at_once(queueing.close, queueing.close)

        assert [future.result(0) for future in futures] == [None] * 21

    def test_whoever_runs_into_the_closing_is_refused_or_served(self, queueing: Store) -> None:
        add(queueing, a_tracked())

        def submit() -> str:
            try:
                return queueing.run(lambda _: "served").result(PATIENCE)
            except StoreUnavailable:
                return "refused"

        def close() -> str:
            queueing.close()
            return "closed"

        outcomes = at_once(*[submit] * 8, close)

        assert set(outcomes[:-1]) <= {"served", "refused"}

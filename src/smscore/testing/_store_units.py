"""
The store contract: units of work are all or nothing, whatever their neighbours do.
"""

import pytest
from msgspec.structs import replace

from smscore.domain.events import Event
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.errors import Conflict, StoreError
from smscore.ports.storage import Store, UnitOfWork
from smscore.testing._store_everything import (
    ACCOUNT,
    KEY,
    Refused,
    change_everything,
    look_at_everything,
    look_behind,
)
from smscore.testing._store_kit import (
    PATIENCE,
    an_event,
    busy,
    do,
    on,
    open_account,
    queue,
)
from smscore.testing.builders import a_tracked, an_account
from smscore.testing.fakes import NOON

__all__ = ["UnitsContract"]


class UnitsContract:
    """All of a unit or nothing of it, also beside others that fail."""

    # All or nothing.

    @pytest.mark.parametrize("asks", [False, True])
    def test_a_unit_that_raises_leaves_no_trace(self, store: Store, *, asks: bool) -> None:
        account = open_account(store, credits=1)
        queue(store)
        before = store.read(look_at_everything)

        def fail(work: UnitOfWork) -> None:
            change_everything(work)
            if asks:  # what it has written must be visible to it, and still be undone
                assert len(work.outbox.claimable("fake", limit=9)) == 2
                assert work.ledger.total(ACCOUNT) == 10
            raise Refused("after all")

        with pytest.raises(Refused, match="after all"):
            do(store, fail)

        assert store.read(look_at_everything) == before
        assert do(store, look_behind) == [None, [], True]
        assert do(store, lambda work: work.accounts.get(ACCOUNT)) == account

    def test_a_unit_that_returns_keeps_everything(self, store: Store) -> None:
        open_account(store, credits=1)
        before = store.read(look_at_everything)

        do(store, change_everything)

        after = store.read(look_at_everything)
        assert [new != old for new, old in zip(after, before, strict=True)] == [True] * len(before)

    def test_whatever_the_work_raises_is_the_futures(self, store: Store) -> None:
        error = SystemExit(3) if self.is_queueing else ValueError("3")  # type: ignore[attr-defined]  # of StoreKit

        def fail(_: UnitOfWork) -> None:
            raise error

        assert store.run(fail).exception(PATIENCE) is error
        assert do(store, lambda _: "still alive") == "still alive"

    def test_a_unit_sees_what_it_wrote(self, store: Store) -> None:
        account = open_account(store, credits=1)
        tracked = a_tracked()

        def work(work: UnitOfWork) -> None:
            richer = replace(account, credits=2)
            work.accounts.save(richer)
            work.outbox.add(tracked.message, tracked.delivery)
            work.idempotency.add(KEY)
            assert work.accounts.get(account.id) == richer
            assert work.accounts.named(account.name) == richer
            assert list(work.accounts.all()) == [richer]
            assert work.outbox.get(tracked.message.id) == tracked
            assert list(work.outbox.claimable("fake", limit=1)) == [tracked]
            record = work.idempotency.get(account=ACCOUNT, surface=Surface.QUEUE, key="key")
            assert record == KEY
            # Again, after the questions.
            richest = replace(account, credits=3)
            work.accounts.save(richest)
            assert work.accounts.get(account.id) == richest
            expired = tracked.delivery.expired(at=NOON)
            work.outbox.save(expired)
            found = work.outbox.get(tracked.message.id)
            assert found is not None
            assert found.delivery == expired
            assert list(work.outbox.claimable("fake", limit=1)) == []

        do(store, work)

    # Neighbours in a batch.

    def test_a_unit_sees_what_the_ones_before_it_wrote(self, queueing: Store) -> None:
        open_account(queueing, credits=0)

        def spend(work: UnitOfWork) -> int:
            account = work.accounts.get(ACCOUNT)
            assert account is not None
            assert account.credits is not None
            work.accounts.save(replace(account, credits=account.credits + 1))
            return account.credits

        with busy(queueing):
            futures = [queueing.run(spend) for _ in range(50)]

        assert [future.result(PATIENCE) for future in futures] == list(range(50))

    @pytest.mark.parametrize("asks", [False, True])
    def test_a_raising_unit_disturbs_nobody_in_its_batch(
        self, queueing: Store, *, asks: bool
    ) -> None:
        open_account(queueing, credits=0)

        def step(work: UnitOfWork, *, fails: bool) -> None:
            account = work.accounts.get(ACCOUNT)
            assert account is not None
            work.accounts.save(replace(account, credits=(account.credits or 0) + 1))
            tracked = a_tracked()
            work.outbox.add(tracked.message, tracked.delivery)
            if asks:
                work.outbox.claimable("fake", limit=9)
            if fails:
                raise Refused("no")

        with busy(queueing):
            futures = [
                queueing.run(on(index % 3 == 1, lambda work, fails: step(work, fails=fails)))
                for index in range(9)
            ]

        errors = [type(future.exception(PATIENCE)) for future in futures]
        assert errors == [type(None), Refused, type(None)] * 3
        assert queueing.read(lambda view: len(view.outbox.find())) == 6
        account = queueing.read(lambda view: view.accounts.get(ACCOUNT))
        assert account is not None
        assert account.credits == 6

    def test_a_raising_unit_that_has_read_events_takes_none_of_others_with_it(
        self, queueing: Store
    ) -> None:
        events = [an_event(message=MessageId(number)) for number in (1, 2, 3)]

        def happen(work: UnitOfWork, event: Event) -> None:
            work.events.add(event)
            if event.message == 2:
                assert work.events.of(event.message) == [event]
                raise Refused("no")

        with busy(queueing):
            futures = [queueing.run(on(event, happen)) for event in events]

        errors = [type(future.exception(PATIENCE)) for future in futures]
        assert errors == [type(None), Refused, type(None)]
        told = queueing.read(lambda view: view.events.since(0, limit=9))
        assert [event for _, event in told] == [events[0], events[2]]

    @pytest.mark.parametrize("asks", [False, True])
    def test_a_refused_row_fails_only_the_guilty_unit(self, queueing: Store, *, asks: bool) -> None:
        open_account(queueing, credits=0)
        messages = [a_tracked() for _ in range(5)]
        messages[3] = messages[1]  # the same again

        def step(work: UnitOfWork, index: int) -> int:
            account = work.accounts.get(ACCOUNT)
            assert account is not None
            work.accounts.save(replace(account, credits=(account.credits or 0) + 1))
            work.outbox.add(messages[index].message, messages[index].delivery)
            if asks and index == 4:  # another one's question is what brings it to light
                work.outbox.claimable("fake", limit=9)
            return index

        with busy(queueing):
            futures = [queueing.run(on(index, step)) for index in range(5)]

        guilty = futures.pop(3)
        assert isinstance(guilty.exception(PATIENCE), StoreError)
        assert [future.result(PATIENCE) for future in futures] == [0, 1, 2, 4]
        account = queueing.read(lambda view: view.accounts.get(ACCOUNT))
        assert account is not None
        assert account.credits == 4
        assert queueing.read(lambda view: len(view.outbox.find())) == 4

    def test_a_value_that_cannot_be_written_fails_only_its_unit(self, queueing: Store) -> None:
        half_a_pair = "\ud83d"
        texts = ["fine", half_a_pair, "fine as well"]

        def send(work: UnitOfWork, text: str) -> None:
            tracked = a_tracked()
            work.outbox.add(replace(tracked.message, text=text), tracked.delivery)

        with busy(queueing):
            futures = [queueing.run(on(text, send)) for text in texts]

        found = [future.exception(PATIENCE) for future in futures]
        assert found[0] is None
        assert found[2] is None
        # A store that can keep it may; one that cannot says so.
        assert found[1] is None or isinstance(found[1], StoreError)

    def test_a_conflict_disturbs_nobody_in_its_batch(self, queueing: Store) -> None:
        accounts = [
            an_account(id=AccountId(number), name=name) for number, name in enumerate("abac")
        ]

        with busy(queueing):
            futures = [
                queueing.run(on(account, lambda work, account: work.accounts.add(account)))
                for account in accounts
            ]

        errors = [type(future.exception(PATIENCE)) for future in futures]
        assert errors == [type(None), type(None), Conflict, type(None)]

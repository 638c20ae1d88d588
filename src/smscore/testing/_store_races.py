"""
The store contract: what happens when several threads want the same thing at the same moment.
"""

from collections import Counter
from functools import partial

from msgspec.structs import replace

from smscore.domain.deliveries import Part, PartState, ProcessId, Status
from smscore.domain.ledger import EntryKind
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.receipts import Receipt
from smscore.errors import InsufficientCredits
from smscore.ports.storage import IdempotencyRecord, Store, UnitOfWork
from smscore.testing._store_kit import PATIENCE, add, an_entry, at_once, do, on, open_account, queue
from smscore.testing.builders import a_report, a_tracked
from smscore.testing.fakes import NOON

__all__ = ["RacesContract"]


def _claim(work: UnitOfWork, owner: int) -> list[MessageId]:
    claimed = []
    for tracked in work.outbox.claimable("fake", limit=7):
        work.outbox.save(tracked.delivery.claimed(owner=ProcessId(owner)))
        claimed.append(tracked.message.id)
    return claimed


def _spend(work: UnitOfWork, credits: int) -> None:
    account = work.accounts.get(AccountId(1))
    assert account is not None
    spent, entry = account.spend(messages=1, credits=credits, first=MessageId(1), now=NOON)
    assert entry is not None
    work.accounts.save(spent)
    work.ledger.add(entry)


class RacesContract:
    """Two want it, one gets it; and nothing gets lost between them."""

    def test_two_claimers_never_get_the_same_message(self, store: Store) -> None:
        messages = [a_tracked() for _ in range(100)]
        add(store, *messages)

        def claim_all(owner: int) -> list[MessageId]:
            mine: list[MessageId] = []
            while claimed := do(store, lambda work: _claim(work, owner)):
                mine.extend(claimed)
            return mine

        mine, yours = at_once(lambda: claim_all(1), lambda: claim_all(2))

        assert sorted([*mine, *yours]) == sorted(one.message.id for one in messages)
        held = do(store, lambda work: work.outbox.held(owners=[ProcessId(1)], limit=200))
        assert {delivery.message for delivery in held} == set(mine)

    def test_two_claimers_of_two_processes_never_get_the_same_message(
        self, store: Store, other: Store
    ) -> None:
        messages = [a_tracked() for _ in range(60)]
        add(store, *messages)

        def claim_all(where: Store, owner: int) -> list[MessageId]:
            mine: list[MessageId] = []
            while claimed := do(where, lambda work: _claim(work, owner)):
                mine.extend(claimed)
            return mine

        mine, yours = at_once(lambda: claim_all(store, 1), lambda: claim_all(other, 2))

        assert sorted([*mine, *yours]) == sorted(one.message.id for one in messages)

    def test_two_spenders_never_oversell(self, store: Store) -> None:
        open_account(store, credits=100)
        do(store, lambda work: work.ledger.add(an_entry(credits=100, balance=100)))

        def spend_all(credits: int) -> int:
            spent = 0
            for _ in range(40):  # more than one of them alone could pay for
                try:
                    store.run(lambda work: _spend(work, credits)).result(PATIENCE)
                except InsufficientCredits:
                    continue
                spent += credits
            return spent

        spent = sum(at_once(lambda: spend_all(3), lambda: spend_all(7)))

        account = store.read(lambda view: view.accounts.get(AccountId(1)))
        assert account is not None
        assert account.credits == 100 - spent
        assert 0 <= account.credits < 3
        assert store.read(lambda view: view.ledger.total(AccountId(1))) == account.credits

    def test_entries_tell_the_balance_after_each_of_them(self, store: Store) -> None:
        open_account(store, credits=60)
        do(store, lambda work: work.ledger.add(an_entry(credits=60, balance=60)))

        at_once(
            *[lambda: [store.run(lambda work: _spend(work, 1)).result(PATIENCE) for _ in range(10)]]
            * 4
        )

        entries = store.read(lambda view: view.ledger.of(AccountId(1)))
        balances = [entry.balance for entry in entries if entry.kind is EntryKind.CHARGE]
        assert balances == list(range(20, 60))

    def test_equal_idempotency_keys_are_served_once(self, store: Store) -> None:
        def submit(work: UnitOfWork, number: int) -> str:
            account, surface = AccountId(1), Surface.PROVIDER
            first = work.idempotency.get(account=account, surface=surface, key="key")
            if first is not None:
                return first.digest
            record = IdempotencyRecord(
                account=account,
                surface=surface,
                key="key",
                digest=str(number),
                receipt=Receipt(accepted=()),
                at=NOON,
            )
            work.idempotency.add(record)
            tracked = a_tracked()
            work.outbox.add(tracked.message, tracked.delivery)
            return record.digest

        answers = at_once(
            *[
                partial(lambda number: store.run(on(number, submit)).result(PATIENCE), number)
                for number in range(8)
            ]
        )

        assert len(set(answers)) == 1
        assert len(store.read(lambda view: view.outbox.find())) == 1

    def test_a_report_faster_than_the_receipt_is_not_lost(self, store: Store) -> None:
        sending = queue(store).claimed(owner=ProcessId(1))
        do(store, lambda work: work.outbox.save(sending))
        report = a_report(reference="17")

        def accept(work: UnitOfWork) -> None:
            part = Part(number=1, channel="fake", state=PartState.ACCEPTED, at=NOON, reference="17")
            delivery = replace(sending, parts=(part,))
            for early in work.outbox.unpark(channel="fake", reference="17"):
                delivery = delivery.reported(early)
            work.outbox.save(delivery)

        def receive(work: UnitOfWork) -> None:
            awaiting = work.outbox.awaiting(report)
            if awaiting:
                work.outbox.save(awaiting[0].reported(report))
            else:
                work.outbox.park(report)

        at_once(*[partial(do, store, work) for work in (accept, receive)])

        tracked = store.read(lambda view: view.outbox.get(sending.message))
        assert tracked is not None
        assert [part.state for part in tracked.delivery.parts] == [PartState.DELIVERED]
        assert tracked.delivery.status is Status.SENDING
        assert not do(store, lambda work: work.outbox.unpark(channel="fake", reference="17"))

    def test_processes_that_start_together_get_different_numbers(self, store: Store) -> None:
        numbers = at_once(*[lambda: do(store, lambda work: work.processes.lease(now=NOON))] * 8)

        assert Counter(numbers).most_common(1)[0][1] == 1

    def test_many_threads_read_while_one_writes(self, store: Store) -> None:
        account = open_account(store, credits=50)
        do(store, lambda work: work.ledger.add(an_entry(credits=50, balance=50)))

        def spend() -> bool:
            for _ in range(50):
                store.run(lambda work: _spend(work, 1)).result(PATIENCE)
            return True

        def look() -> bool:
            def is_balanced() -> bool:
                return store.read(
                    lambda view: (
                        (found := view.accounts.get(account.id)) is not None
                        and found.credits == view.ledger.total(account.id)
                    )
                )

            return all(is_balanced() for _ in range(50))

        assert all(at_once(spend, look, look))

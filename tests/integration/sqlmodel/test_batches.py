import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.numbers import PhoneNumber
from smscore.errors import GatewayError, Rejected
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork
from smscore.testing.builders import a_delivery, a_message, a_report, a_user, an_account
from smscore.testing.memory import MemoryStore
from smscore_sqlmodel import SqlStore, migrate

PATIENCE = 30.0
Step: TypeAlias = tuple[str, int]

numbers = st.integers(1, 4)
steps = st.tuples(
    st.sampled_from(["add", "get", "claim", "spend", "list", "user", "park", "unpark", "raise"]),
    numbers,
)
units = st.lists(st.lists(steps, max_size=5), min_size=1, max_size=12)


def _tracked(number: int) -> Tracked:
    message = a_message(id=MessageId(number), recipient=PhoneNumber(f"+4917000000{number}"))
    return Tracked(message=message, delivery=a_delivery(message))


def _take(work: UnitOfWork, step: Step) -> object:
    name, number = step
    match name:
        case "add":
            tracked = _tracked(number)
            return work.outbox.add(tracked.message, tracked.delivery)
        case "get":
            return work.outbox.get(MessageId(number))
        case "claim":
            claimable = list(work.outbox.claimable("fake", limit=number))
            for tracked in claimable:
                work.outbox.save(tracked.delivery.claimed(owner=ProcessId(number)))
            return claimable
        case "spend":
            account = work.accounts.get(AccountId(1))
            assert account is not None
            work.accounts.save(attrs.evolve(account, used=account.used + number))
            return account.used
        case "list":
            return work.outbox.count(), [account.used for account in work.accounts.all()]
        case "user":
            return work.credentials.add_user(a_user(name=f"user{number}"))
        case "park":
            return work.outbox.park(a_report(reference=str(number)))
        case "unpark":
            return list(work.outbox.unpark(channel="fake", reference=str(number)))
        case _:
            raise Rejected("as planned")


def _unit(plan: Sequence[Step]) -> Callable[[UnitOfWork], list[object]]:
    return lambda work: [_take(work, step) for step in plan]


def _outcome(store: Store, plans: Sequence[Sequence[Step]]) -> list[object]:
    """Run them as one batch, where there are batches; what came of each, and what is left."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_: UnitOfWork) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    if isinstance(store, SqlStore):
        store.run(hold, lane=Lane.CUSTODY)
        assert begun.wait(PATIENCE)
    futures = [store.run(_unit(plan)) for plan in plans]
    go_on.set()
    results: list[object] = []
    for future in futures:
        error = future.exception(PATIENCE)
        assert error is None or isinstance(error, GatewayError)
        results.append(type(error) if error else future.result())
    return [
        *results,
        store.read(lambda view: list(view.outbox.find())),
        store.read(lambda view: list(view.accounts.all())),
        store.read(lambda view: list(view.credentials.users())),
    ]


@settings(max_examples=60, deadline=None)
@given(plans=units)
def test_a_batch_ends_as_if_its_units_had_come_one_by_one(plans: list[list[Step]]) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'smscore.db'}"
        migrate(url)
        stores: list[Store] = [SqlStore(url), MemoryStore()]
        try:
            for store in stores:
                store.run(lambda work: work.accounts.add(an_account())).result(PATIENCE)
            batched, one_by_one = (_outcome(store, plans) for store in stores)
        finally:
            for store in stores:
                store.close()

    assert batched == one_by_one

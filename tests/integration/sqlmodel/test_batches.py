import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import pytest
from databases import new_database
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from smscore.domain.deliveries import ProcessId
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.numbers import PhoneNumber
from smscore.errors import GatewayError, Rejected
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork
from smscore.testing import ManualClock
from smscore.testing.builders import a_delivery, a_message, a_report, a_user, an_account
from smscore.testing.memory import MemoryStore
from smscore_sqlmodel import SqlStore

PATIENCE = 30.0
Step: TypeAlias = tuple[Callable[[UnitOfWork, int], object], int]


def _tracked(number: int) -> Tracked:
    message = a_message(id=MessageId(number), recipient=PhoneNumber(f"+4917000000{number}"))
    return Tracked(message=message, delivery=a_delivery(message))


def _add(work: UnitOfWork, number: int) -> None:
    tracked = _tracked(number)
    work.outbox.add(tracked.message, tracked.delivery)


def _get(work: UnitOfWork, number: int) -> object:
    return work.outbox.get(MessageId(number))


def _claim(work: UnitOfWork, number: int) -> object:
    claimable = list(work.outbox.claimable("fake", limit=number))
    for tracked in claimable:
        work.outbox.save(tracked.delivery.claimed(owner=ProcessId(number)))
    return claimable


def _spend(work: UnitOfWork, number: int) -> int:
    account = work.accounts.get(AccountId(1))
    assert account is not None
    work.accounts.save(replace(account, used=account.used + number))
    return account.used


def _look(work: UnitOfWork, number: int) -> object:
    return work.outbox.count(), [account.used for account in work.accounts.all()]


def _user(work: UnitOfWork, number: int) -> None:
    work.credentials.add_user(a_user(name=f"user{number}"))


def _park(work: UnitOfWork, number: int) -> None:
    work.outbox.park(a_report(reference=str(number)))


def _unpark(work: UnitOfWork, number: int) -> object:
    return list(work.outbox.unpark(channel="fake", reference=str(number)))


def _raise(work: UnitOfWork, number: int) -> None:
    raise Rejected("as planned")


def _unit(plan: Sequence[Step]) -> Callable[[UnitOfWork], list[object]]:
    return lambda work: [take(work, number) for take, number in plan]


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
        # Which of several errors ends a unit depends on when rows are written.
        results.append("failed" if error else future.result())
    return [
        *results,
        store.read(lambda view: list(view.outbox.find())),
        store.read(lambda view: list(view.accounts.all())),
        store.read(lambda view: list(view.credentials.users())),
    ]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_database(tmp_path_factory.mktemp("empty") / "smscore.db")


_STEPS = st.tuples(
    st.sampled_from([_add, _get, _claim, _spend, _look, _user, _park, _unpark, _raise]),
    st.integers(1, 4),
)


@settings(max_examples=60, deadline=None)
@given(plans=st.lists(st.lists(_STEPS, max_size=5), min_size=1, max_size=12))
def test_a_batch_ends_as_if_its_units_had_come_one_by_one(
    empty: Path, plans: list[list[Step]]
) -> None:
    with TemporaryDirectory() as folder:
        path = shutil.copy(empty, Path(folder) / "smscore.db")
        stores: list[Store] = [SqlStore(f"sqlite:///{path}", clock=ManualClock()), MemoryStore()]
        try:
            for store in stores:
                store.run(lambda work: work.accounts.add(an_account())).result(PATIENCE)
            batched, one_by_one = (_outcome(store, plans) for store in stores)
        finally:
            for store in stores:
                store.close()

    assert batched == one_by_one

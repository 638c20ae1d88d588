"""
Two processes on one PostgreSQL at the same time; each is a store of its own here.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import SimpleQueue

import attrs
import psycopg
import pytest
from msgspec.structs import replace
from postgres import QUICK, PostgresCluster, a_cluster
from several import until

from smscore import GatewayConfig, build
from smscore.domain.deliveries import Delivery, ProcessId, Status
from smscore.domain.events import Event
from smscore.domain.messages import AccountId
from smscore.errors import Conflict, InvalidRequest, StoreError, StoreUnavailable
from smscore.ports.storage import Lane, Store, Tracked, UnitOfWork, View
from smscore.testing._store_kit import an_event
from smscore.testing.builders import (
    a_delivery,
    a_message,
    a_posting,
    a_tracked,
    a_user,
    a_webhook,
    an_account,
)
from smscore_sqlmodel import SqlStore, migrate
from smscore_sqlmodel._postgres_database import PostgresDatabase
from smscore_sqlmodel._sqlite import REVISION

PATIENCE = 30.0
ACCOUNT = AccountId(1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with a_cluster(**QUICK) as cluster:
        yield cluster


@pytest.fixture
def url(cluster: PostgresCluster) -> str:
    return cluster.new_store()


@pytest.fixture
def stores(url: str) -> Iterator[tuple[Store, Store]]:
    with closing(SqlStore(url)) as one, closing(SqlStore(url)) as other:
        yield one, other


def do(store: Store, work, **options):
    return store.run(work, lane=Lane.CUSTODY, **options).result(PATIENCE)


def test_a_process_writes_no_more_once_the_schema_is_another_one(
    stores: tuple[Store, Store], url: str
) -> None:
    store, _ = stores
    queue(store, 1)
    with psycopg.connect(url) as newer:
        newer.execute("UPDATE smscore_schema SET version_num = '9999'")
        newer.execute("SELECT pg_notify('smscore', 'null')")
    try:
        until(lambda: "install the newer smscore" in refusal(store))
    finally:
        with psycopg.connect(url) as older:
            older.execute("UPDATE smscore_schema SET version_num = %s", (REVISION,))
    until(lambda: not refusal(store))


def refusal(store: Store) -> str:
    try:
        queue(store, 1)
    except StoreUnavailable as refusal:
        return str(refusal)
    return ""


def test_all_texts_are_kept_whatever_the_client_of_the_database_is_said_to_know(url: str) -> None:
    message = a_message(text="Grüße 😀 €")
    tracked = Tracked(message=message, delivery=a_delivery(message))
    with closing(SqlStore(f"{url}&client_encoding=LATIN1")) as store:
        do(store, lambda work: work.outbox.add(tracked.message, tracked.delivery))

        assert store.read(lambda view: view.outbox.get(tracked.message.id)) == tracked


def test_who_works_on_a_database_hears_that_it_was_migrated(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as listening:
        listening.execute("LISTEN smscore")

        migrate(url)

        [told] = listening.notifies(timeout=PATIENCE, stop_after=1)
    assert told.payload == "null"


def queue(store: Store, count: int) -> list[Delivery]:
    tracked = [a_tracked() for _ in range(count)]

    def add(work: UnitOfWork) -> None:
        for one in tracked:
            work.outbox.add(one.message, one.delivery)

    do(store, add)
    return [one.delivery for one in tracked]


def credits_of(store: Store, account: AccountId = ACCOUNT) -> int | None:
    found = store.read(lambda view: view.accounts.get(account))
    assert found is not None
    return found.credits


def earning(*accounts: AccountId):
    """One credit more for each of them."""

    def work(unit: UnitOfWork) -> None:
        for number in accounts:
            account = unit.accounts.get(number)
            assert account is not None
            unit.accounts.save(replace(account, credits=(account.credits or 0) + 1))

    return work


def open_accounts(store: Store, *numbers: int) -> list[AccountId]:
    for number in numbers:
        account = an_account(id=AccountId(number), name=f"account{number}", credits=0)
        do(store, lambda work, account=account: work.accounts.add(account))
    return [AccountId(number) for number in numbers]


@pytest.mark.parametrize("declares", [True, False])
def test_no_change_of_an_account_is_lost_between_processes(
    stores: tuple[Store, Store], *, declares: bool
) -> None:
    open_accounts(stores[0], 1)
    declared = (ACCOUNT,) if declares else ()

    futures = [stores[number % 2].run(earning(ACCOUNT), accounts=declared) for number in range(400)]
    for future in futures:
        future.result(PATIENCE)

    assert [credits_of(store) for store in stores] == [400, 400]


def test_units_that_need_the_same_accounts_in_any_order_all_come_through(
    stores: tuple[Store, Store],
) -> None:
    one, two, three = open_accounts(stores[0], 1, 2, 3)
    orders = [(one, two, three), (three, two, one), (two, one), (three, one)]

    futures = [
        stores[number % 2].run(earning(*orders[number % 4]), accounts=orders[number % 4][:1])
        for number in range(200)
    ]
    for future in futures:
        future.result(PATIENCE)

    assert [credits_of(stores[0], number) for number in (one, two, three)] == [200, 150, 150]


def test_a_message_is_claimed_by_one_process_alone(stores: tuple[Store, Store]) -> None:
    queued = queue(stores[0], 300)

    def claim(owner: int) -> list[int]:
        def work(work: UnitOfWork) -> list[int]:
            found = [one.delivery for one in work.outbox.claimable("fake", limit=10)]
            for delivery in found:
                work.outbox.save(delivery.claimed(owner=ProcessId(owner)))
            return [delivery.message for delivery in found]

        claimed: list[int] = []
        while some := do(stores[owner], work):
            claimed += some
        return claimed

    with ThreadPoolExecutor(2) as pool:
        claimed = [number for some in pool.map(claim, (0, 1)) for number in some]

    assert sorted(claimed) == sorted(delivery.message for delivery in queued)


def test_claims_pass_by_what_another_process_is_claiming(stores: tuple[Store, Store]) -> None:
    queued = queue(stores[0], 2)
    begun, go_on = threading.Event(), threading.Event()

    def hold(work: UnitOfWork) -> list[int]:
        found = [one.message.id for one in work.outbox.claimable("fake", limit=1)]
        begun.set()
        assert go_on.wait(PATIENCE)
        return found

    held = stores[0].run(hold)
    assert begun.wait(PATIENCE)
    try:
        passed = do(
            stores[1],
            lambda work: [one.message.id for one in work.outbox.claimable("fake", limit=9)],
        )
    finally:
        go_on.set()

    assert [held.result(PATIENCE), passed] == [[queued[0].message], [queued[1].message]]


def test_a_message_that_another_process_has_moved_is_not_remembered(
    stores: tuple[Store, Store],
) -> None:
    [delivery] = queue(stores[0], 1)
    cancelled = delivery.cancelled(at=delivery.accepted_at)
    do(stores[1], lambda work: work.outbox.save(cancelled))

    def claim(work: UnitOfWork) -> Status:
        found = work.outbox.get(delivery.message)
        assert found is not None
        if found.delivery.status is Status.QUEUED:
            work.outbox.save(found.delivery.claimed(owner=ProcessId(1)))
        return found.delivery.status

    assert do(stores[0], claim) is Status.CANCELLED
    found = stores[1].read(lambda view: view.outbox.get(delivery.message))
    assert found is not None
    assert found.delivery == cancelled


def test_what_was_decided_on_a_message_that_has_moved_is_decided_again(
    stores: tuple[Store, Store],
) -> None:
    [delivery] = queue(stores[0], 1)
    seen: list[Status] = []

    def look(work: UnitOfWork) -> None:
        found = work.outbox.get(delivery.message)
        assert found is not None
        seen.append(found.delivery.status)
        if found.delivery.status is Status.QUEUED:
            other = stores[1].run(
                lambda work: work.outbox.save(delivery.cancelled(at=delivery.accepted_at))
            )
            other.result(PATIENCE)

    do(stores[0], look)

    assert seen == [Status.QUEUED, Status.CANCELLED]


def _events_behind(cursor: int, view: View) -> Sequence[tuple[int, Event]]:
    return view.events.since(cursor, limit=1_000)


def test_events_are_never_seen_behind_later_ones(stores: tuple[Store, Store]) -> None:
    stop = threading.Event()
    found: list[int] = []

    def follow() -> None:
        cursor = 0
        while True:
            is_last = stop.is_set()
            events = stores[0].read(partial(_events_behind, cursor))
            found.extend(event.message for _, event in events)
            cursor = events[-1][0] if events else cursor
            if is_last and not events:
                return

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        futures = [
            stores[number % 2].run(
                lambda work, number=number: work.events.add(an_event(message=number + 1))
            )
            for number in range(1_000)
        ]
        for future in futures:
            future.result(PATIENCE)
    finally:
        stop.set()
        reader.join(PATIENCE)

    assert sorted(found) == list(range(1, 1_001))


def test_of_two_users_of_one_name_one_is_refused(stores: tuple[Store, Store]) -> None:
    barrier = threading.Barrier(2)

    def add(store: Store) -> str:
        barrier.wait(PATIENCE)
        try:
            do(store, lambda work: work.credentials.add_user(a_user()))
        except Conflict:
            return "refused"
        return "added"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, stores)) == ["added", "refused"]


def test_of_two_accounts_of_one_name_one_is_refused(stores: tuple[Store, Store]) -> None:
    barrier = threading.Barrier(2)

    def add(number: int) -> str:
        account = an_account(id=AccountId(number + 1))
        barrier.wait(PATIENCE)
        try:
            do(stores[number], lambda work: work.accounts.add(account))
        except Conflict:
            return "refused"
        return "added"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(add, (0, 1))) == ["added", "refused"]


def test_a_batch_that_the_database_chose_against_a_deadlock_is_done_again(
    stores: tuple[Store, Store],
) -> None:
    one, two = queue(stores[0], 2)
    meeting = threading.Barrier(2)

    def move(store: Store, first: Delivery, second: Delivery) -> None:
        is_first_time = [True]

        def work(work: UnitOfWork) -> None:
            for delivery in (first, second):
                found = work.outbox.get(delivery.message)
                assert found is not None
                work.outbox.save(replace(found.delivery, attempts=found.delivery.attempts + 1))
                work.outbox.claimable("nobody", limit=1)  # what was saved is written
                if is_first_time.pop() if is_first_time else False:
                    meeting.wait(PATIENCE)

        do(store, work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(move, stores, (one, two), (two, one)))

    found = stores[0].read(lambda view: view.outbox.find())
    assert [each.delivery.attempts for each in found] == [2, 2]


def waits_for_a_lock(url: str) -> bool:
    with psycopg.connect(url) as looking:
        [(waiting,)] = looking.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchall()
    return bool(waiting)


def test_nothing_is_left_for_a_webhook_that_another_process_removes(
    stores: tuple[Store, Store], url: str
) -> None:
    hook = a_webhook()
    do(stores[0], lambda work: work.webhooks.save(hook))
    seen, go_on = threading.Event(), threading.Event()

    def post(work: UnitOfWork) -> None:
        if hook.id in work.webhooks.standing([hook.id]):
            work.webhooks.add(a_posting(id=1))
        seen.set()
        assert go_on.wait(PATIENCE)

    posted = stores[0].run(post)
    assert seen.wait(PATIENCE)
    removed = stores[1].run(lambda work: work.webhooks.remove(hook.id))
    until(lambda: removed.done() or waits_for_a_lock(url))
    go_on.set()
    posted.result(PATIENCE)
    removed.result(PATIENCE)

    assert stores[0].read(lambda view: view.webhooks.waiting()) == {}


def test_a_webhook_that_another_process_has_removed_is_not_put_back(
    stores: tuple[Store, Store], url: str
) -> None:
    hook = a_webhook()
    do(stores[0], lambda work: work.webhooks.save(hook))
    removals: list[Future[None]] = []

    def change(work: UnitOfWork) -> None:
        found = work.webhooks.get(hook.id)
        if not removals:
            removals.append(stores[1].run(lambda work: work.webhooks.remove(hook.id)))
            until(lambda: removals[0].done() or waits_for_a_lock(url))
        if found is not None:
            work.webhooks.save(attrs.evolve(found, is_active=False))

    do(stores[0], change)
    removals[0].result(PATIENCE)

    assert stores[0].read(lambda view: view.webhooks.get(hook.id)) is None


def test_who_adds_a_webhook_waits_for_others_of_the_account_so_that_all_are_counted(
    stores: tuple[Store, Store], url: str, tmp_path: Path
) -> None:
    [account] = open_accounts(stores[0], 1)
    config = GatewayConfig(directory=tmp_path)
    one, other = (build(config, store=store) for store in stores)
    for _ in range(99):
        one.webhooks.add(account, url="https://a.example/", events=["message.sent"])
    add = partial(other.webhooks.add, account, url="https://b.example/", events=["message.sent"])
    with ThreadPoolExecutor() as threads, psycopg.connect(url) as third:
        third.execute("SELECT 1 FROM smscore_accounts WHERE id = %s FOR UPDATE", (account,))
        adding = threads.submit(add)
        until(lambda: waits_for_a_lock(url))
        third.rollback()
        adding.result(PATIENCE)

    with pytest.raises(InvalidRequest, match="at most 100 webhooks"):
        one.webhooks.add(account, url="https://c.example/", events=["message.sent"])


def test_errors_do_not_show_the_password() -> None:
    with pytest.raises(StoreUnavailable) as refusal:
        SqlStore("postgresql://me:geheim@127.0.0.1:1/smscore")

    assert "geheim" not in str(refusal.value)
    assert "127.0.0.1" in str(refusal.value)


def test_a_constraint_speaks_without_its_row(stores: tuple[Store, Store], url: str) -> None:
    [delivery] = queue(stores[0], 1)
    tracked = stores[0].read(lambda view: view.outbox.get(delivery.message))
    assert tracked is not None

    with pytest.raises(StoreError) as refusal:
        do(stores[0], lambda work: work.outbox.add(tracked.message, tracked.delivery))

    assert str(delivery.message) not in str(refusal.value)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM smscore_messages").fetchone() == (1,)


def test_who_does_not_write_any_more_hears_others_all_the_same(url: str) -> None:
    database, told = PostgresDatabase(url), SimpleQueue[object]()
    writing = database.connect_writing()
    with (
        closing(SqlStore(url)) as other,
        closing(database.listen(heard=told.put, missed=lambda: told.put("something was missed"))),
    ):
        writing.close()
        queue(other, 1)

        assert told.get(timeout=PATIENCE) == ["fake"]

"""
PostgreSQL ends while a store works on it, and comes back.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing

import attrs
import psycopg
import pytest
from cutting import CuttingProxy
from postgres import PostgresCluster, a_cluster

from smscore.domain.webhooks import WebhookId
from smscore.errors import StoreUnavailable
from smscore.ports.storage import Lane, Store, UnitOfWork
from smscore.testing._store_kit import an_event
from smscore.testing.builders import a_tracked, a_webhook
from smscore_sqlmodel import SqlStore, migrate
from smscore_sqlmodel._postgres import PostgresServer
from smscore_sqlmodel._postgres_commit import Marks, Witness, was_committed, witness_of_event

PATIENCE = 60.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with a_cluster() as cluster:
        yield cluster


class Submitter:
    """Adds one message after another on a thread of its own, and keeps book."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_over = threading.Event()
        self._heard = threading.Condition()
        self.acknowledged: list[int] = []
        self.refusals: list[Exception] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def await_more(self, than: int, found: Sequence[object]) -> None:
        """Wait until there are more of them."""
        with self._heard:
            assert self._heard.wait_for(lambda: len(found) > than, PATIENCE)

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while not self._is_over.is_set():
            tracked = [a_tracked() for _ in range(20)]
            futures = [
                self._store.run(
                    lambda work, one=one: work.outbox.add(one.message, one.delivery),
                    lane=Lane.CUSTODY,
                )
                for one in tracked
            ]
            for one, future in zip(tracked, futures, strict=True):
                self._note(one.message.id, future.exception(PATIENCE))

    def _note(self, message: int, error: BaseException | None) -> None:
        with self._heard:
            if error is None:
                self.acknowledged.append(message)
            else:
                assert isinstance(error, StoreUnavailable), error
                self.refusals.append(error)
            self._heard.notify_all()


@pytest.mark.parametrize("ending", ["kill", "stop"])
def test_nothing_acknowledged_is_lost_when_the_database_ends_and_comes_back(
    cluster: PostgresCluster, ending: str
) -> None:
    url = cluster.new_store()
    with closing(SqlStore(url)) as store, closing(SqlStore(url)) as other:
        wakeup = other.wakeup("fake")
        submitter = Submitter(store)
        try:
            for _ in range(2):
                submitter.await_more(len(submitter.acknowledged) + 100, submitter.acknowledged)
                refused = len(submitter.refusals)
                getattr(cluster, ending)()
                submitter.await_more(refused, submitter.refusals)
                cluster.start()
                submitter.await_more(len(submitter.acknowledged) + 100, submitter.acknowledged)
        finally:
            submitter.stop()

        found = {one.message.id for one in store.read(lambda view: view.outbox.find(limit=10**6))}
        assert found >= set(submitter.acknowledged)
        assert wakeup.wait(PATIENCE)  # of what happened meanwhile
        while wakeup.wait(0):
            pass
        store.run(lambda work: _add_one(work), lane=Lane.CUSTODY).result(PATIENCE)
        assert wakeup.wait(PATIENCE)


def _add_one(work) -> None:
    tracked = a_tracked()
    work.outbox.add(tracked.message, tracked.delivery)


def test_a_database_that_may_only_be_read_is_said_once_with_the_way_out(
    cluster: PostgresCluster, caplog: pytest.LogCaptureFixture
) -> None:
    url = cluster.new_database()
    migrate(url)
    name = url.partition("@/")[2].partition("?")[0]
    with cluster.connect() as operator:
        operator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    with closing(SqlStore(url)) as store:
        refused = [submitted(store) for _ in range(5)]

    assert all("target_session_attrs=read-write" in str(one) for one in refused)
    said = [one for one in caplog.records if one.name == "smscore_sqlmodel._writer"]
    assert [one.levelname for one in said if one.levelname != "DEBUG"] == ["ERROR"]
    assert all(one.exc_info is None for one in said if one.levelname != "DEBUG")


def submitted(store: Store) -> BaseException | None:
    return store.run(lambda work: _add_one(work), lane=Lane.CUSTODY).exception(PATIENCE)


def test_that_nothing_is_heard_is_said_once(
    cluster: PostgresCluster, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(SqlStore(cluster.new_store())) as store:
        submitter = Submitter(store)
        try:
            submitter.await_more(100, submitter.acknowledged)
            cluster.kill()
            submitter.await_more(100, submitter.refusals)  # 20 in each round
            cluster.start()
            submitter.await_more(len(submitter.acknowledged), submitter.acknowledged)
        finally:
            submitter.stop()

    said = [one.message for one in caplog.records if one.name == "smscore_sqlmodel._postgres_ear"]
    assert sum(message.startswith("nothing is heard") for message in said) == 1


@attrs.frozen
class Event:
    """What there is of one to know it by."""

    message: int
    sequence: int
    at: int

    @property
    def witness(self) -> Witness:
        return witness_of_event(message=self.message, sequence=self.sequence, at=self.at)


ADD_EVENT = (
    "INSERT INTO smscore_events (id, message, account, sequence, kind, at, detail) "
    "VALUES (17, $1, 1, $2, 'message.sending', $3, '{}')"
)
OURS = Event(message=1, sequence=2, at=3)


def a_transaction(server: PostgresServer, event: Event, *, ending: str = "COMMIT") -> str:
    """Write an event; the number of the transaction in which it was."""
    with closing(server.connect()) as link:
        link.execute("BEGIN")
        link.execute(ADD_EVENT, attrs.astuple(event))
        [(number,)] = link.execute("SELECT pg_current_xact_id()::text").fetchall()
        link.execute(ending)
    return str(number)


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
def test_a_commit_that_was_not_answered_is_asked_for(cluster: PostgresCluster, ending: str) -> None:
    server = PostgresServer(cluster.new_store())
    number = a_transaction(server, OURS, ending=ending)

    found = was_committed(server, number, witness=OURS.witness)

    assert (found is not None) == (ending == "COMMIT")
    if found is not None:
        found.close()


@pytest.mark.parametrize(
    "changes",
    [{"message": 2}, {"sequence": 3}, {"at": 4}],
    ids=lambda one: next(iter(one)),
)
def test_a_number_that_another_transaction_was_given_is_not_believed(
    cluster: PostgresCluster, changes: dict[str, int]
) -> None:
    server = PostgresServer(cluster.new_store())
    number = a_transaction(server, attrs.evolve(OURS, **changes))

    assert was_committed(server, number, witness=OURS.witness) is None


def test_a_number_that_was_not_given_yet_is_that_of_nothing(cluster: PostgresCluster) -> None:
    server = PostgresServer(cluster.new_store())
    number = int(a_transaction(server, OURS)) + 10**6

    assert was_committed(server, str(number), witness=OURS.witness) is None


def test_a_mark_of_another_transaction_is_not_believed(cluster: PostgresCluster) -> None:
    server = PostgresServer(cluster.new_store())
    marks = Marks()
    with closing(server.connect()) as link:
        link.execute("BEGIN")
        asked, first = marks.next()
        for sql, cells in asked:
            link.execute(sql, cells)
        [(number,)] = link.execute("SELECT pg_current_xact_id()::text").fetchall()
        link.execute("COMMIT")
    _, second = marks.next()
    _, foreign = Marks().next()

    assert [was_committed(server, number, witness=one) for one in (second, foreign)] == [None, None]
    found = was_committed(server, number, witness=first)
    assert found is not None
    found.close()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("tells", [False, True])
def test_whoever_asked_is_told_whether_a_commit_that_was_cut_off_was_one(
    cluster: PostgresCluster, moment: str, *, tells: bool
) -> None:
    hook, before = a_webhook(), a_webhook(id=WebhookId(6))

    def save(work: UnitOfWork) -> None:
        work.webhooks.save(hook)
        if tells:
            work.events.add(an_event())

    with (
        CuttingProxy(cluster) as proxy,
        closing(SqlStore(proxy.url_of(cluster.new_store()))) as store,
    ):
        store.run(lambda work: work.webhooks.save(before), lane=Lane.CUSTODY).result(PATIENCE)
        proxy.cut = moment
        failure = store.run(save, lane=Lane.CUSTODY).exception(PATIENCE)

        assert proxy.cut is None
        found = store.read(lambda view: view.webhooks.get(hook.id))
    assert isinstance(failure, StoreUnavailable | None)
    assert (failure is None, found) == ((False, None) if moment == "before" else (True, hook))


def test_marks_of_connections_that_ended_long_ago_are_forgotten(cluster: PostgresCluster) -> None:
    url = cluster.new_store()
    with psycopg.connect(url) as link:
        link.execute(
            "INSERT INTO smscore_commits (writer, number, at) "
            "VALUES (1, 1, now() - interval '2 days'), (2, 1, now())"
        )

    with closing(SqlStore(url)) as store:
        for number in (7, 8):
            hook = a_webhook(id=WebhookId(number))
            store.run(lambda work, hook=hook: work.webhooks.save(hook)).result(PATIENCE)

    with psycopg.connect(url) as link:
        rows = link.execute("SELECT writer, number FROM smscore_commits ORDER BY number")
        (other, _), (own, count) = rows.fetchall()
    assert (other, count) == (2, 2)
    assert own not in (1, 2)

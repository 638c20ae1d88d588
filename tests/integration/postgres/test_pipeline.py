import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace
from postgres import QUICK, PostgresCluster, a_cluster

from smscore.domain.events import Event
from smscore.testing.builders import NOON, a_tracked, an_account
from smscore_sqlmodel import SqlStore
from smscore_sqlmodel._postgres import Link, PostgresServer
from smscore_sqlmodel._postgres_connections import PostgresWriting
from smscore_sqlmodel._postgres_pipeline import Asked, Pipeline
from smscore_sqlmodel._units import Unit
from smscore_sqlmodel._writing import WriteSession


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    with a_cluster(**QUICK) as cluster:
        yield cluster


@pytest.fixture
def link(cluster: PostgresCluster) -> Iterator[Link]:
    link = PostgresServer(cluster.url("postgres")).connect()
    link.execute("CREATE TEMPORARY TABLE seen (id bigint PRIMARY KEY, text text)")
    yield link
    link.close()


def ask(pipeline: Pipeline, *asked: Asked) -> list[list[tuple[object, ...]]]:
    return [answer.rows for answer in pipeline.execute(pipeline.steps(*asked))]


def insertion(number: int, text: str | None = None) -> Asked:
    return "INSERT INTO seen VALUES ($1, $2)", (number, text)


COUNT: Asked = ("SELECT count(*) FROM seen", ())


def test_statements_see_what_those_before_them_did(link: Link) -> None:
    pipeline = Pipeline(link)

    answers = pipeline.execute(
        pipeline.steps(insertion(1, "ü"), COUNT, ("UPDATE seen SET text = $1", ("é",)))
    )

    assert [answer.count for answer in answers] == [1, 1, 1]
    assert answers[1].rows == [(1,)]
    assert ask(pipeline, ("SELECT id, text FROM seen", ())) == [[(1, "é")]]


def test_behind_one_that_fails_none_is_executed(link: Link) -> None:
    pipeline = Pipeline(link)
    ask(pipeline, ("BEGIN", ()), insertion(1), ("SAVEPOINT unit", ()))

    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(pipeline, insertion(2), insertion(1), insertion(3))

    assert ask(pipeline, ("ROLLBACK TO unit", ()), COUNT)[1] == [(1,)]
    assert ask(pipeline, insertion(3), ("COMMIT", ()), COUNT)[2] == [(2,)]


def test_a_statement_that_could_not_be_prepared_is_prepared_when_it_can(link: Link) -> None:
    pipeline = Pipeline(link)
    later: Asked = ("SELECT count(*) FROM later", ())
    for _ in range(2):
        with pytest.raises(psycopg.errors.UndefinedTable):
            ask(pipeline, ("SELECT 1", ()), later, ("SELECT 2", ()), later)

    ask(pipeline, ("CREATE TEMPORARY TABLE later (id bigint)", ()))

    assert ask(pipeline, later, ("SELECT 2", ()), later) == [[(0,)], [(2,)], [(0,)]]


def test_of_a_value_that_cannot_be_written_nothing_is_sent(link: Link) -> None:
    pipeline = Pipeline(link)

    for value in ("a\0b", "\ud800"):
        with pytest.raises((psycopg.DataError, UnicodeEncodeError)):
            ask(pipeline, insertion(1), insertion(2, value))

    assert ask(pipeline, COUNT) == [[(0,)]]


def test_much_may_go_there_while_much_comes_back(link: Link) -> None:
    pipeline, text = Pipeline(link), "x" * 300_000

    answers = ask(pipeline, *(("SELECT $1::text", (f"{number}{text}",)) for number in range(60)))

    assert [rows[0][0] for rows in answers] == [f"{number}{text}" for number in range(60)]


def test_a_lost_connection_is_told_and_not_used_again(link: Link, cluster: PostgresCluster) -> None:
    pipeline = Pipeline(link)
    with cluster.connect() as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", (link.info.backend_pid,))

    with pytest.raises(psycopg.OperationalError):
        ask(pipeline, COUNT, insertion(1))

    assert link.closed


def test_a_connection_whose_answer_nobody_waited_for_is_not_used_again(
    link: Link, cluster: PostgresCluster
) -> None:
    pipeline = Pipeline(link)
    asked = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid = %s"

    def interrupt() -> None:
        with cluster.connect() as other:
            while other.execute(asked, (link.info.backend_pid,)).fetchone() != (1,):
                pass
        os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            ask(pipeline, ("SELECT pg_sleep(60)", ()))

    assert link.closed


def test_a_batch_of_submissions_goes_there_twice(cluster: PostgresCluster, tmp_path: Path) -> None:
    url = cluster.new_store()
    account = an_account(credits=100)
    with closing(SqlStore(url)) as store:
        store.run(lambda work: work.accounts.add(account)).result()
    with closing(PostgresWriting(PostgresServer(url))) as connection:
        session = WriteSession(connection)
        unit = Unit(session)
        connection.fetch("SELECT 1")
        trace = tmp_path / "trace"
        with trace.open("w") as file:
            connection.raw.pgconn.trace(file.fileno())
            session.begin([account.id])
            for _ in range(3):
                tracked = a_tracked()
                found = unit.accounts.get(account.id)
                assert found is not None
                unit.accounts.save(replace(found, credits=found.credits - 1))
                unit.outbox.add(tracked.message, tracked.delivery)
                unit.events.add(
                    Event(
                        message=tracked.message.id,
                        account=account.id,
                        sequence=1,
                        kind="message.queued",
                        at=NOON,
                    )
                )
                session.keep_unit()
            session.commit()
            connection.raw.pgconn.untrace()

    told = trace.read_text().splitlines()

    assert session.failure is None
    assert sum("\tSync" in line for line in told) == 2
    with closing(SqlStore(url)) as store:
        assert store.read(lambda view: sum(view.outbox.count().values())) == 3

"""
Where the planner of PostgreSQL looks when the tables are large: its choice, with its own settings.
"""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from postgres import QUICK, a_cluster

from smscore.domain.deliveries import Status
from smscore.domain.messages import AccountId, Surface
from smscore.domain.receipts import Receipt
from smscore.ports.storage import IdempotencyRecord, Lane, UnitOfWork
from smscore.testing import NOON
from smscore.testing._store_kit import an_event
from smscore.testing.builders import a_tracked, an_account
from smscore_sqlmodel import SqlStore, _collections, _outbox, _queues
from smscore_sqlmodel._pages import page_sql, recent_sql
from smscore_sqlmodel._postgres_connections import _LOCK_ACCOUNTS
from smscore_sqlmodel._spelling import spelled

_COPIES = 20_000
_MULTIPLY = """
INSERT INTO {table} SELECT (jsonb_populate_record(model, {changed})).*
FROM {table} AS model, generate_series(1, {copies}) AS n
"""
_CHANGED = {
    "smscore_messages": "jsonb_build_object('id', model.id + n, 'status', "
    "CASE n % 2 WHEN 0 THEN 'queued' ELSE 'delivered' END)",
    "smscore_events": "jsonb_build_object('id', model.id + n, 'message', model.message + n)",
    "smscore_idempotency": "jsonb_build_object('key', 'key ' || n)",
}


@pytest.fixture(scope="module")
def link() -> Iterator["psycopg.Connection[tuple[str]]"]:
    with a_cluster(**QUICK) as cluster:
        url = cluster.new_store()
        with closing(SqlStore(url)) as store:
            store.run(_one_of_each, accounts=[AccountId(1)], lane=Lane.CUSTODY).result()
        with psycopg.connect(url, autocommit=True) as link:
            for table, changed in _CHANGED.items():
                link.execute(_MULTIPLY.format(table=table, changed=changed, copies=_COPIES))
            link.execute("VACUUM ANALYZE")
            yield link


def _one_of_each(work: UnitOfWork) -> None:
    account = an_account()
    work.accounts.add(account)
    tracked = a_tracked()
    work.outbox.add(tracked.message, tracked.delivery)
    work.events.add(an_event(message=tracked.message.id))
    work.idempotency.add(
        IdempotencyRecord(
            account=account.id,
            surface=Surface.PROVIDER,
            key="key",
            digest="",
            receipt=Receipt(accepted=()),
            at=NOON,
        )
    )


def plan(link: "psycopg.Connection[tuple[str]]", sql: str) -> list[str]:
    return [line for (line,) in link.execute(f"EXPLAIN (GENERIC_PLAN) {spelled(sql)}")]


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (f"{_outbox._CLAIMABLE} FOR UPDATE SKIP LOCKED", "smscore_messages_claimable"),
        (_queues._FIRST, "smscore_messages_claimable"),
        (_outbox._DUE, "smscore_messages_due"),
        (_outbox._OLD, "smscore_messages_news"),
        (_outbox._GET, "smscore_messages_pkey"),
        (page_sql(frozenset(), of_account=False), "smscore_messages_pkey"),
        (_collections._STORY, "smscore_events_"),
        (_collections._SINCE.format(""), "smscore_events_pkey"),
        (_collections._SINCE.format("AND kind IN (?, ?)"), "smscore_events_pkey"),
        (_collections._FIRST_ANSWER, "smscore_idempotency_pkey"),
    ],
)
def test_a_query_walks_its_index_and_sorts_nothing(
    link: "psycopg.Connection[tuple[str]]", sql: str, index: str
) -> None:
    steps = plan(link, sql)

    assert any(f" using {index}" in step for step in steps), steps
    assert not any("Sort" in step or "Seq Scan" in step for step in steps), steps


@pytest.mark.parametrize("of_account", [False, True])
def test_a_page_of_what_waits_is_looked_for_among_the_newest_messages_first(
    link: "psycopg.Connection[tuple[str]]", *, of_account: bool
) -> None:
    steps = plan(link, recent_sql(2, of_account=of_account))

    assert any("Index Scan Backward using smscore_messages_" in step for step in steps), steps
    assert not any("Seq Scan" in step for step in steps), steps


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.FAILED])
def test_a_page_of_one_status_looks_at_few_messages_of_others(
    link: "psycopg.Connection[tuple[str]]", status: Status
) -> None:
    steps = plan(link, page_sql(frozenset({status}), of_account=True))

    assert not any("Seq Scan" in step for step in steps), steps


def test_messages_are_read_and_held_by_their_ids(link: "psycopg.Connection[tuple[str]]") -> None:
    steps = plan(link, f"{_outbox._LISTED} FOR UPDATE")

    assert any("using smscore_messages_pkey" in step for step in steps), steps
    assert not any("Seq Scan on smscore_messages" in step for step in steps), steps


def test_accounts_are_locked_in_the_order_of_their_ids(
    link: "psycopg.Connection[tuple[str]]",
) -> None:
    steps = plan(link, _LOCK_ACCOUNTS)

    assert "LockRows" in steps[0]
    assert any("Sort Key: smscore_accounts.id" in step for step in steps) or any(
        "using smscore_accounts_pkey" in step for step in steps
    )

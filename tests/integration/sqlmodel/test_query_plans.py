import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from smscore_sqlmodel import _accounts, _collections, _inbox, _outbox, migrate


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "smscore.db"
    migrate(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def _plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    cells = (1,) * sql.count("?")
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", cells)]


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (_outbox._CLAIMABLE, "smscore_messages_claimable"),
        (_outbox._DUE, "smscore_messages_due"),
        (_outbox._OVERDUE, "smscore_messages_overdue"),
        (_outbox._OWNERS, "smscore_messages_held"),
        (_outbox._PAGE.format("id <= ? AND account = ?"), "smscore_messages_account"),
        (_outbox._PAGE.format("id <= ?"), "INTEGER PRIMARY KEY"),
        (_outbox._GET, "INTEGER PRIMARY KEY"),
        (_outbox._PARKED, "smscore_parked_reports_reference"),
        (_outbox._FORGET_PARKED, "smscore_parked_reports_received_at"),
        (_inbox._PAGE_OF, "smscore_inbound_account"),
        (_inbox._SIBLINGS, "smscore_inbound_parts_siblings"),
        (_accounts._ENTRIES_OF, "smscore_ledger_account"),
        (_accounts._TOTAL, "smscore_ledger_account"),
        (_accounts._NAMED, "sqlite_autoindex_smscore_accounts_1"),
        (_collections._FIRST_ANSWER, "sqlite_autoindex_smscore_idempotency_1"),
        (_collections._STORY, "sqlite_autoindex_smscore_events_1"),
        (_collections._SINCE, "INTEGER PRIMARY KEY"),
    ],
)
def test_a_query_walks_its_index_and_sorts_nothing(
    connection: sqlite3.Connection, sql: str, index: str
) -> None:
    (step,) = _plan(connection, sql)

    assert f"{index} " in f"{step} "
    assert step.startswith(("SEARCH", "SCAN smscore_messages USING COVERING INDEX"))


def test_what_processes_hold_is_found_by_its_index(connection: sqlite3.Connection) -> None:
    plan = _plan(connection, _outbox._HELD.format("?, ?"))

    assert plan[0] == "SEARCH smscore_messages USING INDEX smscore_messages_held (owner=?)"


def test_awaited_references_are_found_newest_first_by_their_index(
    connection: sqlite3.Connection,
) -> None:
    plan = _plan(connection, _outbox._AWAITING)

    assert plan[0] == (
        "SEARCH place USING INDEX smscore_part_references_awaiting (channel=? AND reference=?)"
    )
    assert plan[1] == "SEARCH smscore_messages USING INTEGER PRIMARY KEY (rowid=?)"


def test_old_answers_are_forgotten_by_an_index(connection: sqlite3.Connection) -> None:
    plan = _plan(connection, _collections._FORGET)

    assert "SEARCH smscore_idempotency USING COVERING INDEX smscore_idempotency_at (at<?)" in plan

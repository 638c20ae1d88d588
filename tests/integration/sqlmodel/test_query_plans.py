import re
import sqlite3
from collections.abc import Iterator

import pytest
from databases import new_database

from smscore.domain.deliveries import Status
from smscore_sqlmodel import (
    _accounts,
    _caused,
    _collections,
    _consent,
    _devices,
    _directory,
    _inbox,
    _links,
    _outbox,
    _queues,
    _stories,
    _webhooks,
)
from smscore_sqlmodel._pages import page_sql, recent_sql


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(new_database(tmp_path_factory.mktemp("plans") / "smscore.db"))
    yield connection
    connection.close()


def _plan(connection: sqlite3.Connection, sql: str) -> list[str]:
    cells = (1,) * sql.count("?")
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", cells)]


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (_outbox._CLAIMABLE, "smscore_messages_claimable"),
        (_queues._FIRST, "smscore_messages_claimable"),
        (_outbox._DUE, "smscore_messages_due"),
        (_outbox._OVERDUE, "smscore_messages_overdue"),
        (_outbox._STRANDED, "smscore_messages_stranded"),
        (_outbox._CLAIMED, "smscore_messages_claimed"),
        (_outbox._COUNT_CLAIMED, "smscore_messages_claimed"),
        (_caused._CAUSED, "smscore_messages_caused"),
        (_consent._OF[256], "sqlite_autoindex_smscore_consent_1"),
        (_consent._PAGE, "sqlite_autoindex_smscore_consent_1"),
        (_devices._GET, "sqlite_autoindex_smscore_devices_1"),
        (_devices._OF, "sqlite_autoindex_smscore_devices_1"),
        (_links._GET, "sqlite_autoindex_smscore_links_1"),
        (_links._OF, "sqlite_autoindex_smscore_links_1"),
        (_links._AT, "sqlite_autoindex_smscore_links_2"),
        (_directory._CONTACT_BY_ID, "sqlite_autoindex_smscore_contacts_1"),
        (_directory._CONTACTS, "sqlite_autoindex_smscore_contacts_1"),
        (_directory._GROUP_BY_ID, "sqlite_autoindex_smscore_contact_groups_1"),
        (_directory._GROUP_NAMED, "sqlite_autoindex_smscore_contact_groups_2"),
        (_directory._FORGET_MEMBER, "smscore_members_member"),
        (_outbox._OWNERS, "smscore_messages_held"),
        (_outbox._OLD, "smscore_messages_news"),
        (_outbox._FAILED, "smscore_messages_failed"),
        (page_sql(frozenset(), of_account=True), "smscore_messages_account"),
        (page_sql(frozenset(), of_account=False), "INTEGER PRIMARY KEY"),
        (_outbox._GET, "INTEGER PRIMARY KEY"),
        (_outbox._PARKED, "smscore_parked_reports_reference"),
        (_outbox._FORGET_PARKED, "smscore_parked_reports_received_at"),
        (_inbox._PAGE_OF, "smscore_inbound_account"),
        (_webhooks._LAST, "INTEGER PRIMARY KEY"),
        (_webhooks._UPCOMING, "smscore_webhook_postings_due"),
        (_webhooks._PUSHES, "smscore_webhook_postings_pushes"),
        (_webhooks._PAGE, "smscore_webhook_postings_endpoint"),
        (_webhooks._PAGE_OF, "smscore_webhook_postings_state"),
        (_webhooks._DROP, "smscore_webhook_postings_state"),
        (_webhooks._COUNTS, "smscore_webhook_postings_state"),
        (_webhooks._OLD, "smscore_webhook_postings_created_at"),
        (_inbox._SIBLINGS, "smscore_inbound_parts_siblings"),
        (_inbox._OLD, "smscore_inbound_received_at"),
        (_accounts._ENTRIES_OF, "smscore_ledger_account"),
        (_accounts._TOTAL, "smscore_ledger_account"),
        (_accounts._ENTRIES_BETWEEN, "smscore_ledger_account"),
        (_accounts._ENTRIES_ABOUT, "smscore_ledger_message"),
        (_accounts._NAMED, "sqlite_autoindex_smscore_accounts_1"),
        (_collections._FIRST_ANSWER, "sqlite_autoindex_smscore_idempotency_1"),
        (_collections._STORY, "sqlite_autoindex_smscore_events_1"),
        (_collections._SINCE.format(""), "INTEGER PRIMARY KEY"),
        (_collections._SINCE.format("AND kind IN (?, ?)"), "INTEGER PRIMARY KEY"),
    ],
)
def test_a_query_walks_its_index_and_sorts_nothing(
    connection: sqlite3.Connection, sql: str, index: str
) -> None:
    (step,) = _plan(connection, sql)

    assert f"{index} " in f"{step} "
    assert step.startswith(("SEARCH", "SCAN smscore_messages USING COVERING INDEX"))


@pytest.mark.parametrize("of_account", [False, True])
@pytest.mark.parametrize("status", Status)
def test_a_page_of_one_status_looks_at_few_messages_of_others(
    connection: sqlite3.Connection, status: Status, *, of_account: bool
) -> None:
    plan = _plan(connection, page_sql(frozenset({status}), of_account=of_account))

    assert plan[0] == "SEARCH smscore_messages USING INTEGER PRIMARY KEY (rowid=?)"
    (walk,) = (step for step in plan[1:] if " INDEX " in step)
    if status is Status.SCHEDULED and of_account:
        assert "smscore_messages_scheduled (account=? AND id<?)" in walk
        assert not any("TEMP B-TREE" in step for step in plan)
    elif status in (Status.QUEUED, Status.SCHEDULED, Status.SENDING):
        assert walk.startswith(
            "SCAN smscore_messages USING COVERING INDEX "
        )  # all that wait, and nothing else
    else:
        account = "account=? AND " if of_account else ""
        assert f"({account}status=? AND id<?)" in walk or f"({account}status=? AND rowid<?)" in walk
        assert not any("TEMP B-TREE" in step for step in plan)


@pytest.mark.parametrize(
    ("of_account", "index"),
    [(True, "smscore_messages_account (account=? AND id<?)"), (False, "INTEGER PRIMARY KEY")],
)
def test_a_page_of_what_waits_is_looked_for_among_the_newest_messages_first(
    connection: sqlite3.Connection, index: str, *, of_account: bool
) -> None:
    plan = _plan(connection, recent_sql(2, of_account=of_account))

    assert any(index in step for step in plan)
    assert not any(step.startswith("SCAN smscore_") for step in plan)


@pytest.mark.parametrize("sql", [*_outbox._PRUNE, _inbox._PRUNE, _inbox._PRUNE_PARTS])
def test_pruning_finds_what_it_deletes_by_an_index(
    connection: sqlite3.Connection, sql: str
) -> None:
    plan = _plan(connection, sql)

    assert plan[0].startswith("SEARCH smscore_")
    assert not [step for step in plan if step.startswith("SCAN smscore_")]


def test_open_parts_are_counted_without_looking_at_joined_ones(
    connection: sqlite3.Connection,
) -> None:
    step = _plan(connection, _inbox._OPEN)[0]

    # Both are indexes of open parts alone.
    assert "INDEX smscore_inbound_parts_siblings" in step or "smscore_inbound_parts_open" in step


def test_what_processes_hold_is_found_by_its_index(connection: sqlite3.Connection) -> None:
    plan = _plan(connection, _outbox._HELD.format("?, ?"))

    assert plan[0] == "SEARCH smscore_messages USING INDEX smscore_messages_held (owner=?)"


def test_awaited_references_are_found_newest_first_by_their_index(
    connection: sqlite3.Connection,
) -> None:
    plan = _plan(connection, _outbox._AWAITING)

    assert plan[0] == (
        "SEARCH smscore_part_references USING INDEX smscore_part_references_awaiting "
        "(channel=? AND reference=? AND ending=?)"
    )


def test_what_was_made_for_a_recipient_is_counted_by_an_index(
    connection: sqlite3.Connection,
) -> None:
    made, origin = _plan(connection, _caused._COUNT)

    assert made.startswith("SEARCH made USING INDEX smscore_messages_caused_for (recipient=? AND")
    assert origin == "SEARCH origin USING INTEGER PRIMARY KEY (rowid=?)"


def test_the_backlog_is_counted_along_the_queues_alone(connection: sqlite3.Connection) -> None:
    plan = _plan(connection, _outbox._BACKLOG)

    assert plan == ["SCAN smscore_messages USING COVERING INDEX smscore_messages_claimable"]


def test_whether_anybody_listens_is_known_without_looking_at_messages(
    connection: sqlite3.Connection,
) -> None:
    walks = [step for step in _plan(connection, _webhooks._LISTENS) if " INDEX " in step]

    assert walks == [
        "SCAN smscore_webhooks USING COVERING INDEX smscore_webhooks_account",
        "SCAN smscore_messages USING INDEX smscore_messages_callback",
    ]


@pytest.mark.parametrize("sql", [_webhooks._ADD.sql, _webhooks._REPLAY.sql, _webhooks._RELEASE.sql])
def test_what_waits_beside_a_posting_is_found_by_its_message(
    connection: sqlite3.Connection, sql: str
) -> None:
    wanted = "USING INDEX smscore_webhook_postings_waiting (message=? AND endpoint=?)"

    assert any(step.endswith(wanted) for step in _plan(connection, sql))


def test_endpoints_that_wait_are_found_without_looking_at_all_that_waits(
    connection: sqlite3.Connection,
) -> None:
    walks = [step for step in _plan(connection, _webhooks._WAITING) if "postings" in step]

    assert len(walks) == 3
    assert all(step.startswith("SEARCH ") for step in walks)
    # COVERING, say newer versions of SQLite, which need not look at the index's own condition.
    assert all(re.search("USING (COVERING )?INDEX smscore_webhook_postings_due", s) for s in walks)


def test_what_was_given_up_is_counted_without_looking_at_the_rest(
    connection: sqlite3.Connection,
) -> None:
    assert _plan(connection, _webhooks._GIVEN_UP) == [
        "SCAN smscore_webhook_postings USING COVERING INDEX smscore_webhook_postings_dead"
    ]


def test_news_are_looked_up_between_two_cursors(connection: sqlite3.Connection) -> None:
    walk, *others = _plan(connection, _webhooks._NEWS)

    assert walk == "SEARCH smscore_events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
    assert not [step for step in others if step.startswith("SCAN ")]


def test_silent_devices_are_found_by_when_they_were_seen(connection: sqlite3.Connection) -> None:
    walk, _, other = _plan(connection, _devices._SILENT)

    assert walk == "SEARCH smscore_devices USING INDEX smscore_devices_seen (last_seen<?)"
    assert other.startswith(
        "SEARCH other USING INDEX sqlite_autoindex_smscore_devices_1 (account=?"
    )


def test_messages_are_counted_along_indexes(connection: sqlite3.Connection) -> None:
    [total], [queued] = _plan(connection, _outbox._TOTAL), _plan(connection, _outbox._QUEUED)

    assert total == "SCAN smscore_messages USING COVERING INDEX smscore_messages_account"
    assert queued == "SCAN smscore_messages USING COVERING INDEX smscore_messages_claimable"


def test_old_answers_are_forgotten_by_an_index(connection: sqlite3.Connection) -> None:
    plan = _plan(connection, _collections._FORGET)

    assert "SEARCH smscore_idempotency USING COVERING INDEX smscore_idempotency_at (at<?)" in plan


@pytest.mark.parametrize(
    ("sql", "terms"),
    [
        (_directory._CONTACTS_NAMED, "(account=? AND name=?)"),
        (_directory._CONTACTS_IN, "(account=? AND holder=? AND kind=?)"),
        (_directory._CONTACTS_IN, "(account=? AND id=?)"),
        (_directory._MEMBERSHIPS, "(account=? AND kind=? AND member=?)"),
    ],
)
def test_what_is_listed_is_looked_up_and_not_searched_for(
    connection: sqlite3.Connection, sql: str, terms: str
) -> None:
    assert any(step.endswith(terms) for step in _plan(connection, sql))


@pytest.mark.parametrize("sql", [_stories._MESSAGES, _stories._KINDS])
def test_what_endpoints_are_told_is_found_by_the_messages(
    connection: sqlite3.Connection, sql: str
) -> None:
    plan = _plan(connection, sql)

    assert plan[0].startswith("SEARCH smscore_")
    assert not [step for step in plan if step.startswith("SCAN smscore_")]

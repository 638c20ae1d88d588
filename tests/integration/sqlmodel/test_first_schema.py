"""
A database that the first version wrote, with something in every table, is brought up to date.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smscore.domain.credentials import Permission
from smscore.domain.deliveries import Delivery, PartState, ProcessId, Status
from smscore.domain.ledger import EntryKind
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.routes import Route
from smscore.errors import ConfigurationError
from smscore.ports.storage import Lane, Tracked, UnitOfWork
from smscore.testing import NOON, a_report
from smscore_sqlmodel import SqlStore, migrate
from smscore_sqlmodel._sqlite import REVISION, VERSION_TABLE

PATIENCE = 30.0
ACME, FREE = AccountId(1), AccountId(2)
DUMP = Path(__file__).with_name("first_schema.sql")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "smscore.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text())
    return path


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    """The store after the migration."""
    migrate(f"sqlite:///{path}")
    store = SqlStore(f"sqlite:///{path}")
    yield store
    store.close()


def messages(store: SqlStore) -> list[Tracked]:
    return list(store.read(lambda view: view.outbox.find(limit=100)))


def of_status(store: SqlStore, status: Status) -> list[Tracked]:
    return list(store.read(lambda view: view.outbox.find(statuses={status})))


def schema(path: Path) -> tuple[list[object], list[object]]:
    """Columns of all tables and definitions of all indexes, in whatever order."""
    with closing(sqlite3.connect(path)) as connection:
        columns = connection.execute(
            'SELECT t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk '
            "FROM sqlite_master AS t, pragma_table_info(t.name) AS c "
            "WHERE t.type = 'table' AND t.name LIKE 'smscore%' ORDER BY t.name, c.name"
        ).fetchall()
        indexes = connection.execute(
            "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name"
        ).fetchall()
    return columns, indexes


def test_the_dump_is_of_the_first_schema_with_something_in_every_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        empty = [
            name
            for name in tables
            if not connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        ]
        revision = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()

    assert revision == ("0001",)
    assert empty == []


def test_it_is_refused_until_it_is_migrated(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=rf"schema 0001.*{REVISION}.*smscore migrate"):
        SqlStore(f"sqlite:///{path}")


def test_the_migrated_schema_is_that_of_a_new_database(path: Path, tmp_path: Path) -> None:
    migrate(f"sqlite:///{path}")
    migrate(f"sqlite:///{tmp_path}/new.db")

    assert schema(path) == schema(tmp_path / "new.db")


def test_what_entries_add_up_to_is_the_balance(store: SqlStore) -> None:
    account = store.read(lambda view: view.accounts.get(ACME))

    assert account is not None
    assert account.credits == store.read(lambda view: view.ledger.total(ACME)) == 87
    assert (account.home_country, account.used, account.month) == ("DE", 11, "2026-03")
    assert [one.name for one in store.read(lambda view: view.accounts.all())] == ["acme", "free"]


def test_what_a_message_cost_is_found_by_its_id(store: SqlStore) -> None:
    (failed,) = of_status(store, Status.FAILED)

    entries = store.read(lambda view: view.ledger.about(failed.message.id))

    assert [(one.kind, one.credits) for one in entries] == [
        (EntryKind.CHARGE, -1),
        (EntryKind.REFUND, 1),
    ]


def test_every_message_is_readable_in_its_status(store: SqlStore) -> None:
    found = messages(store)

    assert {one.delivery.status for one in found} == set(Status)
    by_status = {status: of_status(store, status) for status in Status}
    assert sum(map(len, by_status.values())) == len(found) == 13
    assert all(one.delivery.status is status for status in Status for one in by_status[status])


def test_every_message_has_its_whole_story(store: SqlStore) -> None:
    for one in messages(store):
        story = store.read(lambda view, one=one: view.events.of(one.message.id))

        assert [event.sequence for event in story] == list(range(1, one.delivery.sequence + 1))
        assert story[-1].kind == f"message.{one.delivery.status}"
    assert store.read(lambda view: view.events.newest()) == 28


def test_what_a_phone_had_fetched_can_be_put_back(store: SqlStore) -> None:
    later = NOON + timedelta(days=1)

    (claimed,) = store.read(lambda view: view.outbox.claimed(FREE, before=later, limit=9))

    assert claimed.claimed_at == claimed.accepted_at
    assert claimed.requeued().status is Status.QUEUED
    assert store.read(lambda view: view.outbox.count_claimed(ACME, before=later)) == 0


def test_queued_messages_are_claimed_by_priority(store: SqlStore) -> None:
    def claim(work: UnitOfWork) -> list[str]:
        claimed = list(work.outbox.claimable("fake", limit=10))
        for one in claimed:
            work.outbox.save(one.delivery.claimed(owner=ProcessId(1)))
        return [one.message.text for one in claimed]

    backlog = store.read(lambda view: view.outbox.backlog())
    texts = store.run(claim, lane=Lane.CUSTODY).result(PATIENCE)

    assert backlog == {"fake": 2, "phones/free": 1}
    assert texts == ["high", "Grüße 😀 'quoted' \"twice\" \\"]
    assert store.read(lambda view: view.outbox.backlog()) == {"phones/free": 1}


def test_what_was_being_sent_is_found_by_who_held_it(store: SqlStore) -> None:
    def held(work: UnitOfWork) -> list[Delivery]:
        return list(work.outbox.held(owners=work.outbox.owners(), limit=10))

    (delivery,) = store.run(held, lane=Lane.CUSTODY).result(PATIENCE)

    assert delivery.owner == ProcessId(3)
    assert [part.state for part in delivery.parts] == [PartState.ACCEPTED, PartState.SUBMITTING]
    assert delivery.segments == 2


def test_scheduled_messages_fall_due(store: SqlStore) -> None:
    later = NOON + timedelta(days=2)

    assert store.read(lambda view: view.outbox.has_due(now=later))
    assert store.read(lambda view: view.outbox.has_overdue(now=later + timedelta(days=1)))
    assert not store.read(lambda view: view.outbox.has_due(now=NOON))


@pytest.mark.parametrize(
    ("recipient", "text"),
    [("01701234567", "sent"), ("+491709999999", "sent to another under the same reference")],
)
def test_reports_find_what_awaits_them(store: SqlStore, recipient: str, text: str) -> None:
    report = a_report(reference="17", recipient=PhoneNumber(recipient))

    def find(work: UnitOfWork) -> list[MessageId]:
        return [one.message for one in work.outbox.awaiting(report)]

    (message,) = store.run(find, lane=Lane.CUSTODY).result(PATIENCE)
    tracked = store.read(lambda view: view.outbox.get(message))

    assert tracked is not None
    assert tracked.message.text == text


def test_a_parked_report_is_still_parked(store: SqlStore) -> None:
    (report,) = store.run(
        lambda work: work.outbox.unpark(channel="fake", reference="99"), lane=Lane.CUSTODY
    ).result(PATIENCE)

    assert (report.detail, report.submitted_at) == ("0x46", None)


def test_answers_are_given_again(store: SqlStore) -> None:
    record = store.run(
        lambda work: work.idempotency.get(account=ACME, surface=Surface.PROVIDER, key="order-4711")
    ).result(PATIENCE)

    assert record is not None
    assert [item.message for item in record.receipt.accepted] == [4194309]
    assert (record.receipt.credits_used, record.receipt.credits_remaining) == (2, 98)


def test_received_messages_are_there(store: SqlStore) -> None:
    assert [
        (one.account, one.text, one.received_at)
        for one in store.read(lambda view: view.inbox.find())
    ] == [(ACME, "grüß😀", NOON), (None, "grüß😀", NOON)]


def test_credentials_rules_and_the_journal_are_there(store: SqlStore) -> None:
    user = store.read(lambda view: view.credentials.user("api.user"))
    token = store.read(lambda view: view.credentials.token_of(FREE))
    key = store.read(lambda view: view.credentials.key("1" * 64))

    assert user is not None
    assert user.permissions == {Permission.API_SEND, Permission.ADMIN}
    assert token is not None
    assert token.generation == 4
    assert key is not None
    assert key.label == "shop"
    rules = store.read(lambda view: view.routing.newest())
    assert rules is not None
    assert rules.number == 1
    assert rules.routes == (
        Route(name="neighbours", channels=("next",), prefixes=("+43", "+41")),
        Route(name="default", channels=("fake", "next")),
    )
    assert store.read(lambda view: view.journal.get(channel="fake", key="pin")) == b"\x00\xff"
    assert [one.id for one in store.read(lambda view: view.processes.all())] == [3]


def test_channels_run_until_an_operator_says_otherwise(store: SqlStore) -> None:
    assert store.read(lambda view: view.channels.all()) == {}


def test_what_is_over_can_be_pruned(store: SqlStore) -> None:
    def prune(work: UnitOfWork) -> tuple[int, int]:
        before = datetime(2026, 4, 1, tzinfo=UTC)
        return (
            work.outbox.prune(before=before, limit=100),
            work.inbox.prune(before=before, limit=100),
        )

    assert store.run(prune, lane=Lane.CUSTODY).result(PATIENCE) == (7, 3)

    assert {one.delivery.status for one in messages(store)} == {
        Status.QUEUED,
        Status.SCHEDULED,
        Status.SENDING,
    }
    assert store.read(lambda view: view.ledger.total(ACME)) == 87

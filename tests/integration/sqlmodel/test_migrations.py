"""
What was in a database of an older schema is there after the migration, and can be worked with.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from msgspec.structs import replace
from sqlalchemy import create_engine

import smscore_sqlmodel
from smscore.domain.headers import Concatenation
from smscore.domain.inbound import InboundPart
from smscore.domain.languages import Language
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.routes import Route
from smscore.domain.segments import EncodingOptions
from smscore.domain.user_data import Coding
from smscore.errors import ConfigurationError
from smscore.ports.storage import Lane, UnitOfWork
from smscore.testing import NOON, a_part
from smscore_sqlmodel import SqlStore, migrate

AT = 1_700_000_000_000_000


def insert(connection: sqlite3.Connection, table: str, **cells: object) -> None:
    marks = ", ".join("?" * len(cells))
    connection.execute(
        f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({marks})", tuple(cells.values())
    )


def insert_part(connection: sqlite3.Connection, *place: int | None, is_joined: int = 0) -> None:
    reference, total, number, is_wide = place
    insert(
        connection,
        "smscore_inbound_parts",
        channel="fake",
        sender="+491709999999",
        coding="gsm7",
        user_data=b"\x1b\x00",
        received_at=AT,
        reference=reference,
        total=total,
        number=number,
        is_wide=is_wide,
        fingerprint=f"{place}",
        is_joined=is_joined,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of the first schema."""
    path = tmp_path / "smscore.db"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    migrations = Path(smscore_sqlmodel.__file__).parent / "migrations"
    config.set_main_option("script_location", str(migrations))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    return path


@pytest.fixture
def old(path: Path) -> Iterator[sqlite3.Connection]:
    """What is written here is in the database before it is migrated."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def migrated(old: sqlite3.Connection, url: str) -> Iterator[SqlStore]:
    """The database, migrated with an account, a message and parts in it."""
    insert(
        old,
        "smscore_accounts",
        id=1, name="acme", tariff="enterprise", time_zone="UTC", credits=7, used=3, month="2026-03",
    )  # fmt: skip
    insert(
        old,
        "smscore_messages",
        id=5, account=1, recipient="+491701234567", recipient_as_given="0170", text="Grüße",
        surface="provider", accepted_at=AT, priority=1, flash=0, channel="fake",
        route='[["fake",1]]', segments=1, charged=1, status="queued", attempts=2, sequence=4,
    )  # fmt: skip
    insert_part(old, None, None, None, None)
    insert_part(old, 0xFE, 3, 2, 0)
    insert_part(old, 0x12FE, 255, 254, 1)
    insert_part(old, 9, 2, 1, 0, is_joined=1)
    migrate(url)
    store = SqlStore(url)
    yield store
    store.close()


def siblings(store: SqlStore, *place: int) -> list[InboundPart]:
    """What the store finds for a part at this place."""
    reference, total, number, is_wide = place
    part = a_part(
        concatenation=Concatenation(
            reference=reference, total=total, number=number, is_wide=bool(is_wide)
        )
    )

    def work(work: UnitOfWork) -> list[InboundPart]:
        return list(work.inbox.siblings(part, limit=10))

    return store.run(work, lane=Lane.CUSTODY).result()


def test_the_first_schema_is_refused_until_it_is_migrated(path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="smscore migrate"):
        SqlStore(url)


def test_accounts_of_the_first_schema_allow_what_was_always_allowed(migrated: SqlStore) -> None:
    (account,) = migrated.read(lambda view: view.accounts.all())

    assert (account.id, account.name, account.tariff, account.credits, account.used) == (
        1, "acme", "enterprise", 7, 3,
    )  # fmt: skip
    assert account.encoding == EncodingOptions()


def test_messages_of_the_first_schema_stay_as_they_were_accepted(migrated: SqlStore) -> None:
    tracked = migrated.read(lambda view: view.outbox.get(MessageId(5)))

    assert tracked is not None
    message, delivery = tracked.message, tracked.delivery
    assert (message.text, message.account) == ("Grüße", AccountId(1))
    assert (message.languages, message.wide_reference) == ((), False)
    assert (delivery.attempts, delivery.sequence, delivery.channel) == (2, 4, "fake")


@pytest.mark.parametrize(
    ("place", "header"),
    [
        ((0xFE, 3, 2, 0), b"\x00\x03\xfe\x03\x02"),
        ((0x12FE, 255, 254, 1), b"\x08\x04\x12\xfe\xff\xfe"),
    ],
)
def test_parts_of_the_first_schema_have_the_header_that_places_them(
    migrated: SqlStore, place: tuple[int, ...], header: bytes
) -> None:
    (found,) = siblings(migrated, *place)

    assert (found.header, found.coding, found.user_data) == (header, Coding.GSM7, b"\x1b\x00")


def test_parts_of_the_first_schema_that_were_joined_stay_so(
    migrated: SqlStore, old: sqlite3.Connection
) -> None:
    assert siblings(migrated, 9, 2, 1, 0) == []
    found = old.execute("SELECT header FROM smscore_inbound_parts WHERE is_joined = 1").fetchone()
    assert found == (b"\x00\x03\x09\x02\x01",)


def test_parts_of_the_first_schema_without_a_place_have_no_header(
    migrated: SqlStore, old: sqlite3.Connection
) -> None:
    found = old.execute("SELECT header FROM smscore_inbound_parts WHERE total IS NULL").fetchone()

    assert found == (None,)


def test_a_new_part_joins_those_of_the_first_schema(migrated: SqlStore) -> None:
    place = Concatenation(reference=0xFE, total=3, number=1)
    part = a_part(concatenation=place, sender="+491709999999", received_at=NOON)

    assert migrated.run(lambda work: work.inbox.add_part(part), lane=Lane.CUSTODY).result()

    assert len(siblings(migrated, 0xFE, 3, 1, 0)) == 2


def test_what_happened_before_there_were_webhooks_is_told_to_nobody(
    old: sqlite3.Connection, url: str
) -> None:
    for sequence in (1, 2):
        insert(
            old, "smscore_events",
            message=1, account=1, sequence=sequence, kind="message.sent", at=AT, detail="{}",
        )  # fmt: skip
    migrate(url)
    store = SqlStore(url)

    kept = store.read(lambda view: view.journal.get(channel="", key="webhooks"))
    store.close()

    assert kept == b"2"


def test_a_migrated_account_can_be_allowed_more(migrated: SqlStore) -> None:
    allowed = EncodingOptions(languages=(Language.TURKISH,), max_parts=3)

    def allow(work: UnitOfWork) -> None:
        account = work.accounts.get(AccountId(1))
        assert account is not None
        work.accounts.save(replace(account, encoding=allowed))

    migrated.run(allow, lane=Lane.CUSTODY).result()

    (account,) = migrated.read(lambda view: view.accounts.all())
    assert account.encoding == allowed


def test_thousands_of_parts_get_their_headers(old: sqlite3.Connection, url: str) -> None:
    old.execute("BEGIN")
    for number in range(2500):
        insert_part(old, number, 2, 1, 1)
    old.execute("COMMIT")

    migrate(url)

    (count,) = old.execute(
        "SELECT count(DISTINCT header) FROM smscore_inbound_parts WHERE header IS NOT NULL"
    ).fetchone()
    assert count == 2500


def test_rules_of_the_first_schema_stay_in_force(path: Path) -> None:
    rules = [
        ("two", '["a","b"]', '["+49","43"]'),
        ("all ü", '["phones"]', "[]"),
        ("all as well", '["a"]', '["","+49"]'),
        ("", '["a"]', '["DE","+1"]'),
        ("never", '["a"]', '["DE"]'),
    ]
    with sqlite3.connect(path) as connection:
        for position, (name, channels, prefixes) in enumerate(rules):
            insert(
                connection,
                "smscore_routes",
                position=position,
                name=name,
                channels=channels,
                prefixes=prefixes,
            )
    connection.close()

    migrate(f"sqlite:///{path}")

    store = SqlStore(f"sqlite:///{path}")
    found = store.read(lambda view: view.routing.newest())
    store.close()
    assert found is not None
    assert found.number == 1
    assert found.routes == (
        Route(name="two", channels=("a", "b"), prefixes=("+49", "43")),
        Route(name="all ü", channels=("phones",)),
        Route(name="all as well", channels=("a",)),
        Route(name="rule 4", channels=("a",), prefixes=("+1",)),
    )


def test_without_rules_there_is_no_revision_after_the_migration(path: Path) -> None:
    migrate(f"sqlite:///{path}")

    store = SqlStore(f"sqlite:///{path}")
    assert store.read(lambda view: view.routing.newest()) is None
    store.close()


def test_what_older_versions_have_deleted_is_in_the_file_no_more(
    path: Path, old: sqlite3.Connection
) -> None:
    old.execute("PRAGMA secure_delete = OFF")
    insert_part(old, 1, 2, 1, 0)
    old.execute("UPDATE smscore_inbound_parts SET sender = '+491761112223'")
    old.execute("DELETE FROM smscore_inbound_parts")
    old.close()
    assert b"1761112223" in path.read_bytes()

    migrate(f"sqlite:///{path}")

    files = b"".join(one.read_bytes() for one in path.parent.glob("smscore.db*"))
    assert b"1761112223" not in files

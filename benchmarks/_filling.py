"""
Databases in which very many messages wait: copies of one that the product itself has stored.

The columns are those that the tables have; only ids, recipients, texts and keys differ between
copies. All of it is made within the database, by SQL.
"""

import contextlib
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import attrs
import psycopg
from _postgres import PostgresCluster
from _servers import DATABASE, prepare

import smscore
from smscore import GatewayConfig
from smscore.domain.messages import Surface
from smscore.services.submission import Item, Submission

__all__ = ["Filled", "fill_postgres", "fill_sqlite"]

_AT_ONCE = 50_000  # messages in a transaction
_BYTES_EACH = 2_500  # generously, on either store
_TELL_EVERY = 5.0  # seconds
_STEP = 1 << 22  # between two ids made in two milliseconds by one process
_KEY = "the first key"


@attrs.frozen(kw_only=True)
class Filled:
    """A gateway's directory; its waiting messages are ``oldest``, ``oldest + step``, and so on."""

    store: str
    directory: Path
    count: int
    oldest: int
    mib: float
    url: str
    step: int = _STEP


def fill_sqlite(directory: Path, *, count: int) -> Filled:
    """
    Make a database in which ``count`` messages wait, with their events, entries and keys.

    Raises:
        OSError: there is not enough room on the disk.
    """
    _make_room(directory, count=count)
    model = _begin(directory, url=f"sqlite:///{DATABASE}")
    oldest = model - (count - 1) * _STEP
    with contextlib.closing(sqlite3.connect(directory / DATABASE, isolation_level=None)) as link:
        # Until it is filled nobody needs the file; the product brings back its own journal.
        link.execute("PRAGMA journal_mode = DELETE")
        link.execute("PRAGMA journal_mode = OFF")
        link.execute("PRAGMA synchronous = OFF")
        link.execute("PRAGMA cache_size = -500000")
        _multiply(_Sqlite(link), model=model, oldest=oldest, copies=count - 1)
    return Filled(
        store="SQLite",
        directory=directory,
        count=count,
        oldest=oldest,
        mib=(directory / DATABASE).stat().st_size / 2**20,
        url=f"sqlite:///{DATABASE}",
    )


def fill_postgres(directory: Path, *, count: int, cluster: PostgresCluster) -> Filled:
    """
    The same in a database of the cluster.

    Raises:
        OSError: there is not enough room on the disk.
    """
    _make_room(directory, count=count)
    url = cluster.new_database()
    model = _begin(directory, url=url)
    oldest = model - (count - 1) * _STEP
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("SET synchronous_commit = off")
        _multiply(_Postgres(link), model=model, oldest=oldest, copies=count - 1)
        link.execute("VACUUM ANALYZE")  # the server does it by itself a minute later
        link.execute("CHECKPOINT")
        [(size,)] = link.execute("SELECT pg_database_size(current_database())").fetchall()
    return Filled(
        store="PostgreSQL",
        directory=directory,
        count=count,
        oldest=oldest,
        mib=size / 2**20,
        url=url,
    )


def _make_room(directory: Path, *, count: int) -> None:
    free, needed = shutil.disk_usage(directory.parent).free, count * _BYTES_EACH
    if free < needed:
        raise OSError(f"{count} messages need {needed >> 20} MiB of disk, {free >> 20} are free")
    directory.mkdir()


def _begin(directory: Path, *, url: str) -> int:
    """The id of the message that the others are copies of."""
    config = GatewayConfig.from_toml(prepare(directory, url=url).config)
    with smscore.build(config) as gateway:
        submission = Submission(
            account=gateway.inquiry.account_named("bench").id,
            surface=Surface.PROVIDER,
            items=(Item(to="+491701234567", text="Your code is 123456"),),
            idempotency_key=_KEY,
        )
        receipt = gateway.submissions.begin(submission).result()
    return receipt.accepted[0].message


class _Database(Protocol):
    """What differs between the two."""

    def columns(self, table: str) -> list[str]: ...

    def execute(self, *statements: str) -> None:
        """In one transaction."""
        ...

    def numbers(self, start: int, stop: int) -> str:
        """A table ``numbers`` with a column ``n``."""
        ...

    def padded(self, number: str, width: int) -> str: ...

    def events(self) -> Mapping[str, str]:
        """Columns of an event that it does not number by itself."""
        ...

    def settled(self) -> str:
        """What is to be done after the last one."""
        ...


class _Sqlite:
    def __init__(self, link: sqlite3.Connection) -> None:
        self._link = link

    def columns(self, table: str) -> list[str]:
        return [name for _, name, *_ in self._link.execute(f"PRAGMA table_info({table})")]

    def execute(self, *statements: str) -> None:
        for statement in ("BEGIN", *statements, "COMMIT"):
            self._link.execute(statement)

    def numbers(self, start: int, stop: int) -> str:
        counted = f"SELECT {start} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {stop}"
        return f"(WITH RECURSIVE numbers(n) AS ({counted}) SELECT n FROM numbers)"

    def padded(self, number: str, width: int) -> str:
        return f"printf('%0{width}d', {number})"

    def events(self) -> Mapping[str, str]:
        return {}

    def settled(self) -> str:
        return "SELECT 1"


class _Postgres:
    def __init__(self, link: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._link = link

    def columns(self, table: str) -> list[str]:
        asked = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        return [str(name) for (name,) in self._link.execute(asked, (table,))]

    def execute(self, *statements: str) -> None:
        with self._link.transaction():
            for statement in statements:
                self._link.execute(statement)  # type: ignore[arg-type]  # made here

    def numbers(self, start: int, stop: int) -> str:
        return f"(SELECT n FROM generate_series({start}::bigint, {stop - 1}) AS n)"

    def padded(self, number: str, width: int) -> str:
        return f"lpad(({number})::text, {width}, '0')"

    def events(self) -> Mapping[str, str]:
        return {"id": "model.id + 1 + n"}

    def settled(self) -> str:
        newest = "(SELECT max(id) FROM smscore_events)"
        return f"UPDATE smscore_events_newest SET newest = {newest}"


def _multiply(database: _Database, *, model: int, oldest: int, copies: int) -> None:
    message = f"{oldest} + (n << 22)"
    recipient = f"'+49170' || {database.padded('n', 7)}"
    text = f"'Your code is ' || {database.padded('n % 1000000', 6)}"
    key = f"'key ' || {database.padded('n', 8)}"
    copied = (
        (
            "smscore_messages",
            f"id = {model}",
            {"id": message, "recipient": recipient, "recipient_as_given": recipient, "text": text},
        ),
        ("smscore_events", f"message = {model}", {"message": message, **database.events()}),
        ("smscore_ledger", f"message = {model}", {"message": message}),
        ("smscore_idempotency", f"key = '{_KEY}'", {"key": key}),
    )
    for start in _progress(copies):
        numbers = database.numbers(start, min(start + _AT_ONCE, copies))
        database.execute(
            *(
                _copying(database, table, which, changed, numbers=numbers)
                for table, which, changed in copied
            )
        )
    database.execute(database.settled())


def _copying(
    database: _Database, table: str, which: str, changed: Mapping[str, str], *, numbers: str
) -> str:
    """SQL that copies what a table has of the model, and changes some columns."""
    columns = database.columns(table)
    if "id" in columns and "id" not in changed:
        columns.remove("id")  # the database gives the next one
    values = (changed.get(name, f"model.{name}") for name in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM {numbers} AS numbers CROSS JOIN"
        f" (SELECT * FROM {table} WHERE {which} LIMIT 1) AS model ORDER BY n"
    )


def _progress(copies: int) -> Iterator[int]:
    """Where each transaction starts; tells now and then how far it is."""
    started = told = time.monotonic()
    for start in range(0, copies, _AT_ONCE):
        yield start
        now, done = time.monotonic(), min(start + _AT_ONCE, copies)
        if now - told >= _TELL_EVERY or done == copies:
            told, rate = now, done / (now - started)
            left = (copies - done) / rate
            print(
                f"filling: {done} of {copies} messages, {rate:.0f}/s, {left:.0f} s left",
                file=sys.stderr,
            )

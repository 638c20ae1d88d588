"""
Databases in which very many messages wait: copies of one that the product itself has stored.

The columns are those that the tables have; only ids, recipients and texts differ between copies.
"""

import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
from _servers import DATABASE, prepare

import smscore
from smscore import GatewayConfig

__all__ = ["Filled", "fill"]

_AT_ONCE = 50_000  # messages in a transaction
_BYTES_EACH = 1_000  # generously
_TELL_EVERY = 5.0  # seconds
_STEP = 1 << 22  # between two ids made in two milliseconds by one process


@attrs.frozen(kw_only=True)
class Filled:
    """A gateway's directory; its waiting messages are ``oldest``, ``oldest + step``, and so on."""

    directory: Path
    count: int
    oldest: int
    step: int = _STEP


def fill(directory: Path, *, count: int) -> Filled:
    """
    Make a database in which ``count`` messages wait, with their events and ledger entries.

    Raises:
        OSError: there is not enough room on the disk.
    """
    if (free := shutil.disk_usage(directory.parent).free) < (needed := count * _BYTES_EACH):
        raise OSError(f"{count} messages need {needed >> 20} MiB of disk, {free >> 20} are free")
    directory.mkdir()
    config = GatewayConfig.from_toml(prepare(directory).config)
    with smscore.build(config) as gateway:
        receipt = gateway.submissions.submit(
            account="bench", to="+491701234567", text="Your code is 123456"
        )
    model = receipt.accepted[0].message
    oldest = model - (count - 1) * _STEP
    connection = sqlite3.connect(directory / DATABASE, isolation_level=None)
    try:
        _multiply(connection, model=model, oldest=oldest, copies=count - 1)
    finally:
        connection.close()
    return Filled(directory=directory, count=count, oldest=oldest)


def _multiply(connection: sqlite3.Connection, *, model: int, oldest: int, copies: int) -> None:
    # Until it is filled nobody needs the file; the product brings back its own journal.
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -500000")
    statements = [
        _copying(
            connection,
            "smscore_messages",
            key="id",
            id=":oldest + (n << 22)",
            recipient="'+49170' || printf('%07d', n)",
            recipient_as_given="'+49170' || printf('%07d', n)",
            text="'Your code is ' || printf('%06d', n % 1000000)",
        ),
        _copying(connection, "smscore_events", key="message", message=":oldest + (n << 22)"),
        _copying(connection, "smscore_ledger", key="message", message=":oldest + (n << 22)"),
    ]
    for start in _progress(copies):
        stop = min(start + _AT_ONCE, copies)
        values = {"model": model, "oldest": oldest, "start": start, "stop": stop}
        connection.execute("BEGIN")
        for statement in statements:
            connection.execute(statement, values)
        connection.execute("COMMIT")


def _copying(connection: sqlite3.Connection, table: str, *, key: str, **changed: str) -> str:
    """SQL that copies what a table has of the model, and changes some columns."""
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    if key != "id":
        columns.remove("id")  # SQLite gives the next one
    values = (changed.get(name, f"model.{name}") for name in columns)
    return (
        "WITH RECURSIVE numbers(n) AS"
        " (SELECT :start UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :stop)"
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM numbers CROSS JOIN {table} AS model WHERE model.{key} = :model ORDER BY n"
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

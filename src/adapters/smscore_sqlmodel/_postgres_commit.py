"""
Finding out whether a transaction was committed whose connection was lost meanwhile.
"""

import secrets
import threading
import time
from collections.abc import Sequence

import attrs
import psycopg

from smscore.errors import StoreUnavailable
from smscore_sqlmodel._postgres import Link, PostgresServer
from smscore_sqlmodel._postgres_pipeline import Asked

__all__ = ["CHANNEL", "MISSED", "Marks", "Witness", "was_committed", "witness_of_event"]

CHANNEL = "smscore"
"""Under which name commits are told to other processes."""
MISSED = "null"
"""What is told where there was something, and nobody says what."""

_LONGEST = 10.0  # seconds: callers wait for their answers
_PAUSE = 0.1
_never = threading.Event()

_STATUS = "SELECT pg_xact_status($1::xid8)"
# Whoever crashes forgets the numbers that no disk knows of, and gives them to others: what it says
# of a number is believed if a row is there that nobody else writes.
_EVENT = (
    "SELECT count(*) FROM smscore_events "
    "WHERE message = $1 AND sequence = $2 AND at = $3 AND xmin::text = $4"
)
_MARKED = (
    "SELECT count(*) FROM smscore_commits WHERE writer = $1 AND number = $2 AND xmin::text = $3"
)
_MARK = (
    "INSERT INTO smscore_commits (writer, number, at) VALUES ($1, $2, now()) "
    "ON CONFLICT (writer) DO UPDATE SET number = excluded.number, at = excluded.at"
)
_FORGET = (
    "DELETE FROM smscore_commits WHERE writer IN (SELECT writer FROM smscore_commits "
    "WHERE at < now() - interval '1 day' FOR UPDATE SKIP LOCKED)"
)


@attrs.frozen
class Witness:
    """A row that a transaction has written, and no other process writes one that is the same."""

    question: str  # how many there are that this transaction has written
    cells: tuple[int, ...]


def witness_of_event(*, message: int, sequence: int, at: int) -> Witness:
    """An event; ``at`` is in microseconds."""
    return Witness(_EVENT, (message, sequence, at))


class Marks:
    """For transactions that write no event: a row of the connection, which counts them."""

    def __init__(self) -> None:
        self._writer = secrets.randbits(63)
        self._count = 0

    def next(self) -> tuple[Sequence[Asked], Witness]:
        """What is to be written, and the witness that it is. The first time clears up as well."""
        self._count += 1
        cells = (self._writer, self._count)
        before: list[Asked] = [(_FORGET, ())] if self._count == 1 else []
        return [*before, (_MARK, cells)], Witness(_MARKED, cells)


def was_committed(server: PostgresServer, number: str, *, witness: Witness) -> Link | None:
    """Ask until the database says so: a new connection if it was, None if not or nobody knows."""
    ends_at = time.monotonic() + _LONGEST
    while time.monotonic() < ends_at:
        try:
            link = server.connect()
        except StoreUnavailable:
            _never.wait(_PAUSE)
            continue
        try:
            status = _status(link, number, witness)
        except psycopg.errors.InvalidParameterValue:
            status = None  # forgotten in a crash, and not given to another one yet
        except psycopg.Error:
            status = "in progress"
        if status == "committed":
            return link
        link.close()
        if status != "in progress":
            return None
        _never.wait(_PAUSE)
    return None


def _status(link: Link, number: str, witness: Witness) -> str | None:
    [(status,)] = link.execute(_STATUS, (number,)).fetchall()
    if status == "committed":
        xmin = str(int(number) % 2**32)
        [(found,)] = link.execute(witness.question, (*witness.cells, xmin)).fetchall()
        return "committed" if found else None
    return None if status is None else str(status)

"""
Finding out whether a transaction was committed whose connection was lost meanwhile.
"""

import threading
import time

import attrs
import psycopg

from smscore.errors import StoreUnavailable
from smscore_sqlmodel._postgres import Link, PostgresServer

__all__ = ["CHANNEL", "MISSED", "Witness", "was_committed"]

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
_WITNESS = (
    "SELECT count(*) FROM smscore_events "
    "WHERE message = $1 AND sequence = $2 AND at = $3 AND xmin::text = $4"
)


@attrs.frozen
class Witness:
    """An event that a transaction has written: no other process writes one that is the same."""

    message: int
    sequence: int
    at: int  # microseconds


def was_committed(server: PostgresServer, number: str, *, witness: Witness | None) -> Link | None:
    """
    Ask until the database says so: a new connection if it was, None if not or nobody knows.

    Nobody knows of a transaction without a witness: its number may be another one's by now.
    """
    if witness is None:
        return None
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
        [(found,)] = link.execute(_WITNESS, (*attrs.astuple(witness), xmin)).fetchall()
        return "committed" if found else None
    return None if status is None else str(status)

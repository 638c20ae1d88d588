"""
Finding out whether a transaction was committed whose connection was lost meanwhile.
"""

import threading
import time

import psycopg

from smscore.errors import StoreUnavailable
from smscore_sqlmodel._postgres import Link, PostgresServer

__all__ = ["CHANNEL", "was_committed"]

CHANNEL = "smscore"
"""Under which name commits are told to other processes."""

_LONGEST = 10.0  # seconds: callers wait for their answers
_PAUSE = 0.1
_never = threading.Event()

_STATUS = "SELECT pg_xact_status($1::xid8)"
# Whoever crashes forgets the numbers that no disk knows of, and gives them to others: what it says
# of a number is believed if a row is there that was written under it.
_WITNESS = "SELECT count(*) FROM smscore_events WHERE id = $1 AND xmin::text = $2"


def was_committed(server: PostgresServer, number: str, *, newest_event: int | None) -> Link | None:
    """
    Ask until the database says so: a new connection if it was, None if not or nobody knows.

    ``newest_event`` is one that the transaction wrote.
    """
    ends_at = time.monotonic() + _LONGEST
    while time.monotonic() < ends_at:
        try:
            link = server.connect()
        except StoreUnavailable:
            _never.wait(_PAUSE)
            continue
        try:
            status = _status(link, number, newest_event)
        except psycopg.Error:
            status = "in progress"
        if status == "committed":
            return link
        link.close()
        if status != "in progress":
            return None
        _never.wait(_PAUSE)
    return None


def _status(link: Link, number: str, newest_event: int | None) -> str | None:
    [(status,)] = link.execute(_STATUS, (number,)).fetchall()
    if status == "committed" and newest_event is not None:
        xmin = str(int(number) % 2**32)
        [(found,)] = link.execute(_WITNESS, (newest_event, xmin)).fetchall()
        return "committed" if found else None
    return None if status is None else str(status)

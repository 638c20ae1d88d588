"""
What the collections stand on: a session, and the one that only reads.
"""

import sqlite3
from collections.abc import Hashable
from typing import Any, Protocol, TypeAlias

from smscore_sqlmodel._sqlite import FAULTS, translated

__all__ = ["Cells", "ReadSession", "Session"]

Cells: TypeAlias = tuple[Any, ...]  # of one row, as the driver takes and gives them


class Session(Protocol):
    """What a collection needs for reading."""

    def settle(self, key: Hashable = None) -> None:
        """Let the next fetch see what was written before: everything, or what has this key."""
        ...

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]: ...


class ReadSession:
    """Committed rows, on a connection that cannot write."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def settle(self, key: Hashable = None) -> None:
        """Nothing is written here."""

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except FAULTS as cause:
            raise translated(cause) from cause

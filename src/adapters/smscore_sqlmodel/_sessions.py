"""
What the collections stand on: a session, and the one that only reads.
"""

from collections.abc import Hashable
from typing import Any, Protocol

from smscore_sqlmodel._database import Cells, Reading

__all__ = ["Cells", "ReadSession", "Reads", "Session"]


class Session(Protocol):
    """What a collection needs for reading."""

    def settle(self, key: Hashable = None) -> None:
        """Let the next fetch see what was written before: everything, or what has this key."""
        ...

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]: ...


class ReadSession:
    """Committed rows, on a connection that cannot write."""

    def __init__(self, connection: Reading) -> None:
        self._connection = connection

    def settle(self, key: Hashable = None) -> None:
        """Nothing is written here."""

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        return self._connection.fetch(sql, parameters)


class Reads:
    """A collection that reads from a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

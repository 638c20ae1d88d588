"""
SQL as the driver takes it, written once from the names of the columns.

Rows travel as tuples in the order of the table's columns: that is two to three times faster than
SQLAlchemy's own execution, and needs no SQLAlchemy.
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

import attrs

from smscore.errors import StoreError
from smscore_sqlmodel._columns import Columns

__all__ = ["Statement", "deletion", "insertion", "replacement", "selection", "updating"]

# For the driver, beginning a statement is as much work as writing a row. And with each one the
# thread gives up the interpreter's lock, which it may then have to wait for.
_ROWS_AT_ONCE = 32


@attrs.frozen(eq=False)
class Statement:
    """
    SQL that is executed for many rows.

    ``rank`` is its place in a flush: what is inserted must be there before it is updated. When
    ``must_match``, a row that finds nothing to change is an error. If there is ``one_row``, the
    statement takes several of them, with commas between.
    """

    sql: str
    rank: int
    must_match: bool = False  # then the last cell is the row's id, and its last state counts
    one_row: str | None = None
    _by_count: dict[int, str] = attrs.field(factory=dict, init=False, repr=False)

    def execute(self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """
        Execute it for all rows, in their order.

        Raises:
            StoreError: a row that must be there is not.
            sqlite3.Error: the database refused a row.
        """
        if self.one_row is not None:
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[start : start + _ROWS_AT_ONCE]
                connection.execute(self._sql_for(len(some)), tuple(chain.from_iterable(some)))
            return
        if self.must_match:
            rows = list({row[-1]: row for row in rows}.values())
        changed = connection.executemany(self.sql, rows).rowcount
        if self.must_match and changed != len(rows):
            raise StoreError("what was to be saved is not in the database")

    def _sql_for(self, count: int) -> str:
        """The same text each time: by it the driver finds what it has compiled."""
        sql = self._by_count.get(count)
        if sql is None:
            sql = self._by_count[count] = self.sql + f", {self.one_row}" * (count - 1)
        return sql


def insertion(rows: Columns, *columns: str, rank: int = 0) -> Statement:
    """Insert rows of these columns, of all columns if none is named; the others are NULL."""
    names = columns or rows.names
    one_row = f"({', '.join('?' * len(names))})"
    sql = f"INSERT INTO {rows.table} ({', '.join(names)}) VALUES {one_row}"  # noqa: S608  # names
    return Statement(sql, rank, one_row=one_row)


def replacement(rows: Columns, *, rank: int = 0, where: str = "") -> Statement:
    """Insert whole rows; one whose primary key is there takes the place of the old one."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in rows.names if name not in rows.key)
    keys = ", ".join(rows.key)
    sql = f"{insertion(rows).sql} ON CONFLICT ({keys}) DO UPDATE SET {changes} {where}"
    return Statement(sql.strip(), rank)


def updating(rows: Columns, *columns: str, rank: int = 0) -> Statement:
    """Set these columns; the last parameter is the row's ``id``."""
    changes = ", ".join(f"{name}=?" for name in columns)
    sql = f"UPDATE {rows.table} SET {changes} WHERE {rows.table}.id = ?"  # noqa: S608  # names
    return Statement(sql, rank, must_match=True)


def selection(rows: Columns, tail: str = "") -> str:
    """Whole rows; the tail says which and in what order, and may hold ``?``."""
    names = ", ".join(f"{rows.table}.{name}" for name in rows.names)
    return f"SELECT {names} FROM {rows.table} {tail}".strip()  # noqa: S608  # names


def deletion(rows: Columns, tail: str = "") -> str:
    """Delete the rows that the tail describes; it may hold ``?``."""
    return f"DELETE FROM {rows.table} {tail}".strip()  # noqa: S608  # names

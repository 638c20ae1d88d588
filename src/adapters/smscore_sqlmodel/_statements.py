"""
SQL as the driver takes it, compiled once from the tables.

Rows travel as tuples in the order of the table's columns: that is two to three times faster than
SQLAlchemy's own execution.
"""

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

import attrs
from sqlalchemy import (
    Dialect,
    Executable,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ClauseElement

from smscore.errors import StoreError
from smscore_sqlmodel._rows import Row, table

__all__ = ["Statement", "compiled", "deletion", "insertion", "replacement", "selection", "updating"]

_DIALECT: Dialect = sqlite.dialect(paramstyle="qmark")
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
    must_match: bool = False
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
        changed = connection.executemany(self.sql, rows).rowcount
        if self.must_match and changed != len(rows):
            raise StoreError("what was to be saved is not in the database")

    def _sql_for(self, count: int) -> str:
        """The same text each time: by it the driver finds what it has compiled."""
        sql = self._by_count.get(count)
        if sql is None:
            sql = self._by_count[count] = self.sql + f", {self.one_row}" * (count - 1)
        return sql


def compiled(statement: Executable) -> str:
    """The text of a statement; its parameters are ``?`` in the order in which they are written."""
    if not isinstance(statement, ClauseElement):
        raise TypeError(f"{statement!r} cannot be compiled")
    return " ".join(str(statement.compile(dialect=_DIALECT)).split())


def insertion(row: type[Row], *columns: str, rank: int = 0) -> Statement:
    """Insert rows of these columns, of all columns if none is named; the others are NULL."""
    rows = table(row)
    # Named one by one, or generated numbers would be left out.
    names = columns or tuple(column.name for column in rows.columns)
    sql = compiled(insert(rows).values({name: bindparam(name) for name in names}))
    one_row = sql[sql.index(" VALUES ") + len(" VALUES ") :]
    return Statement(sql, rank, one_row=one_row)


def replacement(row: type[Row], *, rank: int = 0, where: str = "") -> Statement:
    """Insert whole rows; one whose primary key is there takes the place of the old one."""
    rows = table(row)
    keys = ", ".join(column.name for column in rows.primary_key)
    changes = ", ".join(
        f"{column.name} = excluded.{column.name}"
        for column in rows.columns
        if not column.primary_key
    )
    sql = f"{insertion(row).sql} ON CONFLICT ({keys}) DO UPDATE SET {changes} {where}"
    return Statement(sql.strip(), rank)


def updating(row: type[Row], *columns: str, rank: int = 0) -> Statement:
    """Set these columns; the last parameter is the row's ``id``."""
    rows = table(row)
    statement = update(rows).ordered_values(
        *((rows.c[name], bindparam(f"new_{name}")) for name in columns)
    )
    return Statement(
        compiled(statement.where(rows.c["id"] == bindparam("old_id"))), rank, must_match=True
    )


def selection(row: type[Row], tail: str = "") -> str:
    """Whole rows; the tail says which and in what order, and may hold ``?``."""
    return f"{compiled(select(table(row)))} {tail}".strip()


def deletion(row: type[Row], tail: str = "") -> str:
    """Delete the rows that the tail describes; it may hold ``?``."""
    return f"{compiled(delete(table(row)))} {tail}".strip()

"""
Writing rows to PostgreSQL: many inserted rows are copied, many updates are one.
"""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

from psycopg import RawCursor

from smscore.errors import StoreError
from smscore_sqlmodel._database import Cells
from smscore_sqlmodel._mapping import to_json
from smscore_sqlmodel._postgres_texts import without_nul
from smscore_sqlmodel._spelling import spelled
from smscore_sqlmodel._statements import Statement

__all__ = ["write_rows"]

_FEWEST_COPIED = 12  # fewer are inserted faster by one statement
_FEWEST_JOINED = 4
_NUL = "\\u0000"  # as JSON spells it


def write_rows(
    cursor: RawCursor[Any], statement: Statement, rows: Sequence[Cells], *, numbered: bool = False
) -> None:
    """
    Execute a statement for all rows, in their order; ``numbered``: each begins with its id.

    Raises:
        StoreError: a row that must be there is not.
        psycopg.Error: the database refused a row.
    """
    if statement.one_row is not None:
        columns = ("id", *statement.columns) if numbered else statement.columns
        _insert(cursor, statement.table, columns, rows)
    elif statement.must_match:
        _update(cursor, statement, list({row[-1]: row for row in rows}.values()))
    elif len(rows) == 1:
        cursor.execute(spelled(statement.sql), rows[0], prepare=True)
    else:
        cursor.executemany(spelled(statement.sql), rows)


def _insert(
    cursor: RawCursor[Any], table: str, columns: tuple[str, ...], rows: Sequence[Cells]
) -> None:
    if len(rows) < _FEWEST_COPIED:
        sql = _insertion(table, columns, len(rows))
        cursor.execute(sql, tuple(chain.from_iterable(rows)), prepare=True)
        return
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _update(cursor: RawCursor[Any], statement: Statement, rows: Sequence[Cells]) -> None:
    if len(rows) < _FEWEST_JOINED:
        changed = sum(
            cursor.execute(spelled(statement.sql), row, prepare=True).rowcount for row in rows
        )
    else:
        names = (*statement.columns, "id")
        those = to_json([dict(zip(names, row, strict=True)) for row in rows]).decode()
        if _NUL in those:
            rows = [without_nul(row) for row in rows]
            those = to_json([dict(zip(names, row, strict=True)) for row in rows]).decode()
        sql = _joint_update(statement.table, statement.columns)
        changed = cursor.execute(sql, (those,), prepare=True).rowcount
    if changed != len(rows):
        raise StoreError("what was to be saved is not in the database")


@cache
def _insertion(table: str, columns: tuple[str, ...], count: int) -> str:
    marks = f"({', '.join('?' * len(columns))})"
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * count)}"  # noqa: S608  # names
    return spelled(sql)


@cache
def _joint_update(table: str, columns: tuple[str, ...]) -> str:
    """The new rows come as a JSON list, which has the table's own types."""
    changes = ", ".join(f"{name} = changed.{name}" for name in columns)
    return (
        f"UPDATE {table} SET {changes} "  # noqa: S608  # names
        f"FROM json_populate_recordset(NULL::{table}, $1) AS changed WHERE {table}.id = changed.id"
    )

"""
Writing rows to PostgreSQL: as statements that go there together, or very many of them by COPY.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

import attrs
from psycopg import RawCursor

from smscore.errors import StoreError
from smscore_sqlmodel._database import Cells
from smscore_sqlmodel._mapping import to_json
from smscore_sqlmodel._postgres_pipeline import Answer, Asked
from smscore_sqlmodel._postgres_texts import without_nul
from smscore_sqlmodel._spelling import spelled
from smscore_sqlmodel._statements import Statement

__all__ = ["Written", "copy_rows", "is_copied", "numbered", "written"]

_FEWEST_COPIED = 64  # fewer are written faster together with everything else
_FEWEST_JOINED = 4
_SIZES = (32, 16, 8, 4, 2, 1)  # of insertions, so that few of them are prepared
_NUL = "\\u0000"  # as JSON spells it


@attrs.frozen
class Written:
    """The statements that write rows, and how many have to be there if that matters."""

    asked: Sequence[Asked]
    expected: int | None = None

    def surely(self) -> "Written":
        """The same where it is known that they are there."""
        return attrs.evolve(self, expected=None)

    def check(self, answers: Sequence[Answer]) -> None:
        """
        Let pass what the database has done.

        Raises:
            StoreError: a row that must be there is not.
        """
        if self.expected is not None and sum(one.count for one in answers) != self.expected:
            raise StoreError("what was to be saved is not in the database")


def is_copied(statement: Statement, rows: Sequence[Cells]) -> bool:
    """Whether there are so many that COPY is faster."""
    return statement.one_row is not None and len(rows) >= _FEWEST_COPIED


def copy_rows(
    cursor: RawCursor[Any], table: str, columns: Sequence[str], rows: Sequence[Cells]
) -> None:
    """
    Write them by COPY.

    Raises:
        psycopg.Error: the database refused one.
    """
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def written(statement: Statement, rows: Sequence[Cells]) -> Written:
    """How a statement is executed for all rows, in their order."""
    if statement.one_row is not None:
        return Written(
            [
                (_insertion(statement.table, statement.columns, len(some)), _joined(some))
                for some in _portions(rows)
            ]
        )
    if statement.must_match:
        newest = list({row[-1]: row for row in rows}.values())
        return Written(_updates(statement, newest), expected=len(newest))
    sql = spelled(statement.sql)
    return Written([(sql, row) for row in rows])


def numbered(statement: Statement, rows: Sequence[Cells]) -> Written:
    """The same for rows whose ids are the last ones that their table has given."""
    last = len(rows) - 1
    placed = [(place - last, *row) for place, row in enumerate(rows)]
    return Written(
        [
            (_numbered_insertion(statement.table, statement.columns, len(some)), _joined(some))
            for some in _portions(placed)
        ]
    )


def _portions(rows: Sequence[Cells]) -> Iterator[Sequence[Cells]]:
    start = 0
    while left := len(rows) - start:
        size = next(one for one in _SIZES if one <= left)
        yield rows[start : start + size]
        start += size


def _joined(rows: Sequence[Cells]) -> Cells:
    return tuple(chain.from_iterable(rows))


def _updates(statement: Statement, rows: Sequence[Cells]) -> Sequence[Asked]:
    if len(rows) < _FEWEST_JOINED:
        sql = spelled(statement.sql)
        return [(sql, row) for row in rows]
    names = (*statement.columns, "id")
    those = to_json([dict(zip(names, row, strict=True)) for row in rows]).decode()
    if _NUL in those:
        clean = [without_nul(row) for row in rows]
        those = to_json([dict(zip(names, row, strict=True)) for row in clean]).decode()
    return [(_joint_update(statement.table, statement.columns), (those,))]


@cache
def _insertion(table: str, columns: tuple[str, ...], count: int) -> str:
    return spelled(
        f"INSERT INTO {table} ({', '.join(columns)}) {_values(len(columns), count)}"
    )  # names


@cache
def _numbered_insertion(table: str, columns: tuple[str, ...], count: int) -> str:
    """The first half of the union, which has no rows, has the table's types."""
    names = ", ".join(columns)
    return spelled(
        f"INSERT INTO {table} (id, {names}) SELECT newest + place, {names} FROM {table}_newest, "  # noqa: S608  # names
        f"(SELECT id AS place, {names} FROM {table} WHERE false "
        f"UNION ALL {_values(len(columns) + 1, count)}) AS placed"
    )


def _values(width: int, count: int) -> str:
    marks = f"({', '.join('?' * width)})"
    return f"VALUES {', '.join([marks] * count)}"


@cache
def _joint_update(table: str, columns: tuple[str, ...]) -> str:
    """The new rows come as a JSON list, which has the table's own types."""
    changes = ", ".join(f"{name} = changed.{name}" for name in columns)
    return (
        f"UPDATE {table} SET {changes} "  # noqa: S608  # names
        f"FROM json_populate_recordset(NULL::{table}, $1) AS changed WHERE {table}.id = changed.id"
    )

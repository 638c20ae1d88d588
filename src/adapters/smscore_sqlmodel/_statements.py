"""
SQL as the driver takes it, written once from the names of the columns.

Rows travel as tuples in the order of the table's columns: that is two to three times faster than
SQLAlchemy's own execution, and needs no SQLAlchemy.
"""

import attrs

from smscore_sqlmodel._columns import Columns

__all__ = ["Statement", "deletion", "insertion", "replacement", "selection", "updating"]


@attrs.frozen(eq=False)
class Statement:
    """
    SQL that is executed for many rows.

    ``rank`` is its place in a flush: what is inserted must be there before it is updated. When
    ``must_match``, a row that finds nothing to change is an error. If there is ``one_row``, the
    statement takes several of them, with commas between.

    ``table`` and ``columns`` are what an insertion or an update is about. When ``in_order``, ids
    have to grow in the order of the commits: whoever reads on behind the newest one that he saw
    would never see those of a transaction that was slower.
    """

    sql: str
    rank: int
    must_match: bool = False  # then the last cell is the row's id, and its last state counts
    one_row: str | None = None
    table: str = ""
    columns: tuple[str, ...] = ()
    in_order: bool = False
    _by_count: dict[int, str] = attrs.field(factory=dict, init=False, repr=False)

    def sql_for(self, count: int) -> str:
        """For so many rows. The same text each time: by it drivers find what they have compiled."""
        sql = self._by_count.get(count)
        if sql is None:
            sql = self._by_count[count] = self.sql + f", {self.one_row}" * (count - 1)
        return sql


def insertion(rows: Columns, *columns: str, rank: int = 0, in_order: bool = False) -> Statement:
    """Insert rows of these columns, of all columns if none is named; the others are NULL."""
    names = columns or rows.names
    one_row = f"({', '.join('?' * len(names))})"
    sql = f"INSERT INTO {rows.table} ({', '.join(names)}) VALUES {one_row}"  # noqa: S608  # names
    return Statement(sql, rank, one_row=one_row, table=rows.table, columns=names, in_order=in_order)


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
    return Statement(sql, rank, must_match=True, table=rows.table, columns=columns)


def selection(rows: Columns, tail: str = "") -> str:
    """Whole rows; the tail says which and in what order, and may hold ``?``."""
    names = ", ".join(f"{rows.table}.{name}" for name in rows.names)
    return f"SELECT {names} FROM {rows.table} {tail}".strip()  # noqa: S608  # names


def deletion(rows: Columns, tail: str = "") -> str:
    """Delete the rows that the tail describes; it may hold ``?``."""
    return f"DELETE FROM {rows.table} {tail}".strip()  # noqa: S608  # names

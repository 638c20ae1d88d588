from sqlalchemy import LargeBinary, Text

from smscore.ports.storage import TraceKind
from smscore_sqlmodel._rows import metadata
from smscore_sqlmodel._traces import HOLDINGS, UNTELLING


def _told() -> dict[str, set[str]]:
    """Columns of which erasing knows, by table."""
    told = {table: set(columns.split()) for table, columns in UNTELLING.items()}
    for holding in HOLDINGS.values():
        told.setdefault(holding.rows.table, set()).update(holding.whose, holding.texts)
    return told


def test_erasing_knows_of_every_column_that_may_hold_a_number_or_a_text() -> None:
    unknown = [
        f"{name}.{column.name}"
        for name, table in metadata.tables.items()
        for column in table.columns
        if isinstance(column.type, Text | LargeBinary)
        and column.name not in _told().get(name, set())
    ]

    assert unknown == [], "say in smscore_sqlmodel._traces what erasing does with them"


def test_erasing_knows_of_no_column_that_is_not_there() -> None:
    known = {name: set(table.columns.keys()) for name, table in metadata.tables.items()}

    assert {
        table: told - known[table] for table, told in _told().items() if told - known[table]
    } == {}


def test_no_column_is_both_told_and_left_out() -> None:
    both = [
        (holding.rows.table, name)
        for holding in HOLDINGS.values()
        for name in (*holding.whose, *holding.texts)
        if name in UNTELLING.get(holding.rows.table, "").split()
    ]

    assert both == []


def test_there_is_a_holding_of_each_kind() -> None:
    assert set(HOLDINGS) == set(TraceKind)

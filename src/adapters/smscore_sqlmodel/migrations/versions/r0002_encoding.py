"""
What accounts allow their texts, under what messages were accepted, and whole headers of parts.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PAGE = 1000


def upgrade() -> None:
    # Columns are added and tables not made anew: there may be millions of messages.
    for column in (
        sa.Column("languages", sa.Text, server_default="", nullable=False),
        sa.Column("wide_reference", sa.Integer, server_default="0", nullable=False),
        sa.Column("replace_typography", sa.Integer, server_default="0", nullable=False),
        sa.Column("max_parts", sa.Integer, server_default="50", nullable=False),
    ):
        op.add_column("smscore_accounts", column)
    op.add_column("smscore_messages", sa.Column("languages", sa.Text))
    op.add_column("smscore_messages", sa.Column("wide_reference", sa.Integer))
    op.add_column("smscore_inbound_parts", sa.Column("header", sa.LargeBinary))
    _fill_headers()


def _fill_headers() -> None:
    """Give parts whose place is known the header that it came from, as far as it was kept."""
    parts = sa.table(
        "smscore_inbound_parts",
        *(sa.column(name) for name in ("id", "reference", "total", "number", "is_wide")),
        sa.column("header", sa.LargeBinary),
    )
    page = (
        sa.select(*parts.c)
        .where(parts.c.reference.is_not(None), parts.c.id > sa.bindparam("last"))
        .order_by(parts.c.id)
        .limit(_PAGE)
    )
    filling = (
        sa.update(parts)
        .where(parts.c.id == sa.bindparam("part"))
        .values(header=sa.bindparam("written"))
    )
    connection = op.get_bind()
    last = 0
    while rows := connection.execute(page, {"last": last}).all():
        written = [
            {"part": row.id, "written": _header(row.reference, row.total, row.number, row.is_wide)}
            for row in rows
        ]
        connection.execute(filling, written)
        last = rows[-1].id


def _header(reference: int, total: int, number: int, is_wide: int) -> bytes:
    """The information element of 23.040, 9.2.3.24.1, or with a 16-bit reference of 9.2.3.24.8."""
    if is_wide:
        return bytes((0x08, 4, reference >> 8, reference & 0xFF, total, number))
    return bytes((0x00, 3, reference, total, number))

"""
A message tells which one that arrived it was made of.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("smscore_messages", sa.Column("origin", WIDE))
    op.add_column("smscore_messages", sa.Column("hops", sa.Integer))
    condition = sa.text("origin IS NOT NULL")
    for name, columns in (
        ("smscore_messages_caused", ["id"]),
        ("smscore_messages_caused_for", ["recipient", "id"]),
    ):
        op.create_index(
            name,
            "smscore_messages",
            columns,
            sqlite_where=condition,
            postgresql_where=condition,
        )

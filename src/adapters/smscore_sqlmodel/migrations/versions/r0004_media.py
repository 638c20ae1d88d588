"""
As what messages go out and come in, the links that this needs, and when a try is over.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "smscore_links",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("linked_at", WIDE, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", "channel"),
        sa.UniqueConstraint("channel", "address", name="smscore_links_address"),
    )
    op.add_column("smscore_messages", sa.Column("medium", sa.Text))
    op.add_column("smscore_messages", sa.Column("fall_back_at", WIDE))
    op.create_index(
        "smscore_messages_stranded",
        "smscore_messages",
        ["fall_back_at", "id"],
        sqlite_where=sa.text("fall_back_at IS NOT NULL"),
        postgresql_where=sa.text("fall_back_at IS NOT NULL"),
    )
    for table in ("smscore_inbound", "smscore_inbound_parts"):
        op.add_column(table, sa.Column("kind", sa.Text, server_default="sms", nullable=False))

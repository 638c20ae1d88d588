"""
Messages of which parts are missing are kept with their gaps, and made whole when those come.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("smscore_inbound", sa.Column("missing", sa.Text))
    op.add_column("smscore_inbound_parts", sa.Column("published_as", WIDE))
    op.create_index(
        "smscore_inbound_parts_open",
        "smscore_inbound_parts",
        ["received_at"],
        sqlite_where=sa.text("is_joined = 0"),
        postgresql_where=sa.text("is_joined = 0"),
    )

"""
What customers have scheduled is claimed in the order of their times.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("smscore_messages_claimable", "smscore_messages")
    condition = sa.text("status = 'queued'")
    op.create_index(
        "smscore_messages_claimable",
        "smscore_messages",
        [
            "channel",
            sa.literal_column("priority DESC"),
            sa.text("coalesce((not_before / 1000 - 1577836800000) * 4194304, id)"),
            "id",
            "account",
            "status",
        ],
        sqlite_where=condition,
        postgresql_where=condition,
    )

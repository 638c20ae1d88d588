"""
What customers have scheduled is listed by account.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    condition = sa.text("status = 'scheduled'")
    op.create_index(
        "smscore_messages_scheduled",
        "smscore_messages",
        ["account", "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )

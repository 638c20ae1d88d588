"""
An index of failures by their time: monitoring counts those of the last day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    condition = sa.text("status = 'failed'")
    op.create_index(
        "smscore_messages_failed",
        "smscore_messages",
        ["finished_at"],
        sqlite_where=condition,
        postgresql_where=condition,
    )

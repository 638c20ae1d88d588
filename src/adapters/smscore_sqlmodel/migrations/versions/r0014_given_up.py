"""
What endpoints were not told after all is counted.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    condition = sa.text("state = 'dead'")
    op.create_index(
        "smscore_webhook_postings_dead",
        "smscore_webhook_postings",
        ["endpoint", "state"],
        sqlite_where=condition,
        postgresql_where=condition,
    )

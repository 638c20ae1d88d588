"""
The calls that rules made for an inbound message are found by it.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    condition = sa.text("event_id = 0")
    op.create_index(
        "smscore_webhook_postings_pushes",
        "smscore_webhook_postings",
        ["message", "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )

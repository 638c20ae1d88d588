"""
On PostgreSQL a row holds the newest number of an event, so that they follow the commits.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return  # SQLite numbers them so by itself
    newest = op.create_table(
        "smscore_events_newest",
        sa.Column("newest", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(newest, [{"newest": 0}])
    op.execute("ALTER TABLE smscore_events ALTER COLUMN id DROP DEFAULT")
    op.execute("DROP SEQUENCE smscore_events_id_seq")

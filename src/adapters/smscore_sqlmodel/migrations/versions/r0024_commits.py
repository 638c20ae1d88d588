"""
On PostgreSQL each connection that writes has a row that proves its last commit.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return  # SQLite loses no answers
    op.create_table(
        "smscore_commits",
        sa.Column("writer", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )

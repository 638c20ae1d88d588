"""
Rules with a pace let messages leave by turns.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "smscore_rule_turns",
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("next_at", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("rule"),
    )

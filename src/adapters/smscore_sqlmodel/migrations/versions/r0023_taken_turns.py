"""
The turns of rules with a pace tell when they were taken: by a clock that was ahead, perhaps.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column(
        "smscore_rule_turns", sa.Column("taken_at", WIDE, nullable=False, server_default="0")
    )

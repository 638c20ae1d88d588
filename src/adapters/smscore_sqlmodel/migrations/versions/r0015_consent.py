"""
Who may not be written to, by keyed hashes of numbers.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "smscore_consent",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("account", WIDE, autoincrement=False, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("at", WIDE, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("message", WIDE),
        sa.PrimaryKeyConstraint("number", "kind", "account", "sender"),
    )
    op.create_index("smscore_consent_kinds", "smscore_consent", ["kind", "account"])

"""
Servers say who they are, and one at a time has each right.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("smscore_processes", sa.Column("about", sa.Text))
    op.create_table(
        "smscore_rights",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("since", WIDE, nullable=False),
    )

"""
Accounts remember what was counted in other months, for clocks that are set.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "smscore_accounts", sa.Column("other_months", sa.Text, nullable=False, server_default="")
    )

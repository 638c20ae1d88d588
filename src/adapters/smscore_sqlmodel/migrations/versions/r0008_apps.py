"""
Versions of the app for phones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "smscore_apps",
        sa.Column("code", WIDE, autoincrement=False, nullable=False),
        sa.Column("package", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("certificates", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("size", WIDE, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("published_at", WIDE, nullable=False),
        sa.Column("is_active", sa.Integer, nullable=False),
        sa.Column("downloads", WIDE, nullable=False),
        sa.Column("withdrawn_at", WIDE),
        sa.PrimaryKeyConstraint("code"),
    )

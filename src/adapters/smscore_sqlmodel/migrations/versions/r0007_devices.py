"""
The phones of accounts, when they were handed messages, and for how long they may be silent.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "smscore_devices",
        sa.Column("account", WIDE, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("first_seen", WIDE, nullable=False),
        sa.Column("last_seen", WIDE, nullable=False),
        sa.Column("last_poll", WIDE),
        sa.Column("delivered", WIDE, nullable=False),
        sa.Column("failed", WIDE, nullable=False),
        sa.PrimaryKeyConstraint("account", "name"),
    )
    op.create_index("smscore_devices_seen", "smscore_devices", ["last_seen"])
    op.add_column("smscore_accounts", sa.Column("claim_lease", WIDE))
    op.add_column("smscore_messages", sa.Column("claimed_at", WIDE))
    # When phones were handed these was not kept: as early as it can have been.
    op.execute(
        "UPDATE smscore_messages SET claimed_at = accepted_at "
        "WHERE status = 'sending' AND owner IS NULL"
    )
    condition = sa.text("claimed_at IS NOT NULL")
    op.create_index(
        "smscore_messages_claimed",
        "smscore_messages",
        ["account", "claimed_at", "id"],
        sqlite_where=condition,
        postgresql_where=condition,
    )

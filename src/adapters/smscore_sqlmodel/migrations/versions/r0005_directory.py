"""
Contacts, groups of contacts, and who is in them.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "smscore_contacts",
        sa.Column("account", WIDE, nullable=False, autoincrement=False),
        sa.Column("id", WIDE, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "id"),
        sa.UniqueConstraint("account", "name", name="smscore_contacts_name"),
    )
    op.create_table(
        "smscore_contact_groups",
        sa.Column("account", WIDE, nullable=False, autoincrement=False),
        sa.Column("id", WIDE, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "id"),
        sa.UniqueConstraint("account", "name", name="smscore_contact_groups_name"),
    )
    op.create_table(
        "smscore_members",
        sa.Column("account", WIDE, nullable=False, autoincrement=False),
        sa.Column("holder", WIDE, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("member", WIDE, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("account", "holder", "kind", "member"),
    )
    op.create_index("smscore_members_member", "smscore_members", ["account", "kind", "member"])
    op.create_table(
        "smscore_directory_ids",
        sa.Column("account", WIDE, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("newest", WIDE, nullable=False),
        sa.PrimaryKeyConstraint("account", "kind"),
    )

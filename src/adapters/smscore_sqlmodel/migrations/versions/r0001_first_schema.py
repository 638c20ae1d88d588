"""
The first schema.

A revision is frozen: what changes later is a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Only a column of the type INTEGER is SQLite's own row number.
WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "smscore_accounts",
        sa.Column("id", WIDE, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("tariff", sa.Text, nullable=False),
        sa.Column("home_country", sa.Text),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("default_sender", sa.Text),
        sa.Column("credits", WIDE),
        sa.Column("monthly_limit", WIDE),
        sa.Column("used", WIDE, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("subscription_until", WIDE),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="smscore_accounts_name"),
        sa.CheckConstraint("credits >= 0", name="smscore_accounts_never_overdrawn"),
    )
    op.create_table(
        "smscore_ledger",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("account", WIDE, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("credits", WIDE, nullable=False),
        sa.Column("balance", WIDE, nullable=False),
        sa.Column("at", WIDE, nullable=False),
        sa.Column("message", WIDE),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("smscore_ledger_account", "smscore_ledger", ["account", "id"])
    op.create_table(
        "smscore_routes",
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("channels", sa.Text, nullable=False),
        sa.Column("prefixes", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "smscore_messages",
        sa.Column("id", WIDE, autoincrement=False, nullable=False),
        sa.Column("account", WIDE, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("recipient_as_given", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("surface", sa.Text, nullable=False),
        sa.Column("accepted_at", WIDE, nullable=False),
        sa.Column("sender", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("flash", sa.Integer, nullable=False),
        sa.Column("not_before", WIDE),
        sa.Column("expires_at", WIDE),
        sa.Column("callback_url", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("segments", sa.Integer, nullable=False),
        sa.Column("charged", WIDE, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("due_at", WIDE),
        sa.Column("owner", sa.Integer),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("parts", sa.Text),
        sa.Column("sent_at", WIDE),
        sa.Column("finished_at", WIDE),
        sa.Column("error_code", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("smscore_messages_account", "smscore_messages", ["account", "id"])
    op.create_index(
        "smscore_messages_claimable",
        "smscore_messages",
        ["channel", sa.literal_column("priority DESC"), "id"],
        sqlite_where=sa.text("status = 'queued'"),
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "smscore_messages_due",
        "smscore_messages",
        ["due_at"],
        sqlite_where=sa.text("status = 'scheduled'"),
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    op.create_index(
        "smscore_messages_held",
        "smscore_messages",
        ["owner"],
        sqlite_where=sa.text("owner IS NOT NULL"),
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index(
        "smscore_messages_overdue",
        "smscore_messages",
        ["expires_at"],
        sqlite_where=sa.text("status IN ('scheduled', 'queued') AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("status IN ('scheduled', 'queued') AND expires_at IS NOT NULL"),
    )
    op.create_table(
        "smscore_part_references",
        sa.Column("message", WIDE, autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("at", WIDE, nullable=False),
        sa.PrimaryKeyConstraint("message", "part"),
    )
    op.create_index(
        "smscore_part_references_awaiting",
        "smscore_part_references",
        ["channel", "reference", "at"],
    )
    op.create_table(
        "smscore_parked_reports",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("received_at", WIDE, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("smscore_parked_reports_received_at", "smscore_parked_reports", ["received_at"])
    op.create_index(
        "smscore_parked_reports_reference", "smscore_parked_reports", ["channel", "reference"]
    )
    op.create_table(
        "smscore_inbound",
        sa.Column("id", WIDE, autoincrement=False, nullable=False),
        sa.Column("account", WIDE),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("received_at", WIDE, nullable=False),
        sa.Column("sent_at", WIDE),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("smscore_inbound_account", "smscore_inbound", ["account", "id"])
    op.create_table(
        "smscore_inbound_parts",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("coding", sa.Text, nullable=False),
        sa.Column("user_data", sa.LargeBinary, nullable=False),
        sa.Column("received_at", WIDE, nullable=False),
        sa.Column("sent_at", WIDE),
        sa.Column("reference", sa.Integer),
        sa.Column("total", sa.Integer),
        sa.Column("number", sa.Integer),
        sa.Column("is_wide", sa.Integer),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("is_joined", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "fingerprint", name="smscore_inbound_parts_fingerprint"),
    )
    op.create_index(
        "smscore_inbound_parts_siblings",
        "smscore_inbound_parts",
        ["channel", "sender", "reference"],
        sqlite_where=sa.text("is_joined = 0"),
        postgresql_where=sa.text("is_joined = 0"),
    )
    op.create_table(
        "smscore_idempotency",
        sa.Column("account", WIDE, autoincrement=False, nullable=False),
        sa.Column("surface", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("at", WIDE, nullable=False),
        sa.PrimaryKeyConstraint("account", "surface", "key"),
    )
    op.create_index("smscore_idempotency_at", "smscore_idempotency", ["at"])
    op.create_table(
        "smscore_users",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account", WIDE, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("permissions", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "smscore_provider_keys",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("account", WIDE, nullable=False),
        sa.Column("created_at", WIDE, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "smscore_queue_tokens",
        sa.Column("account", WIDE, autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account"),
        sa.UniqueConstraint("digest", name="smscore_queue_tokens_digest"),
    )
    op.create_table(
        "smscore_journal",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("channel", "key"),
    )
    op.create_table(
        "smscore_events",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("message", WIDE, nullable=False),
        sa.Column("account", WIDE, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", WIDE, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message", "sequence", name="smscore_events_story"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "smscore_processes",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("heartbeat_at", WIDE, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )

"""
Webhooks, what waits for them, and which messages have a callback address.

A revision is frozen: what changes later is a revision of its own.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_NOTHING_IS_NEWS = (
    "INSERT INTO smscore_journal (channel, key, value) "
    "SELECT '', 'webhooks', CAST(CAST(max(id) AS TEXT) AS BLOB) FROM smscore_events "
    "HAVING max(id) > 0"
)


def upgrade() -> None:
    _create_webhooks()
    _create_postings()
    _index_where(
        "smscore_messages_callback", "smscore_messages", ["id"], "callback_url IS NOT NULL"
    )
    # What happened before is told to nobody.
    op.execute(_NOTHING_IS_NEWS.replace("BLOB", "BYTEA") if _is_postgres() else _NOTHING_IS_NEWS)


def _is_postgres() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _create_webhooks() -> None:
    op.create_table(
        "smscore_webhooks",
        sa.Column("id", WIDE, nullable=False, autoincrement=False),
        sa.Column("account", WIDE, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sa.Column("created_at", WIDE, nullable=False),
        sa.Column("is_active", sa.Integer, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("rotated_at", WIDE),
        sa.Column("failing_since", WIDE),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("smscore_webhooks_account", "smscore_webhooks", ["account", "is_active"])
    op.create_table(
        "smscore_callback_secrets",
        sa.Column("account", WIDE, nullable=False, autoincrement=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("since", WIDE),
        sa.PrimaryKeyConstraint("account"),
    )


def _create_postings() -> None:
    table = "smscore_webhook_postings"
    op.create_table(
        table,
        sa.Column("id", WIDE, nullable=False, autoincrement=False),
        sa.Column("account", WIDE, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("webhook", WIDE),
        sa.Column("url", sa.Text),
        sa.Column("event_id", WIDE, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("message", WIDE, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", WIDE, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", WIDE),
        sa.Column("ends_at", WIDE),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(f"{table}_endpoint", table, ["endpoint", "id"])
    op.create_index(f"{table}_state", table, ["endpoint", "state", "id"])
    pending = "state = 'pending'"
    due = f"{pending} AND due_at IS NOT NULL"
    _index_where(f"{table}_due", table, ["endpoint", "due_at", "id"], due)
    _index_where(f"{table}_waiting", table, ["message", "endpoint", "id"], pending)
    _index_where(f"{table}_created_at", table, ["created_at"], "state <> 'pending'")
    op.create_table(
        "smscore_webhook_attempts",
        sa.Column("posting", WIDE, nullable=False, autoincrement=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at", WIDE, nullable=False),
        sa.Column("micros", WIDE, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("posting", "number"),
    )


def _index_where(name: str, table: str, columns: Sequence[Any], condition: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )

"""
Modes of channels, what the ledger says of a message, and indexes that keep every question flat.

A revision is frozen: what changes later is a revision of its own.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
SETTLED = "status <> 'queued' AND status <> 'sending' AND status <> 'scheduled'"


def upgrade() -> None:
    op.create_table(
        "smscore_channels",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("at", WIDE, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.add_column("smscore_parked_reports", sa.Column("submitted_at", WIDE))
    _index_where("smscore_ledger_message", "smscore_ledger", ["message"], "message IS NOT NULL")
    _index_messages()
    _index_references()
    op.create_index("smscore_inbound_received_at", "smscore_inbound", ["received_at"])
    op.create_index("smscore_inbound_parts_received_at", "smscore_inbound_parts", ["received_at"])


def _index_messages() -> None:
    waiting: tuple[tuple[str, list[Any], str], ...] = (
        ("claimable", ["channel", sa.literal_column("priority DESC"), "id"], "status = 'queued'"),
        ("due", ["due_at", "id"], "status = 'scheduled'"),
        ("held", ["owner"], "status = 'sending'"),
    )
    for name, columns, condition in waiting:
        op.drop_index(f"smscore_messages_{name}", "smscore_messages")
        # With these a page of an account's messages is found without looking at those of others.
        _index_where(
            f"smscore_messages_{name}",
            "smscore_messages",
            [*columns, "account", "status"],
            condition,
        )
    settled: tuple[tuple[str, list[Any]], ...] = (
        ("settled", ["status", "id"]),
        ("settled_account", ["account", "status", "id"]),
        ("news", [sa.text("coalesce(finished_at, sent_at, accepted_at)")]),
    )
    for name, columns in settled:
        _index_where(f"smscore_messages_{name}", "smscore_messages", columns, SETTLED)


def _index_references() -> None:
    """Networks use few references: a report is to find its own among millions of one name."""
    op.add_column(
        "smscore_part_references", sa.Column("ending", sa.Text, server_default="", nullable=False)
    )
    op.execute(
        "UPDATE smscore_part_references SET ending = coalesce("
        "(SELECT substr(ltrim(recipient, '+'), -5) FROM smscore_messages WHERE id = message), '')"
    )
    op.drop_index("smscore_part_references_awaiting", "smscore_part_references")
    op.create_index(
        "smscore_part_references_awaiting",
        "smscore_part_references",
        ["channel", "reference", "ending", "at"],
    )


def _index_where(name: str, table: str, columns: Sequence[Any], condition: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )

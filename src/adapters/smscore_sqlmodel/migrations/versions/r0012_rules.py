"""
Rules are kept as they were from one change to the next; those in force become the first revision.

A revision is frozen: what changes later is a revision of its own.
"""

import json
import re
import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WIDE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PREFIX = re.compile(r"\+?[0-9]+", re.ASCII)


def upgrade() -> None:
    revisions = op.create_table(
        "smscore_rule_revisions",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", WIDE, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    if rules := _rules():
        document = json.dumps({"routes": rules}, ensure_ascii=False, separators=(",", ":"))
        now = time.time_ns() // 1000
        first = {"number": 1, "at": now, "why": "kept by smscore migrate", "document": document}
        op.bulk_insert(revisions, [first])
    op.drop_table("smscore_routes")


def _rules() -> Sequence[dict[str, Any]]:
    found = op.get_bind().execute(
        sa.text("SELECT position, name, channels, prefixes FROM smscore_routes ORDER BY position")
    )
    rules = [
        _rule(
            name or f"rule {position + 1}",
            channels=json.loads(channels),
            prefixes=json.loads(prefixes),
        )
        for position, name, channels, prefixes in found
    ]
    return [rule for rule in rules if rule]


def _rule(name: str, *, channels: list[str], prefixes: list[str]) -> dict[str, Any]:
    """The rule as a document has it; nothing is left of one that never was for any number."""
    rule: dict[str, Any] = {"name": name, "channels": channels}
    if not prefixes or "" in prefixes:
        return rule
    fitting = [prefix for prefix in prefixes if PREFIX.fullmatch(prefix)]
    return {**rule, "prefixes": fitting} if fitting else {}

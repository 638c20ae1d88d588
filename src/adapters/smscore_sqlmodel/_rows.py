"""
The tables, as SQLModel classes in a registry and MetaData of their own.

A host's ``SQLModel.metadata.create_all`` knows nothing of them; the migrations create them. Times
are whole microseconds since 1970 in UTC, states are their words, lists are JSON text. No foreign
keys: they would be checked for every row, and nothing but the domain's values is ever written.

Longer than other modules, since a schema is best read in one piece.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    column,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from smscore_sqlmodel._columns import PLACE, SETTLED

__all__ = [
    "AccountRow",
    "AppRow",
    "AuditRow",
    "CallbackSecretRow",
    "ChannelRow",
    "ConsentRow",
    "ContactGroupRow",
    "ContactRow",
    "DeviceRow",
    "DirectoryIdRow",
    "EntryRow",
    "EventRow",
    "IdempotencyRow",
    "InboundPartRow",
    "InboundRow",
    "JournalRow",
    "LinkRow",
    "MemberRow",
    "MessageRow",
    "ParkedReportRow",
    "PartReferenceRow",
    "ProcessRow",
    "ProviderKeyRow",
    "QueueTokenRow",
    "Row",
    "RuleRevisionRow",
    "RuleTurnRow",
    "UserRow",
    "WebhookAttemptRow",
    "WebhookPostingRow",
    "WebhookRow",
    "metadata",
    "table",
]

# Only a column of the type INTEGER is SQLite's own row number.
_WIDE = BigInteger().with_variant(Integer(), "sqlite")
_GIVEN = {"autoincrement": False}


class Row(SQLModel, registry=registry()):
    """What all rows share: a registry that no host knows."""


metadata: MetaData = Row.metadata


def table(row: type[Row]) -> Table:
    """The table behind a class of rows."""
    return metadata.tables[str(row.__tablename__)]


class AccountRow(Row, table=True):
    __tablename__ = "smscore_accounts"
    __table_args__ = (
        UniqueConstraint("name", name="smscore_accounts_name"),
        CheckConstraint("credits >= 0", name="smscore_accounts_never_overdrawn"),
    )

    id: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    name: str = Field(sa_type=Text)
    tariff: str = Field(sa_type=Text)
    home_country: str | None = Field(sa_type=Text)
    time_zone: str = Field(sa_type=Text)
    default_sender: str | None = Field(sa_type=Text)
    credits: int | None = Field(sa_type=_WIDE)
    monthly_limit: int | None = Field(sa_type=_WIDE)
    used: int = Field(sa_type=_WIDE)
    month: str = Field(sa_type=Text)
    subscription_until: int | None = Field(sa_type=_WIDE)
    languages: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})
    wide_reference: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "0"})
    replace_typography: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "0"})
    max_parts: int = Field(sa_type=Integer, sa_column_kwargs={"server_default": "50"})
    claim_lease: int | None = Field(sa_type=_WIDE)  # NULL: claims do not end
    other_months: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})


class EntryRow(Row, table=True):
    __tablename__ = "smscore_ledger"
    __table_args__ = (
        Index("smscore_ledger_account", "account", "id"),
        Index("smscore_ledger_message", "message", sqlite_where=text("message IS NOT NULL")),
    )

    id: int | None = Field(sa_type=_WIDE, primary_key=True)
    account: int = Field(sa_type=_WIDE)
    kind: str = Field(sa_type=Text)
    credits: int = Field(sa_type=_WIDE)
    balance: int = Field(sa_type=_WIDE)
    at: int = Field(sa_type=_WIDE)
    message: int | None = Field(sa_type=_WIDE)
    why: str = Field(sa_type=Text)


class RuleRevisionRow(Row, table=True):
    """All rules as they were from one change to the next, as a JSON document."""

    __tablename__ = "smscore_rule_revisions"

    number: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs=_GIVEN)
    at: int = Field(sa_type=_WIDE)
    why: str = Field(sa_type=Text)
    document: str = Field(sa_type=Text)


class RuleTurnRow(Row, table=True):
    """When the next message may leave by a rule that has a pace."""

    __tablename__ = "smscore_rule_turns"

    rule: str = Field(sa_type=Text, primary_key=True)
    next_at: int = Field(sa_type=_WIDE)
    taken_at: int = Field(sa_type=_WIDE, sa_column_kwargs={"server_default": "0"})


class ChannelRow(Row, table=True):
    """What an operator decided last of a channel; one without a row is running."""

    __tablename__ = "smscore_channels"

    channel: str = Field(sa_type=Text, primary_key=True)
    mode: str = Field(sa_type=Text)
    at: int = Field(sa_type=_WIDE)
    why: str = Field(sa_type=Text)


class MessageRow(Row, table=True):
    """
    A message and its delivery.

    Up to ``medium`` and behind ``sequence`` nothing ever changes; what message and delivery both
    hold is kept once.
    """

    __tablename__ = "smscore_messages"
    __table_args__ = (
        # A partial index is used only by queries that repeat its condition word by word. Those of
        # waiting messages end with what lists ask for, and need not look at the rows.
        Index(
            "smscore_messages_claimable",
            "channel",
            column("priority").desc(),
            text(PLACE),
            "id",
            "account",
            "status",
            sqlite_where=text("status = 'queued'"),
        ),
        Index(
            "smscore_messages_due",
            "due_at",
            "id",
            "account",
            "status",
            sqlite_where=text("status = 'scheduled'"),
        ),
        Index(
            "smscore_messages_scheduled",
            "account",
            "id",
            sqlite_where=text("status = 'scheduled'"),
        ),
        Index(
            "smscore_messages_overdue",
            "expires_at",
            sqlite_where=text("status IN ('scheduled', 'queued') AND expires_at IS NOT NULL"),
        ),
        Index(
            "smscore_messages_stranded",
            "fall_back_at",
            "id",
            sqlite_where=text("fall_back_at IS NOT NULL"),
        ),
        Index(
            "smscore_messages_held",
            "owner",
            "account",
            "status",
            sqlite_where=text("status = 'sending'"),
        ),
        Index(
            "smscore_messages_claimed",
            "account",
            "claimed_at",
            "id",
            sqlite_where=text("claimed_at IS NOT NULL"),
        ),
        Index("smscore_messages_account", "account", "id"),
        Index("smscore_messages_settled", "status", "id", sqlite_where=text(SETTLED)),
        Index(
            "smscore_messages_settled_account",
            "account",
            "status",
            "id",
            sqlite_where=text(SETTLED),
        ),
        Index(
            "smscore_messages_failed",
            "finished_at",
            sqlite_where=text("status = 'failed'"),
        ),
        Index(
            "smscore_messages_news",
            text("coalesce(finished_at, sent_at, accepted_at)"),
            sqlite_where=text(SETTLED),
        ),
        Index("smscore_messages_callback", "id", sqlite_where=text("callback_url IS NOT NULL")),
        Index("smscore_messages_caused", "id", sqlite_where=text("origin IS NOT NULL")),
        Index(
            "smscore_messages_caused_for",
            "recipient",
            "id",
            sqlite_where=text("origin IS NOT NULL"),
        ),
    )

    id: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    account: int = Field(sa_type=_WIDE)
    recipient: str = Field(sa_type=Text)
    recipient_as_given: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    surface: str = Field(sa_type=Text)
    accepted_at: int = Field(sa_type=_WIDE)
    sender: str | None = Field(sa_type=Text)
    priority: int = Field(sa_type=Integer)
    flash: int = Field(sa_type=Integer)
    not_before: int | None = Field(sa_type=_WIDE)
    expires_at: int | None = Field(sa_type=_WIDE)
    callback_url: str | None = Field(sa_type=Text)
    languages: str | None = Field(sa_type=Text)
    wide_reference: int | None = Field(sa_type=Integer)
    medium: str | None = Field(sa_type=Text)  # NULL: an SMS
    # From here on the delivery.
    channel: str = Field(sa_type=Text)
    route: str = Field(sa_type=Text)
    segments: int = Field(sa_type=Integer)
    charged: int = Field(sa_type=_WIDE)
    status: str = Field(sa_type=Text)
    due_at: int | None = Field(sa_type=_WIDE)
    fall_back_at: int | None = Field(sa_type=_WIDE)
    owner: int | None = Field(sa_type=Integer)
    claimed_at: int | None = Field(sa_type=_WIDE)  # while a phone has it
    attempts: int = Field(sa_type=Integer)
    parts: str | None = Field(sa_type=Text)
    sent_at: int | None = Field(sa_type=_WIDE)
    finished_at: int | None = Field(sa_type=_WIDE)
    error_code: str | None = Field(sa_type=Text)
    error: str | None = Field(sa_type=Text)
    sequence: int = Field(sa_type=Integer)
    # And of the message again.
    origin: int | None = Field(sa_type=_WIDE)
    hops: int | None = Field(sa_type=Integer)  # NULL: none


class PartReferenceRow(Row, table=True):
    """
    Under which reference a network took a part, and when: networks use references again.

    ``ending`` is that of the recipient's number, which every spelling of it shares: a modem has
    256 references for all messages that it ever sent.
    """

    __tablename__ = "smscore_part_references"
    __table_args__ = (
        Index("smscore_part_references_awaiting", "channel", "reference", "ending", "at"),
    )

    message: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    part: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs=_GIVEN)
    channel: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    at: int = Field(sa_type=_WIDE)
    ending: str = Field(sa_type=Text, sa_column_kwargs={"server_default": ""})


class LinkRow(Row, table=True):
    """Who may be written to on a channel, and where; by the number, for it is asked for more."""

    __tablename__ = "smscore_links"
    __table_args__ = (UniqueConstraint("channel", "address", name="smscore_links_address"),)

    number: str = Field(sa_type=Text, primary_key=True)
    channel: str = Field(sa_type=Text, primary_key=True)
    address: str = Field(sa_type=Text)
    linked_at: int = Field(sa_type=_WIDE)
    name: str = Field(sa_type=Text)


class ConsentRow(Row, table=True):
    """Who may not be written to, or may; numbers are hashes, and 0 stands for all accounts."""

    __tablename__ = "smscore_consent"
    __table_args__ = (Index("smscore_consent_kinds", "kind", "account"),)

    number: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text, primary_key=True)
    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    sender: str = Field(sa_type=Text, primary_key=True)
    at: int = Field(sa_type=_WIDE)
    why: str = Field(sa_type=Text)
    message: int | None = Field(default=None, sa_type=_WIDE)


class ParkedReportRow(Row, table=True):
    __tablename__ = "smscore_parked_reports"
    __table_args__ = (
        Index("smscore_parked_reports_reference", "channel", "reference"),
        Index("smscore_parked_reports_received_at", "received_at"),
    )

    id: int | None = Field(sa_type=_WIDE, primary_key=True)
    channel: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    recipient: str = Field(sa_type=Text)
    outcome: str = Field(sa_type=Text)
    received_at: int = Field(sa_type=_WIDE)
    detail: str = Field(sa_type=Text)
    submitted_at: int | None = Field(sa_type=_WIDE)


class InboundRow(Row, table=True):
    __tablename__ = "smscore_inbound"
    __table_args__ = (
        Index("smscore_inbound_account", "account", "id"),
        Index("smscore_inbound_received_at", "received_at"),
    )

    id: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    account: int | None = Field(sa_type=_WIDE)
    channel: str = Field(sa_type=Text)
    sender: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    received_at: int = Field(sa_type=_WIDE)
    sent_at: int | None = Field(sa_type=_WIDE)
    kind: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "sms"})
    missing: str | None = Field(sa_type=Text)  # numbers of parts, with blanks between; NULL: none


class InboundPartRow(Row, table=True):
    """
    A part; it stays when joined, so that a modem that offers it again is not believed.

    What ``header`` says about its place is repeated in columns, under which its siblings are found.
    """

    __tablename__ = "smscore_inbound_parts"
    __table_args__ = (
        UniqueConstraint("channel", "fingerprint", name="smscore_inbound_parts_fingerprint"),
        Index(
            "smscore_inbound_parts_siblings",
            "channel",
            "sender",
            "reference",
            sqlite_where=text("is_joined = 0"),
        ),
        Index("smscore_inbound_parts_received_at", "received_at"),
        Index(
            "smscore_inbound_parts_open",
            "received_at",
            sqlite_where=text("is_joined = 0"),
            postgresql_where=text("is_joined = 0"),
        ),
    )

    id: int | None = Field(sa_type=_WIDE, primary_key=True)
    channel: str = Field(sa_type=Text)
    sender: str = Field(sa_type=Text)
    coding: str = Field(sa_type=Text)
    user_data: bytes = Field(sa_type=LargeBinary)
    header: bytes | None = Field(sa_type=LargeBinary)
    received_at: int = Field(sa_type=_WIDE)
    sent_at: int | None = Field(sa_type=_WIDE)
    reference: int | None = Field(sa_type=Integer)
    total: int | None = Field(sa_type=Integer)
    number: int | None = Field(sa_type=Integer)
    is_wide: int | None = Field(sa_type=Integer)
    fingerprint: str = Field(sa_type=Text)
    is_joined: int = Field(sa_type=Integer)
    kind: str = Field(sa_type=Text, sa_column_kwargs={"server_default": "sms"})
    published_as: int | None = Field(sa_type=_WIDE)


class IdempotencyRow(Row, table=True):
    __tablename__ = "smscore_idempotency"
    __table_args__ = (Index("smscore_idempotency_at", "at"),)

    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    surface: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    digest: str = Field(sa_type=Text)
    receipt: str = Field(sa_type=Text)
    at: int = Field(sa_type=_WIDE)


class UserRow(Row, table=True):
    __tablename__ = "smscore_users"

    name: str = Field(sa_type=Text, primary_key=True)
    account: int = Field(sa_type=_WIDE)
    password_hash: str = Field(sa_type=Text)
    permissions: str = Field(sa_type=Text)


class ProviderKeyRow(Row, table=True):
    __tablename__ = "smscore_provider_keys"

    digest: str = Field(sa_type=Text, primary_key=True)
    account: int = Field(sa_type=_WIDE)
    created_at: int = Field(sa_type=_WIDE)
    label: str = Field(sa_type=Text)


class QueueTokenRow(Row, table=True):
    __tablename__ = "smscore_queue_tokens"
    __table_args__ = (UniqueConstraint("digest", name="smscore_queue_tokens_digest"),)

    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    digest: str = Field(sa_type=Text)
    generation: int = Field(sa_type=Integer)


class ContactRow(Row, table=True):
    __tablename__ = "smscore_contacts"
    __table_args__ = (UniqueConstraint("account", "name", name="smscore_contacts_name"),)

    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    id: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    name: str = Field(sa_type=Text)
    number: str | None = Field(sa_type=Text)
    email: str = Field(sa_type=Text)
    notes: str = Field(sa_type=Text)


class ContactGroupRow(Row, table=True):
    __tablename__ = "smscore_contact_groups"
    __table_args__ = (UniqueConstraint("account", "name", name="smscore_contact_groups_name"),)

    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    id: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    name: str = Field(sa_type=Text)


class MemberRow(Row, table=True):
    """A contact or a group that is directly in the group ``holder``."""

    __tablename__ = "smscore_members"
    __table_args__ = (Index("smscore_members_member", "account", "kind", "member"),)

    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    holder: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    kind: str = Field(sa_type=Text, primary_key=True)
    member: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)


class DeviceRow(Row, table=True):
    """A phone that polls or reports; without a name, all that gave none."""

    __tablename__ = "smscore_devices"
    __table_args__ = (Index("smscore_devices_seen", "last_seen"),)

    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    name: str = Field(sa_type=Text, primary_key=True)
    first_seen: int = Field(sa_type=_WIDE)
    last_seen: int = Field(sa_type=_WIDE)
    last_poll: int | None = Field(sa_type=_WIDE)
    delivered: int = Field(sa_type=_WIDE)
    failed: int = Field(sa_type=_WIDE)


class DirectoryIdRow(Row, table=True):
    """The highest id that a contact or a group of an account ever had: none is given twice."""

    __tablename__ = "smscore_directory_ids"

    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    kind: str = Field(sa_type=Text, primary_key=True)
    newest: int = Field(sa_type=_WIDE)


class JournalRow(Row, table=True):
    __tablename__ = "smscore_journal"

    channel: str = Field(sa_type=Text, primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    value: bytes = Field(sa_type=LargeBinary)


class EventRow(Row, table=True):
    """
    ``id`` is the cursor: it only grows, even when the newest events have been pruned.

    The account 0 is nobody: that of an inbound message which belongs to none.
    """

    __tablename__ = "smscore_events"
    __table_args__ = (
        UniqueConstraint("message", "sequence", name="smscore_events_story"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(sa_type=_WIDE, primary_key=True)
    message: int = Field(sa_type=_WIDE)
    account: int = Field(sa_type=_WIDE)
    sequence: int = Field(sa_type=Integer)
    kind: str = Field(sa_type=Text)
    at: int = Field(sa_type=_WIDE)
    detail: str = Field(sa_type=Text)


class AppRow(Row, table=True):
    """A version of the app for phones; ``is_active`` is 1 of one at most."""

    __tablename__ = "smscore_apps"

    code: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    package: str = Field(sa_type=Text)
    version: str = Field(sa_type=Text)
    certificates: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    size: int = Field(sa_type=_WIDE)
    notes: str = Field(sa_type=Text)
    published_at: int = Field(sa_type=_WIDE)
    is_active: int = Field(sa_type=Integer)
    downloads: int = Field(sa_type=_WIDE)
    withdrawn_at: int | None = Field(sa_type=_WIDE)


class AuditRow(Row, table=True):
    """What a person did; ``id`` only grows."""

    __tablename__ = "smscore_audit"
    __table_args__ = (Index("smscore_audit_at", "at"), {"sqlite_autoincrement": True})

    id: int | None = Field(sa_type=_WIDE, primary_key=True)
    at: int = Field(sa_type=_WIDE)
    who: str = Field(sa_type=Text)
    what: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)


class ProcessRow(Row, table=True):
    __tablename__ = "smscore_processes"

    id: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs=_GIVEN)
    heartbeat_at: int = Field(sa_type=_WIDE)
    about: str | None = Field(sa_type=Text)


class RightRow(Row, table=True):
    __tablename__ = "smscore_rights"

    name: str = Field(sa_type=Text, primary_key=True)
    process: int = Field(sa_type=Integer)
    server: str = Field(sa_type=Text)
    since: int = Field(sa_type=_WIDE)


class WebhookRow(Row, table=True):
    __tablename__ = "smscore_webhooks"
    __table_args__ = (Index("smscore_webhooks_account", "account", "is_active"),)

    id: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    account: int = Field(sa_type=_WIDE)
    url: str = Field(sa_type=Text)
    events: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=_WIDE)
    is_active: int = Field(sa_type=Integer)
    generation: int = Field(sa_type=Integer)
    rotated_at: int | None = Field(sa_type=_WIDE)
    failing_since: int | None = Field(sa_type=_WIDE)


class CallbackSecretRow(Row, table=True):
    """Which secret signs an account's callbacks; without a row it is the first one."""

    __tablename__ = "smscore_callback_secrets"

    account: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    generation: int = Field(sa_type=Integer)
    since: int | None = Field(sa_type=_WIDE)


class WebhookPostingRow(Row, table=True):
    """One event for one endpoint; ``url`` is that of a callback, else the webhook's own counts."""

    __tablename__ = "smscore_webhook_postings"
    __table_args__ = (
        Index(
            "smscore_webhook_postings_due",
            "endpoint",
            "due_at",
            "id",
            sqlite_where=text("state = 'pending' AND due_at IS NOT NULL"),
        ),
        Index(
            "smscore_webhook_postings_waiting",
            "message",
            "endpoint",
            "id",
            sqlite_where=text("state = 'pending'"),
        ),
        Index(
            "smscore_webhook_postings_pushes",
            "message",
            "id",
            sqlite_where=text("event_id = 0"),
        ),
        Index("smscore_webhook_postings_endpoint", "endpoint", "id"),
        Index("smscore_webhook_postings_state", "endpoint", "state", "id"),
        Index(
            "smscore_webhook_postings_dead",
            "endpoint",
            "state",
            sqlite_where=text("state = 'dead'"),
        ),
        Index(
            "smscore_webhook_postings_created_at",
            "created_at",
            sqlite_where=text("state <> 'pending'"),
        ),
    )

    id: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    account: int = Field(sa_type=_WIDE)
    endpoint: str = Field(sa_type=Text)
    webhook: int | None = Field(sa_type=_WIDE)
    url: str | None = Field(sa_type=Text)
    event_id: int = Field(sa_type=_WIDE)
    event: str = Field(sa_type=Text)
    message: int = Field(sa_type=_WIDE)
    sequence: int = Field(sa_type=Integer)
    body: bytes = Field(sa_type=LargeBinary)
    created_at: int = Field(sa_type=_WIDE)
    state: str = Field(sa_type=Text)
    attempts: int = Field(sa_type=Integer)
    due_at: int | None = Field(sa_type=_WIDE)
    ends_at: int | None = Field(sa_type=_WIDE)
    last_status: int | None = Field(sa_type=Integer)
    last_error: str | None = Field(sa_type=Text)


class WebhookAttemptRow(Row, table=True):
    __tablename__ = "smscore_webhook_attempts"

    posting: int = Field(sa_type=_WIDE, primary_key=True, sa_column_kwargs=_GIVEN)
    number: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs=_GIVEN)
    at: int = Field(sa_type=_WIDE)
    micros: int = Field(sa_type=_WIDE)
    status: int | None = Field(sa_type=Integer)
    error: str | None = Field(sa_type=Text)
    answer: bytes = Field(sa_type=LargeBinary)

"""
The names of the tables and their columns, for statements in SQL.

The tables are made in :mod:`smscore_sqlmodel._rows`; a test sees to it that both agree. A server
needs no more of them than this: SQLAlchemy and SQLModel take longer to import than everything else
together.
"""

import attrs

__all__ = [
    "ACCOUNTS",
    "APPS",
    "AUDIT",
    "CALLBACK_SECRETS",
    "CHANNELS",
    "CONSENT",
    "CONTACTS",
    "CONTACT_GROUPS",
    "DEVICES",
    "DIRECTORY_IDS",
    "EVENTS",
    "IDEMPOTENCY",
    "INBOUND",
    "INBOUND_PARTS",
    "JOURNAL",
    "LEDGER",
    "LINKS",
    "MEMBERS",
    "MESSAGES",
    "PARKED_REPORTS",
    "PART_REFERENCES",
    "PLACE",
    "PROCESSES",
    "PROVIDER_KEYS",
    "QUEUE_TOKENS",
    "RIGHTS",
    "RULE_REVISIONS",
    "RULE_TURNS",
    "SETTLED",
    "USERS",
    "WEBHOOKS",
    "WEBHOOK_ATTEMPTS",
    "WEBHOOK_POSTINGS",
    "Columns",
]

SETTLED = "status <> 'queued' AND status <> 'sending' AND status <> 'scheduled'"
"""
Of messages that wait for nobody here. Indexes have it as their condition, and not a list of the
others, since looking through a list takes longer than writing the row.
"""

PLACE = "coalesce((not_before / 1000 - 1577836800000) * 4194304, id)"
"""
The place in a queue: where an id would be that was made when the message may leave, so that those
of customers' times are among those that were accepted then. It is that of `smscore.ids.first_of`.
"""


@attrs.frozen(kw_only=True)
class Columns:
    """A table's columns in their order, and those of its primary key."""

    table: str
    names: tuple[str, ...]
    key: tuple[str, ...]


def _columns(table: str, names: str, *, key: str = "id") -> Columns:
    return Columns(table=table, names=tuple(names.split()), key=tuple(key.split()))


ACCOUNTS = _columns(
    "smscore_accounts",
    "id name tariff home_country time_zone default_sender credits monthly_limit used month "
    "subscription_until languages wide_reference replace_typography max_parts claim_lease "
    "other_months",
)
APPS = _columns(
    "smscore_apps",
    "code package version certificates digest size notes published_at is_active downloads "
    "withdrawn_at",
    key="code",
)
AUDIT = _columns("smscore_audit", "id at who what subject detail")
CALLBACK_SECRETS = _columns("smscore_callback_secrets", "account generation since", key="account")
CHANNELS = _columns("smscore_channels", "channel mode at why", key="channel")
CONSENT = _columns(
    "smscore_consent",
    "number kind account sender at why message",
    key="number kind account sender",
)
CONTACTS = _columns("smscore_contacts", "account id name number email notes", key="account id")
CONTACT_GROUPS = _columns("smscore_contact_groups", "account id name", key="account id")
DEVICES = _columns(
    "smscore_devices",
    "account name first_seen last_seen last_poll delivered failed",
    key="account name",
)
DIRECTORY_IDS = _columns("smscore_directory_ids", "account kind newest", key="account kind")
LEDGER = _columns("smscore_ledger", "id account kind credits balance at message why")
EVENTS = _columns("smscore_events", "id message account sequence kind at detail")
IDEMPOTENCY = _columns(
    "smscore_idempotency", "account surface key digest receipt at", key="account surface key"
)
INBOUND_PARTS = _columns(
    "smscore_inbound_parts",
    "id channel sender coding user_data header received_at sent_at reference total number "
    "is_wide fingerprint is_joined kind published_as",
)
INBOUND = _columns(
    "smscore_inbound", "id account channel sender text received_at sent_at kind missing"
)
LINKS = _columns("smscore_links", "number channel address linked_at name", key="number channel")
JOURNAL = _columns("smscore_journal", "channel key value", key="channel key")
MEMBERS = _columns(
    "smscore_members", "account holder kind member", key="account holder kind member"
)
MESSAGES = _columns(
    "smscore_messages",
    "id account recipient recipient_as_given text surface accepted_at sender priority flash "
    "not_before expires_at callback_url languages wide_reference medium channel route segments "
    "charged status due_at fall_back_at owner claimed_at attempts "
    "parts sent_at finished_at error_code error sequence origin hops",
)
PARKED_REPORTS = _columns(
    "smscore_parked_reports",
    "id channel reference recipient outcome received_at detail submitted_at",
)
PART_REFERENCES = _columns(
    "smscore_part_references", "message part channel reference at ending", key="message part"
)
PROCESSES = _columns("smscore_processes", "id heartbeat_at about")
PROVIDER_KEYS = _columns("smscore_provider_keys", "digest account created_at label", key="digest")
QUEUE_TOKENS = _columns("smscore_queue_tokens", "account digest generation", key="account")
RIGHTS = _columns("smscore_rights", "name process server since", key="name")
RULE_REVISIONS = _columns("smscore_rule_revisions", "number at why document", key="number")
RULE_TURNS = _columns("smscore_rule_turns", "rule next_at taken_at", key="rule")
USERS = _columns("smscore_users", "name account password_hash permissions", key="name")
WEBHOOKS = _columns(
    "smscore_webhooks",
    "id account url events created_at is_active generation rotated_at failing_since",
)
WEBHOOK_ATTEMPTS = _columns(
    "smscore_webhook_attempts",
    "posting number at micros status error answer",
    key="posting number",
)
WEBHOOK_POSTINGS = _columns(
    "smscore_webhook_postings",
    "id account endpoint webhook url event_id event message sequence body created_at state "
    "attempts due_at ends_at last_status last_error",
)

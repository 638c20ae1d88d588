"""
What the services need of a store: one door for changes, one for reading, and wake-ups.
"""

from smscore.ports.storage._accounts import (
    Accounts,
    AccountsView,
    Credentials,
    CredentialsView,
    Idempotency,
    Ledger,
    LedgerView,
)
from smscore.ports.storage._audit import Audit, AuditView
from smscore.ports.storage._consent import Consent, ConsentView
from smscore.ports.storage._directory import Devices, DevicesView, Directory, DirectoryView
from smscore.ports.storage._service import Apps, AppsView, Processes, ProcessesView
from smscore.ports.storage._store import Store, UnitOfWork, View, Wakeup, commit
from smscore.ports.storage._traces import Trace, TraceKey, TraceKind, Traces, TracesView
from smscore.ports.storage._traffic import (
    Events,
    EventsView,
    Inbox,
    InboxView,
    JournalEntries,
    JournalView,
    Outbox,
    OutboxView,
)
from smscore.ports.storage._values import (
    IdempotencyRecord,
    Lane,
    Process,
    Right,
    ServerFacts,
    Story,
    Tally,
    Topic,
    Tracked,
)
from smscore.ports.storage._ways import (
    Channels,
    ChannelsView,
    Links,
    LinksView,
    Routing,
    RoutingView,
)
from smscore.ports.storage._webhooks import Webhooks, WebhooksView

__all__ = [
    "Accounts",
    "AccountsView",
    "Apps",
    "AppsView",
    "Audit",
    "AuditView",
    "Channels",
    "ChannelsView",
    "Consent",
    "ConsentView",
    "Credentials",
    "CredentialsView",
    "Devices",
    "DevicesView",
    "Directory",
    "DirectoryView",
    "Events",
    "EventsView",
    "Idempotency",
    "IdempotencyRecord",
    "Inbox",
    "InboxView",
    "JournalEntries",
    "JournalView",
    "Lane",
    "Ledger",
    "LedgerView",
    "Links",
    "LinksView",
    "Outbox",
    "OutboxView",
    "Process",
    "Processes",
    "ProcessesView",
    "Right",
    "Routing",
    "RoutingView",
    "ServerFacts",
    "Store",
    "Story",
    "Tally",
    "Topic",
    "Trace",
    "TraceKey",
    "TraceKind",
    "Traces",
    "TracesView",
    "Tracked",
    "UnitOfWork",
    "View",
    "Wakeup",
    "Webhooks",
    "WebhooksView",
    "commit",
]

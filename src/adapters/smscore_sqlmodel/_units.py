"""
The unit of work and the view: all collections over one session.
"""

from smscore_sqlmodel._accounts import Accounts, AccountsView, Ledger, LedgerView
from smscore_sqlmodel._apps import Apps, AppsView
from smscore_sqlmodel._audit import Audit, AuditView
from smscore_sqlmodel._collections import (
    Channels,
    ChannelsView,
    Events,
    EventsView,
    Idempotency,
    JournalEntries,
    JournalView,
    Routing,
    RoutingView,
)
from smscore_sqlmodel._consent import Consent, ConsentView
from smscore_sqlmodel._credentials import Credentials, CredentialsView
from smscore_sqlmodel._devices import Devices, DevicesView
from smscore_sqlmodel._directory import Directory, DirectoryView
from smscore_sqlmodel._inbox import Inbox, InboxView
from smscore_sqlmodel._links import Links, LinksView
from smscore_sqlmodel._outbox import Outbox, OutboxView
from smscore_sqlmodel._processes import Processes, ProcessesView
from smscore_sqlmodel._sessions import Session
from smscore_sqlmodel._traces import Traces, TracesView
from smscore_sqlmodel._webhooks import Webhooks, WebhooksView
from smscore_sqlmodel._writing import WriteSession

__all__ = ["Unit", "Views"]


class Views:
    """Everything that can be read; see :class:`smscore.ports.storage.View`."""

    def __init__(self, session: Session) -> None:
        self.accounts = AccountsView(session)
        self.ledger = LedgerView(session)
        self.routing = RoutingView(session)
        self.channels = ChannelsView(session)
        self.outbox = OutboxView(session)
        self.inbox = InboxView(session)
        self.links = LinksView(session)
        self.consent = ConsentView(session)
        self.credentials = CredentialsView(session)
        self.devices = DevicesView(session)
        self.directory = DirectoryView(session)
        self.journal = JournalView(session)
        self.events = EventsView(session)
        self.apps = AppsView(session)
        self.webhooks = WebhooksView(session)
        self.processes = ProcessesView(session)
        self.audit = AuditView(session)
        self.traces = TracesView(session)


class Unit:
    """Everything that can be changed; see :class:`smscore.ports.storage.UnitOfWork`."""

    def __init__(self, session: WriteSession) -> None:
        self.accounts = Accounts(session)
        self.ledger = Ledger(session)
        self.routing = Routing(session)
        self.channels = Channels(session)
        self.outbox = Outbox(session)
        self.inbox = Inbox(session)
        self.links = Links(session)
        self.idempotency = Idempotency(session)
        self.consent = Consent(session)
        self.credentials = Credentials(session)
        self.devices = Devices(session)
        self.directory = Directory(session)
        self.journal = JournalEntries(session)
        self.events = Events(session)
        self.apps = Apps(session)
        self.webhooks = Webhooks(session)
        self.processes = Processes(session)
        self.audit = Audit(session)
        self.traces = Traces(session)

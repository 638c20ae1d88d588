"""
All collections of the store in memory, and how a unit of work is kept or taken back.
"""

from smscore.testing._memory._accounts import (
    MemoryAccounts,
    MemoryCredentials,
    MemoryIdempotency,
    MemoryLedger,
)
from smscore.testing._memory._audit import MemoryAudit
from smscore.testing._memory._consent import MemoryConsent
from smscore.testing._memory._devices import MemoryDevices
from smscore.testing._memory._directory import MemoryDirectory
from smscore.testing._memory._events import MemoryEvents, MemoryJournal
from smscore.testing._memory._inbox import MemoryInbox
from smscore.testing._memory._log import Log
from smscore.testing._memory._outbox import MemoryOutbox
from smscore.testing._memory._service import MemoryApps, MemoryProcesses
from smscore.testing._memory._shelves import Shelves
from smscore.testing._memory._traces import MemoryTraces
from smscore.testing._memory._ways import MemoryChannels, MemoryLinks, MemoryRouting
from smscore.testing._memory._webhooks import MemoryWebhooks

__all__ = ["MemoryUnit"]


class MemoryUnit:
    """All collections; both the unit of work and the view of the store in memory."""

    def __init__(self) -> None:
        log = self._log = Log()
        self.accounts = MemoryAccounts(log)
        self.ledger = MemoryLedger(log)
        self.routing = MemoryRouting(log)
        self.channels = MemoryChannels(log)
        self.events = MemoryEvents(log)
        self.inbox = MemoryInbox(log, self.events)
        self.outbox = MemoryOutbox(log, self.events, self.inbox)
        self.links = MemoryLinks(log)
        self.idempotency = MemoryIdempotency(log)
        self.consent = MemoryConsent(log)
        self.credentials = MemoryCredentials(log)
        self.devices = MemoryDevices(log)
        self.directory = MemoryDirectory(log)
        self.journal = MemoryJournal(log)
        self.apps = MemoryApps(log)
        self.webhooks = MemoryWebhooks(log, events=self.events, outbox=self.outbox)
        self.processes = MemoryProcesses(log)
        self.audit = MemoryAudit(log)
        self.traces = MemoryTraces(log, self._shelves)

    def _shelves(self) -> Shelves:
        telling = (
            self.accounts,
            self.ledger,
            self.routing,
            self.channels,
            self.events,
            self.outbox,
            self.inbox,
            self.links,
            self.consent,
            self.idempotency,
            self.credentials,
            self.devices,
            self.directory,
            self.journal,
            self.apps,
            self.webhooks,
            self.audit,
        )
        return {kind: shelf for one in telling for kind, shelf in one.shelves().items()}

    def undo(self) -> None:
        """The unit in progress never was."""
        self._log.undo()

    def keep(self) -> set[str]:
        """The unit in progress stands; says which topics it touched."""
        return self._log.keep()

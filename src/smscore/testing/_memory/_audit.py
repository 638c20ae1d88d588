"""
The audit log, in a dictionary.
"""

from collections.abc import Sequence
from datetime import datetime

from smscore.domain.audit import AuditEntry
from smscore.ports.storage import TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryAudit"]


class MemoryAudit:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._entries: dict[int, AuditEntry] = {}
        self._newest = 0

    def find(
        self, *, since: datetime | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[tuple[int, AuditEntry]]:
        found = [
            (number, one)
            for number, one in sorted(self._entries.items(), reverse=True)
            if (since is None or one.at >= since) and (before is None or number < before)
        ]
        return found[:limit]

    def add(self, entry: AuditEntry) -> None:
        self._newest += 1
        self._log.put(self._entries, self._newest, entry)

    def prune(self, *, before: datetime, limit: int) -> int:
        old = [number for number, one in sorted(self._entries.items()) if one.at < before][:limit]
        for number in old:
            self._log.drop(self._entries, number)
        return len(old)

    def shelves(self) -> Shelves:
        return {TraceKind.AUDIT: Shelf(table=self._entries, texts=("who", "subject", "detail"))}

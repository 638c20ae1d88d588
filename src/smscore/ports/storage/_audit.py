"""
What people did, written down together with what they changed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from smscore.domain.audit import AuditEntry

__all__ = ["Audit", "AuditView"]


class AuditView(Protocol):
    def find(
        self, *, since: datetime | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[tuple[int, AuditEntry]]:
        """Newest first, each with its number; ``before`` is the last one of the page before."""
        ...


class Audit(AuditView, Protocol):
    def add(self, entry: AuditEntry) -> None:
        """Its number is higher than any before, also of entries that are gone."""
        ...

    def prune(self, *, before: datetime, limit: int) -> int:
        """Drop entries made before then, the oldest first; says how many."""
        ...

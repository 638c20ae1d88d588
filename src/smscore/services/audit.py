"""
Looking into what people did.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from smscore.domain.audit import AuditEntry
from smscore.ports.storage import Store

__all__ = ["Audit"]

_PAGE = 500


class Audit:
    """The audit log, for reading: who acts writes it."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    def find(
        self, *, since: datetime | None = None, before: int | None = None, limit: int = 50
    ) -> Sequence[tuple[int, AuditEntry]]:
        """Newest first, each with its number; ``before`` is the last one of the page before."""
        return self._store.read(
            lambda view: view.audit.find(since=since, before=before, limit=limit)
        )

    def all(self, *, since: datetime | None = None) -> Iterator[tuple[int, AuditEntry]]:
        """All of them since then, newest first."""
        before: int | None = None
        while page := self.find(since=since, before=before, limit=_PAGE):
            yield from page
            before = page[-1][0]

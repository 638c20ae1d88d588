"""
Writing down what people do, together with what they do.
"""

from collections.abc import Callable
from typing import TypeVar

import attrs

from smscore.domain.audit import AuditEntry
from smscore.ports.clock import Clock
from smscore.ports.storage import UnitOfWork

__all__ = ["Auditor"]

T = TypeVar("T")


class Auditor:
    """``who`` acts through this gateway; empty: its host, or whoever calls by HTTP."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.who = ""

    def entry(self, what: str, subject: object, **detail: str | int | None) -> AuditEntry:
        """What is being done, to be added in its unit of work."""
        at = self._clock.now()
        return AuditEntry(at=at, who=self.who, what=what, subject=str(subject), detail=detail)

    def with_entry(
        self,
        work: Callable[[UnitOfWork], T],
        what: str,
        subject: object,
        **detail: str | int | None,
    ) -> Callable[[UnitOfWork], T]:
        """The work, with the entry that says so."""
        return self.with_entry_of(work, what, lambda _: subject, **detail)

    def with_entry_of(
        self,
        work: Callable[[UnitOfWork], T],
        what: str,
        subject: Callable[[T], object],
        **detail: str | int | None,
    ) -> Callable[[UnitOfWork], T]:
        """The same where only what was done tells to what."""
        entry = self.entry(what, "", **detail)

        def both(unit: UnitOfWork) -> T:
            done = work(unit)
            unit.audit.add(attrs.evolve(entry, subject=str(subject(done))))
            return done

        return both

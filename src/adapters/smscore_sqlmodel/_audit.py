"""
The audit log: what people did.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from smscore.domain.audit import AuditEntry
from smscore_sqlmodel._columns import AUDIT
from smscore_sqlmodel._mapping import from_micros, micros, to_json
from smscore_sqlmodel._pages import LARGEST_ID
from smscore_sqlmodel._sessions import Reads
from smscore_sqlmodel._statements import deletion, insertion, selection
from smscore_sqlmodel._writing import Writes

__all__ = ["Audit", "AuditView"]

_PAGE = selection(AUDIT, "WHERE at >= ? AND id <= ? ORDER BY id DESC LIMIT ?")
_ADD = insertion(AUDIT, "at", "who", "what", "subject", "detail", rank=9)
_PRUNE = deletion(
    AUDIT,
    "WHERE id IN (SELECT id FROM smscore_audit WHERE at < ? ORDER BY at LIMIT ?)",
)

_details = msgspec.json.Decoder(dict[str, str | int | None])


class AuditView(Reads):
    def find(
        self, *, since: datetime | None = None, before: int | None = None, limit: int = 100
    ) -> Sequence[tuple[int, AuditEntry]]:
        last = LARGEST_ID if before is None else min(before - 1, LARGEST_ID)
        self._session.settle()
        rows = self._session.fetch(_PAGE, (0 if since is None else micros(since), last, limit))
        return [
            (
                number,
                AuditEntry(
                    at=from_micros(at),
                    who=who,
                    what=what,
                    subject=subject,
                    detail=_details.decode(detail),
                ),
            )
            for number, at, who, what, subject, detail in rows
        ]


class Audit(Writes, AuditView):
    def add(self, entry: AuditEntry) -> None:
        detail = to_json(entry.detail).decode()
        cells = (micros(entry.at), entry.who, entry.what, entry.subject, detail)
        self._writer.write(_ADD, cells)

    def prune(self, *, before: datetime, limit: int) -> int:
        return self._writer.change(_PRUNE, (micros(before), limit))

"""
What tells of a person, in all collections: see :class:`smscore.ports.storage.Traces`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from smscore.ports.storage import Trace, TraceKey, TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelves

__all__ = ["MemoryTraces"]


class MemoryTraces:
    def __init__(self, log: Log, shelves: Callable[[], Shelves]) -> None:
        self._log = log
        self._shelves = shelves

    def page(
        self, kind: TraceKind, *, after: TraceKey | None = None, limit: int
    ) -> Sequence[Trace]:
        shelf = self._shelves()[kind]
        keys = shelf.keys()
        page = sorted(key for key in keys if after is None or key > after)[:limit]
        return [shelf.trace(kind, keys[key]) for key in page]

    def last(self, kind: TraceKind) -> TraceKey | None:
        return max(self._shelves()[kind].keys(), default=None)

    def get(self, kind: TraceKind, keys: Collection[TraceKey]) -> Sequence[Trace]:
        shelf = self._shelves()[kind]
        known = shelf.keys()
        return [shelf.trace(kind, known[key]) for key in sorted(keys) if key in known]

    def drop(self, kind: TraceKind, keys: Collection[TraceKey]) -> None:
        shelf = self._shelves()[kind]
        known = shelf.keys()
        for key in keys:
            if key in known:
                shelf.drop(known[key], log=self._log)

    def rewrite(self, trace: Trace, texts: Mapping[str, str]) -> None:
        shelf = self._shelves()[trace.kind]
        shelf.rewrite(shelf.keys()[trace.key], texts, log=self._log)

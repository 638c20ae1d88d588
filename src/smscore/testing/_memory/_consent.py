"""
Consent, in a dictionary.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from smscore.domain.consent import Mark, MarkKind
from smscore.domain.messages import AccountId
from smscore.ports.storage import Topic, TraceKind
from smscore.testing._memory._log import Log
from smscore.testing._memory._shelves import Shelf, Shelves

__all__ = ["MemoryConsent"]

_Key = tuple[str, str, int, str]


class MemoryConsent:
    def __init__(self, log: Log) -> None:
        self._log = log
        self._marks: dict[_Key, Mark] = {}

    def is_empty(self) -> bool:
        return not self._marks

    def of(self, numbers: Collection[str]) -> Sequence[Mark]:
        wanted = set(numbers)
        return [mark for mark in self._marks.values() if mark.number in wanted]

    def is_selective(self, account: AccountId) -> bool:
        return any(
            mark.kind is MarkKind.ALLOWED and mark.account == account
            for mark in self._marks.values()
        )

    def shelves(self) -> Shelves:
        return {TraceKind.MARKS: Shelf(table=self._marks, texts=("why",))}

    def find(self, *, after: Mark | None = None, limit: int = 500) -> Sequence[Mark]:
        behind = None if after is None else _key(after)
        found = [mark for key, mark in sorted(self._marks.items()) if not behind or key > behind]
        return found[:limit]

    def counts(self) -> Mapping[tuple[MarkKind, AccountId | None], int]:
        return Counter((mark.kind, mark.account) for mark in self._marks.values())

    def put(self, mark: Mark) -> None:
        self._log.put(self._marks, _key(mark), mark)
        self._log.topics.add(Topic.CONSENT)

    def remove(self, mark: Mark) -> None:
        if _key(mark) in self._marks:
            self._log.drop(self._marks, _key(mark))
            self._log.topics.add(Topic.CONSENT)


def _key(mark: Mark) -> _Key:
    return mark.number, mark.kind.value, mark.account or 0, mark.sender

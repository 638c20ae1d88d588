"""
Consent: what holds for numbers, by their hashes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from smscore.domain.consent import Mark, MarkKind
from smscore.domain.messages import AccountId, MessageId
from smscore.ports.storage import Topic
from smscore_sqlmodel._columns import CONSENT
from smscore_sqlmodel._mapping import from_micros, micros
from smscore_sqlmodel._sessions import Cells, Reads
from smscore_sqlmodel._statements import deletion, replacement, selection
from smscore_sqlmodel._writing import HAS_MARKS, Writes

__all__ = ["Consent", "ConsentView"]

_EVERYBODY = 0  # in the place of an account

_SELECTIVE = "SELECT EXISTS (SELECT 1 FROM smscore_consent WHERE kind = 'allowed' AND account = ?)"
_PAGE = selection(
    CONSENT,
    "WHERE (number, kind, account, sender) > (?, ?, ?, ?) "
    "ORDER BY number, kind, account, sender LIMIT ?",
)
_COUNTS = "SELECT kind, account, count(*) FROM smscore_consent GROUP BY kind, account"
_PUT = replacement(CONSENT)
_REMOVE = deletion(CONSENT, "WHERE number = ? AND kind = ? AND account = ? AND sender = ?")

# Few texts, so that the driver finds what it has compiled.
_SIZES = (256, 64, 16, 4, 1)
_OF = {size: selection(CONSENT, f"WHERE number IN ({', '.join('?' * size)})") for size in _SIZES}


class ConsentView(Reads):
    def is_empty(self) -> bool:
        ((is_there,),) = self._session.fetch(HAS_MARKS)
        return not is_there

    def of(self, numbers: Collection[str]) -> Sequence[Mark]:
        return [
            _mark_of(cells)
            for some in _portions(list(numbers))
            for cells in self._session.fetch(_OF[len(some)], tuple(some))
        ]

    def is_selective(self, account: AccountId) -> bool:
        ((is_there,),) = self._session.fetch(_SELECTIVE, (account,))
        return bool(is_there)

    def find(self, *, after: Mark | None = None, limit: int = 500) -> Sequence[Mark]:
        behind = ("", "", 0, "") if after is None else _key(after)
        return [_mark_of(cells) for cells in self._session.fetch(_PAGE, (*behind, limit))]

    def counts(self) -> Mapping[tuple[MarkKind, AccountId | None], int]:
        rows = self._session.fetch(_COUNTS)
        return {(MarkKind(kind), _account(account)): count for kind, account, count in rows}


class Consent(Writes, ConsentView):
    """What is written is in the database at once: looking need not wait for other rows."""

    def is_empty(self) -> bool:
        # Every unit that sends something asks: the answer is kept until somebody writes here.
        known = self._writer.has_marks
        if known is None:
            known = self._writer.has_marks = not super().is_empty()
        return not known

    def put(self, mark: Mark) -> None:
        at, message = micros(mark.at), mark.message
        self._writer.change(_PUT.sql, (*_key(mark), at, mark.why, message))
        self._changed()

    def remove(self, mark: Mark) -> None:
        self._writer.change(_REMOVE, _key(mark))
        self._changed()

    def _changed(self) -> None:
        self._writer.has_marks = None
        self._writer.touch(Topic.CONSENT)


def _portions(numbers: Sequence[str]) -> Iterator[Sequence[str]]:
    start = 0
    while left := len(numbers) - start:
        size = next(one for one in _SIZES if one <= left)
        yield numbers[start : start + size]
        start += size


def _key(mark: Mark) -> Cells:
    return mark.number, mark.kind.value, mark.account or _EVERYBODY, mark.sender


def _account(account: int) -> AccountId | None:
    return None if account == _EVERYBODY else AccountId(account)


def _mark_of(cells: Cells) -> Mark:
    number, kind, account, sender, at, why, message = cells
    return Mark(
        number=number,
        kind=MarkKind(kind),
        account=_account(account),
        sender=sender,
        at=from_micros(at),
        why=why,
        message=None if message is None else MessageId(message),
    )

"""
Consent as operators see and change it: opt-outs by hand, lists of accounts, taking them elsewhere.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import attrs

from smscore.domain.accounts import Account
from smscore.domain.consent import Mark, MarkKind, scope_of, who_is
from smscore.domain.messages import AccountId
from smscore.domain.moments import check_moment
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import parse_recipient
from smscore.errors import InvalidNumber, InvalidRequest
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, UnitOfWork, commit
from smscore.services._auditing import Auditor
from smscore.services._consent import check_key, keep_key, keep_mark
from smscore.services._pseudonyms import Pseudonyms
from smscore.services._settings import Settings

__all__ = ["HASHED", "Consents", "Wish"]

T = TypeVar("T")

HASHED = "hmac:"
"""Before a number that is given, or told, by its keyed hash."""

_HASH = re.compile(f"{HASHED}[0-9a-f]{{64}}")
_AT_ONCE = 500  # others want to write within 50 ms
_PAGE = 500


@attrs.frozen(kw_only=True)
class Wish:
    """
    What is to hold for a number or an e-mail address, which may be given by its hash.

    ``account`` is None for all accounts, ``sender`` empty for all senders.
    """

    number: str
    kind: MarkKind = MarkKind.OPTED_OUT
    account: str | None = None
    sender: str = ""
    since: datetime | None = None  # None: now
    why: str = ""


class Consents:
    """What operators do about consent; each change blocks until it is durable."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        auditor: Auditor,
        settings: Settings,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._store = store
        self._clock = clock
        self._auditor = auditor
        self._settings = settings
        self._pseudonyms = pseudonyms

    def hold(self, wishes: Sequence[Wish]) -> int:
        """
        Let these hold from now on, and say how many did not before; what did stays as it was.

        Raises:
            NotFound: there is no such account.
            InvalidNumber: a number is not shaped like one, or tells no country and is of all
                accounts.
            InvalidRequest: a list without an account, or with a sender.
        """
        marks = [self.mark_of(wish) for wish in wishes]
        return sum(self._put(some) for some in _portions(marks))

    def drop(
        self, number: str, *, kind: MarkKind, account: str | None = None, sender: str | None = None
    ) -> Sequence[Mark]:
        """
        Let a number's marks of a kind hold no more, and give them back.

        All of them, or those of one account, or of one sender.

        Raises:
            NotFound, InvalidNumber: as for :meth:`hold`.
        """
        owner = None if account is None else self._settings.account(account)
        hashed = self._hashed(number, owner)

        def work(work: UnitOfWork) -> Sequence[Mark]:
            found = [
                mark
                for mark in work.consent.of([hashed])
                if mark.kind is kind
                and (owner is None or mark.account == owner.id)
                and (sender is None or mark.sender == scope_of(sender))
            ]
            for mark in found:
                work.consent.remove(mark)
            return found

        noted = self._auditor.with_entry(work, "consent.dropped", f"{HASHED}{hashed}", kind=kind)
        return self._run(noted)

    def about(self, number: str, *, account: str | None = None) -> Sequence[Mark]:
        """
        What holds for a number; with an account, what holds for what that one sends.

        Raises:
            NotFound, InvalidNumber: as for :meth:`hold`.
        """
        owner = None if account is None else self._settings.account(account)
        hashed = self._hashed(number, owner)
        found = self._store.read(lambda view: view.consent.of([hashed]))
        return [mark for mark in found if owner is None or mark.account in (None, owner.id)]

    def counts(self) -> Mapping[tuple[MarkKind, AccountId | None], int]:
        """How many marks there are of each kind and account."""
        return self._store.read(lambda view: view.consent.counts())

    def all(self) -> Iterator[Mark]:
        """All marks, by the hashes of their numbers."""
        last: Mark | None = None
        while page := self._page(last):
            yield from page
            last = page[-1]

    def check(self) -> None:
        """
        Let pass that numbers can be recognised.

        Raises:
            StoreUnavailable: they are hashed with another key.
        """
        if self.counts():
            self._store.read(lambda view: check_key(view, self._pseudonyms))

    def discard(self) -> int:
        """
        Forget everything, such as after the key was lost, and say how many marks that were.

        Whoever opted out can be written to again.
        """
        dropped = 0
        while page := self._page(None):
            self._run(partial(_remove, marks=page))
            dropped += len(page)
        self._run(
            self._auditor.with_entry(
                lambda work: keep_key(work, self._pseudonyms),
                "consent.discarded",
                f"{dropped} marks",
            )
        )
        return dropped

    def mark_of(self, wish: Wish) -> Mark:
        """
        The mark that a wish comes to.

        Raises:
            NotFound, InvalidNumber, InvalidRequest: as for :meth:`hold`.
        """
        owner = None if wish.account is None else self._settings.account(wish.account)
        if wish.kind is not MarkKind.OPTED_OUT and owner is None:
            raise InvalidRequest("a list of numbers belongs to an account; name it")
        if wish.kind is not MarkKind.OPTED_OUT and wish.sender:
            raise InvalidRequest("a list of numbers is of all senders; leave out the sender")
        if wish.since is not None:
            check_moment(wish.since, "since")
        return Mark(
            number=self._hashed(wish.number, owner),
            kind=wish.kind,
            at=wish.since or self._clock.now(),
            account=owner.id if owner else None,
            sender=scope_of(wish.sender),
            why=wish.why,
        )

    def _hashed(self, number: str, owner: Account | None) -> str:
        if _HASH.fullmatch(number):
            return number.removeprefix(HASHED)
        parsed = parse_recipient(number, home=owner.home_country if owner else None)
        if owner is None and isinstance(parsed, PhoneNumber) and not parsed.is_international:
            raise InvalidNumber(
                f"{number!r} tells no country; write it like +491701234567, or name an account"
            )
        return self._pseudonyms.of(who_is(parsed))

    def _page(self, after: Mark | None) -> Sequence[Mark]:
        return self._store.read(lambda view: view.consent.find(after=after, limit=_PAGE))

    def _put(self, marks: Sequence[Mark]) -> int:
        numbers = {f"{HASHED}{mark.number}" for mark in marks}
        subject = numbers.pop() if len(numbers) == 1 else f"{len(numbers)} numbers"
        kind = ", ".join(sorted({mark.kind for mark in marks}))
        return self._run(
            self._auditor.with_entry(
                lambda work: _put(work, marks, pseudonyms=self._pseudonyms),
                "consent.held",
                subject,
                kind=kind,
            )
        )

    def _run(self, work: Callable[[UnitOfWork], T]) -> T:
        return commit(self._store, work)


def _put(work: UnitOfWork, marks: Sequence[Mark], *, pseudonyms: Pseudonyms) -> int:
    known = {_key(mark) for mark in work.consent.of({mark.number for mark in marks})}
    added = 0
    for mark in marks:
        if _key(mark) not in known:
            known.add(_key(mark))
            keep_mark(work, mark, pseudonyms=pseudonyms)
            added += 1
    return added


def _remove(work: UnitOfWork, *, marks: Sequence[Mark]) -> None:
    for mark in marks:
        work.consent.remove(mark)


def _key(mark: Mark) -> tuple[str, MarkKind, AccountId | None, str]:
    return mark.number, mark.kind, mark.account, mark.sender


def _portions(marks: Sequence[Mark]) -> Iterator[Sequence[Mark]]:
    for start in range(0, len(marks), _AT_ONCE):
        yield marks[start : start + _AT_ONCE]

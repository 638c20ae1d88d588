"""
Erasing a person: every text and every number of theirs goes, wherever it is kept.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

import attrs

from smscore.domain.consent import who_is
from smscore.domain.erasure import Person
from smscore.domain.inbound import TELEGRAM_SENDER
from smscore.domain.messages import AccountId, MessageId
from smscore.domain.numbers import PhoneNumber
from smscore.domain.recipients import EmailAddress, Recipient
from smscore.domain.routes import Revision
from smscore.errors import InvalidRequest
from smscore.ports.clock import Clock
from smscore.ports.storage import Store, Trace, TraceKey, TraceKind, View, commit
from smscore.services._auditing import Auditor
from smscore.services._pauses import leave_room
from smscore.services._pseudonyms import Pseudonyms
from smscore.services.erasure._steps import Search, Step, erase_some

__all__ = ["Erased", "Erasure", "Left"]

_PAGE = 2000
_AT_ONCE = 100
"""Things that are changed in one unit: others want to write within 50 ms."""

_LONGEST_SHORT_CODE = 6

# Postings ask whether their message is there still, and links tell addresses until the end.
_ORDER = (
    TraceKind.MESSAGES,
    TraceKind.INBOUND,
    TraceKind.PARTS,
    TraceKind.REPORTS,
    TraceKind.POSTINGS,
    TraceKind.ATTEMPTS,
    TraceKind.EVENTS,
    TraceKind.ANSWERS,
    TraceKind.CONTACTS,
    TraceKind.JOURNAL,
    TraceKind.ENTRIES,
    TraceKind.CHANNELS,
    TraceKind.MARKS,
    TraceKind.AUDIT,
    TraceKind.LINKS,
)
_SET_UP = (
    TraceKind.ACCOUNTS,
    TraceKind.USERS,
    TraceKind.KEYS,
    TraceKind.GROUPS,
    TraceKind.DEVICES,
    TraceKind.WEBHOOKS,
    TraceKind.RULES,
    TraceKind.APPS,
)

Progress = Callable[[TraceKind, int], None]


@attrs.frozen(kw_only=True)
class Left:
    """Something that people have set up with the number in it, and what they call it by."""

    kind: TraceKind
    name: str
    account: AccountId | None = None


@attrs.frozen(kw_only=True)
class Erased:
    """
    What was done.

    ``dropped`` counts what was the person's, ``rewritten`` what belongs to others and named them;
    ``cancelled`` messages waited to be sent. ``under_way`` are messages to the person that are
    being sent, ``waiting`` such to others that name the person and are not sent yet: they stay, and
    erasing is to be repeated when they are. ``left`` is what people have set up, with the number in
    it; ``also`` are addresses of contacts that are gone, who may be known by these elsewhere.
    """

    number: Recipient
    dropped: Mapping[TraceKind, int]
    rewritten: Mapping[TraceKind, int]
    cancelled: int
    under_way: Sequence[MessageId]
    waiting: Sequence[MessageId]
    left: Sequence[Left]
    also: Sequence[str]

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing to be erased later."""
        return not self.under_way and not self.waiting


class Erasure:
    """
    The use case *erase*. Blocks; may be repeated at any time, and ends what was begun before.
    """

    def __init__(
        self, *, store: Store, clock: Clock, auditor: Auditor, pseudonyms: Pseudonyms
    ) -> None:
        self._store = store
        self._clock = clock
        self._auditor = auditor
        self._pseudonyms = pseudonyms

    def erase(
        self,
        given: str,
        *,
        account: str | None = None,
        as_dialled: bool = False,
        progress: Progress | None = None,
    ) -> Erased:
        """
        Erase whoever has a number or an e-mail address, in small steps.

        A number is read as the ``account`` would read it; without one, as all accounts do. One that
        may be of any country is looked for ``as_dialled``, which finds no other spelling. Messages
        that wait to be sent are cancelled, and paid back. ``progress`` hears how far it got.

        Raises:
            InvalidNumber: it is none.
            InvalidRequest: it may be of any country, or there is no such account.
        """
        number = self._store.read(
            lambda view: _normal(view, given, account=account, as_dialled=as_dialled)
        )
        search = Search(person=self._person(number), homes=self._store.read(_homes))
        now = self._clock.now()
        self._note("person.being_erased", number)
        steps: dict[TraceKind, Step] = {}
        for kind in _ORDER:
            steps[kind] = Step()
            for found in self._found(search, kind, progress=progress):
                steps[kind] += self._erase(search, found, now=now)
        left = [
            one
            for kind in _SET_UP
            for found in self._found(search, kind)
            for trace in found
            for one in self._store.read(partial(_left, trace=trace, person=search.person))
        ]
        erased = _erased(number, steps, left)
        self._note(
            "person.erased",
            number,
            things=sum(erased.dropped.values()),
            rewritten=sum(erased.rewritten.values()),
            cancelled=erased.cancelled,
            later=len(erased.under_way) + len(erased.waiting),
        )
        return erased

    def _note(self, what: str, number: Recipient, **detail: int) -> None:
        """By the number's hash, which is that of an opt-out as well."""
        hashed = self._pseudonyms.of(who_is(number))
        entry = self._auditor.entry(what, f"hmac:{hashed}", **detail)
        commit(self._store, lambda work: work.audit.add(entry))

    def _person(self, number: Recipient) -> Person:
        if isinstance(number, EmailAddress):
            return Person(number=number)
        links = self._store.read(lambda view: view.links.of(number))
        addresses = frozenset(f"{TELEGRAM_SENDER}{one.address}" for one in links)
        return Person(number=number, addresses=addresses)

    def _found(
        self, search: Search, kind: TraceKind, *, progress: Progress | None = None
    ) -> Iterator[Sequence[Trace]]:
        """What concerns the person, a step at a time."""
        seen, after = 0, None
        # Or it would run after whoever is written to all the time.
        last = self._store.read(lambda view: view.traces.last(kind))
        while last is not None and (page := self._page(kind, after=after, last=last)):
            concerned = [one for one in page if search.concerns(one)]
            for start in range(0, len(concerned), _AT_ONCE):
                yield concerned[start : start + _AT_ONCE]
            seen, after = seen + len(page), page[-1].key
            if progress is not None:
                progress(kind, seen)

    def _page(self, kind: TraceKind, *, after: TraceKey | None, last: TraceKey) -> Sequence[Trace]:
        page = self._store.read(lambda view: view.traces.page(kind, after=after, limit=_PAGE))
        return [one for one in page if one.key <= last]

    def _erase(self, search: Search, found: Sequence[Trace], *, now: datetime) -> Step:
        kind, keys, begun = found[0].kind, [one.key for one in found], self._clock.monotonic()
        step = commit(
            self._store,
            lambda work: erase_some(work, search, kind, keys, now=now),
            accounts=sorted({one.account for one in found if one.account is not None}),
        )
        leave_room(self._clock, since=begun)
        return step


def _erased(number: Recipient, steps: Mapping[TraceKind, Step], left: Sequence[Left]) -> Erased:
    total = sum(steps.values(), Step())
    return Erased(
        number=number,
        dropped=+Counter({kind: step.dropped for kind, step in steps.items()}),
        rewritten=+Counter({kind: step.rewritten for kind, step in steps.items()}),
        cancelled=total.cancelled,
        under_way=total.under_way,
        waiting=total.waiting,
        left=tuple(left),
        also=total.also,
    )


def _left(view: View, *, trace: Trace, person: Person) -> Sequence[Left]:
    match trace.kind:
        case TraceKind.RULES:
            revision = view.routing.get(int(trace.key[0]))
            rules = [] if revision is None else _rules(revision)
            names = [f"{trace.key[0]}/{name}" for name, rule in rules if person.is_named_in(rule)]
        case TraceKind.WEBHOOKS:
            names = [f"wh_{trace.key[0]:016x}"]
        case TraceKind.APPS:
            names = [str(trace.key[0])]
        case _:
            names = [next(iter(trace.texts.values()))]
    return [Left(kind=trace.kind, name=name, account=trace.account) for name in names]


def _rules(revision: Revision) -> list[tuple[str, str]]:
    """By their names, in words."""
    outbound = [(one.name, repr(one)) for one in revision.routes]
    return outbound + [(one.name, repr(one)) for one in revision.inbound]


def _normal(view: View, given: str, *, account: str | None, as_dialled: bool) -> Recipient:
    if "@" in given:
        return EmailAddress.parse(given)
    if as_dialled:
        return PhoneNumber.parse(given)
    accounts = [one for one in view.accounts.all() if account in (None, one.name)]
    if account is not None and not accounts:
        raise InvalidRequest(f"there is no account {account!r}; 'smscore account list' shows all")
    homes = {one.home_country for one in accounts} or {None}
    read = {PhoneNumber.parse(given, home=home) for home in homes}
    known = [one for one in read if one.is_international]
    if len(known) > 1 or (not known and len(given) > _LONGEST_SHORT_CODE):
        raise InvalidRequest(f"{given} may be of any country; write it like +491701234567")
    return known[0] if known else read.pop()


def _homes(view: View) -> Mapping[AccountId, str]:
    return {one.id: one.home_country for one in view.accounts.all() if one.home_country}

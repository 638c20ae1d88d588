"""
One step of erasing a person: what becomes of the things that were found, in one unit of work.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from smscore.domain.deliveries import Delivery, Status
from smscore.domain.erasure import ERASED, Person
from smscore.domain.messages import AccountId, MessageId
from smscore.ports.storage import Trace, TraceKey, TraceKind, UnitOfWork
from smscore.services._newest import keep_newest
from smscore.services._progress import record

__all__ = ["Search", "Step", "erase_some"]

_UNSENT = (Status.SCHEDULED, Status.QUEUED)
_NUMBERED = (TraceKind.MESSAGES, TraceKind.INBOUND, TraceKind.POSTINGS)
_GIVEN = re.compile(r'"to":"([^"]*)"')


@attrs.frozen(kw_only=True)
class Search:
    """Who is searched for, and in which countries numbers of accounts are dialled."""

    person: Person
    homes: Mapping[AccountId, str]

    def concerns(self, trace: Trace) -> bool:
        """Whether it is the person's, or names them."""
        return self.is_theirs(trace) or self._names(trace)

    def is_theirs(self, trace: Trace) -> bool:
        """Whether it belongs to the person."""
        return any(self._is_at(one, trace) for one in trace.whose)

    def is_found_by_them(self, trace: Trace) -> bool:
        """Whether the number is in what the thing is found by."""
        return trace.kind is TraceKind.ANSWERS and self.person.is_named_in(trace.texts["key"])

    def rewritten(self, trace: Trace) -> Mapping[str, str]:
        """The texts of others that name the person, without that."""
        if trace.kind is TraceKind.JOURNAL and self.person.is_in_pdu(trace.texts["value"]):
            return {"value": ""}  # nobody but the network can put a message together anew
        given = self._given(trace)
        without = {
            name: self.person.left_out_of(text, given=given) for name, text in trace.texts.items()
        }
        changed = {name: text for name, text in without.items() if text != trace.texts[name]}
        if trace.kind is TraceKind.MESSAGES and "sender" in changed:
            changed["sender"] = ""
        if trace.kind is TraceKind.CONTACTS and "name" in changed:
            changed["name"] = f"erased-{trace.key[-1]}"  # unique, as names are
        if trace.kind is TraceKind.ANSWERS:
            changed["digest"] = ERASED  # whoever repeats the request is refused
        return changed

    def _names(self, trace: Trace) -> bool:
        if trace.kind is TraceKind.JOURNAL and self.person.is_in_pdu(trace.texts.get("value", "")):
            return True
        named = any(self.person.is_named_in(text) for text in trace.texts.values())
        return named or bool(self._given(trace))

    def _given(self, trace: Trace) -> list[str]:
        """Spellings of the number in an answer, which repeats what was asked for."""
        if trace.kind is not TraceKind.ANSWERS:
            return []
        given = _GIVEN.findall(trace.texts.get("receipt", ""))
        return [one for one in given if self._is_at(one, trace)]

    def _is_at(self, address: str, trace: Trace) -> bool:
        home = None if trace.account is None else self.homes.get(trace.account)
        return self.person.is_at(address, home=home)


@attrs.frozen(kw_only=True)
class Step:
    """What was done; ``under_way`` are messages to the person, ``waiting`` name the person."""

    dropped: int = 0
    rewritten: int = 0
    cancelled: int = 0
    under_way: tuple[MessageId, ...] = ()
    waiting: tuple[MessageId, ...] = ()
    also: tuple[str, ...] = ()  # addresses of contacts that are gone

    def __add__(self, other: "Step") -> "Step":
        return Step(
            dropped=self.dropped + other.dropped,
            rewritten=self.rewritten + other.rewritten,
            cancelled=self.cancelled + other.cancelled,
            under_way=self.under_way + other.under_way,
            waiting=self.waiting + other.waiting,
            also=self.also + other.also,
        )


def erase_some(
    work: UnitOfWork, search: Search, kind: TraceKind, keys: Sequence[TraceKey], *, now: datetime
) -> Step:
    """Erase what was found under these keys; it may have changed since then."""
    if kind in _NUMBERED:
        keep_newest(work)
    found = [one for one in work.traces.get(kind, keys) if search.concerns(one)]
    erase = _erase_message if kind is TraceKind.MESSAGES else _erase
    return sum((erase(work, search, trace, now=now) for trace in found), Step())


def _erase(work: UnitOfWork, search: Search, trace: Trace, *, now: datetime) -> Step:  # noqa: ARG001  # as the other
    is_orphan = trace.kind is TraceKind.POSTINGS and not _is_there(work, _message_of(trace))
    if search.is_theirs(trace) or search.is_found_by_them(trace) or is_orphan:
        return _drop(work, trace) + Step(also=_other_addresses(search, trace))
    return _rewrite(work, search, trace)


def _erase_message(work: UnitOfWork, search: Search, trace: Trace, *, now: datetime) -> Step:
    tracked = work.outbox.get(_message_of(trace))
    if tracked is None:
        return Step()
    delivery, is_theirs = tracked.delivery, search.is_theirs(trace)
    is_unsent = delivery.status in _UNSENT
    if delivery.status is Status.SENDING or (is_unsent and not is_theirs):
        these = (delivery.message,)
        return Step(under_way=these) if is_theirs else Step(waiting=these)
    if not is_theirs:
        return _rewrite(work, search, trace)
    if is_unsent:
        _cancel(work, delivery, now=now)
    return _drop(work, trace) + Step(cancelled=int(is_unsent))


def _cancel(work: UnitOfWork, delivery: Delivery, *, now: datetime) -> None:
    """Also if a part has left: the others must not, and what is not owed is paid back."""
    record(work, delivery.cancelled(at=now), at=now)


def _rewrite(work: UnitOfWork, search: Search, trace: Trace) -> Step:
    texts = search.rewritten(trace)
    if not texts:
        return Step()
    work.traces.rewrite(trace, texts)
    return Step(rewritten=1)


def _drop(work: UnitOfWork, trace: Trace) -> Step:
    if trace.kind is TraceKind.INBOUND:  # a push has its text, though it may not name the number
        pushes = work.webhooks.pushes(_message_of(trace))
        work.traces.drop(TraceKind.POSTINGS, [(one.id,) for one in pushes])
    work.traces.drop(trace.kind, [trace.key])
    return Step(dropped=1)


def _other_addresses(search: Search, trace: Trace) -> tuple[str, ...]:
    if trace.kind is not TraceKind.CONTACTS:
        return ()
    return tuple(one for one in trace.whose if not search.person.is_at(one))


def _message_of(trace: Trace) -> MessageId:
    return MessageId(0) if trace.message is None else trace.message


def _is_there(work: UnitOfWork, message: MessageId) -> bool:
    if work.outbox.get(message) is not None:
        return True
    newest = work.inbox.find(before=MessageId(message + 1), limit=1)
    return bool(newest) and newest[0].id == message

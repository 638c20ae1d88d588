"""
Who may not be written to, asked before messages are accepted and before they leave.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from smscore.domain.consent import Mark, objection, scope_of, who_is
from smscore.domain.messages import AccountId, MessageId, OutboundMessage, Surface
from smscore.errors import Rejected, StoreUnavailable
from smscore.ports.storage import Store, Topic, UnitOfWork, View
from smscore.services._pseudonyms import Pseudonyms

__all__ = ["Objections", "WrongKey", "check_key", "keep_key", "keep_mark"]

_CHANNEL, _KEY = "", "key of numbers"  # no channel's name is empty
_NONE: Mapping[MessageId, Rejected] = {}


class WrongKey(StoreUnavailable):
    """The numbers are hashed with another key than the one that we have."""


class Objections:
    """What recipients and lists have against messages. Any thread may call."""

    def __init__(self, *, store: Store, pseudonyms: Pseudonyms) -> None:
        self._store = store
        self._pseudonyms = pseudonyms
        self._changed = store.wakeup(Topic.CONSENT)
        self._has_marks: list[bool] = []  # whether there are any; empty: somebody has to look
        self._is_our_key = False

    def foresee(self, messages: Iterable[OutboundMessage]) -> None:
        """Do before a unit of work what would hold up the others in it: hash the numbers."""
        known = self._known()
        if not known:
            known.append(not self._store.read(lambda view: view.consent.is_empty()))
        if known[0]:
            for message in messages:
                self._pseudonyms.of(who_is(message.recipient))

    @property
    def are_at_hand(self) -> bool:
        """Whether :meth:`foresee` need not look at the store now."""
        return bool(self._known())

    def against(
        self, view: View, messages: Sequence[OutboundMessage]
    ) -> Mapping[MessageId, Rejected]:
        """
        Those of the messages that must not be sent, and why; in a unit of work it stands so.

        What answers a recipient's own word to us may always be sent.

        Raises:
            WrongKey: as of :func:`check_key`.
        """
        if view.consent.is_empty():
            return _NONE
        if not self._is_our_key:
            check_key(view, self._pseudonyms)
            self._is_our_key = True
        asked = [one for one in messages if one.surface is not Surface.CONSENT]
        hashes = {one.id: self._pseudonyms.of(who_is(one.recipient)) for one in asked}
        marks = _by_number(view.consent.of(set(hashes.values())))
        accounts = {one.account for one in asked}
        selective = {account for account in accounts if view.consent.is_selective(account)}
        reasons = {
            one.id: _objection(one, marks.get(hashes[one.id], ()), selective)
            for one in asked
            if hashes[one.id] in marks or one.account in selective
        }
        return {message: reason for message, reason in reasons.items() if reason is not None}

    def check(self, view: View, message: OutboundMessage) -> None:
        """
        Let pass that a message may be sent.

        Raises:
            Rejected: it must not be.
            WrongKey: as of :func:`check_key`.
        """
        for reason in self.against(view, [message]).values():
            raise reason

    def _known(self) -> list[bool]:
        if self._changed.wait(0):
            # A new one: a look-up that began before the change ends in the old one.
            self._has_marks = []
        return self._has_marks


def _by_number(found: Iterable[Mark]) -> Mapping[str, Sequence[Mark]]:
    marks: dict[str, list[Mark]] = {}
    for mark in found:
        marks.setdefault(mark.number, []).append(mark)
    return marks


def _objection(
    message: OutboundMessage, marks: Sequence[Mark], selective: Collection[AccountId]
) -> Rejected | None:
    return objection(
        marks,
        account=message.account,
        sender=scope_of(message.sender.value) if message.sender else "",
        is_selective=message.account in selective,
    )


def keep_mark(work: UnitOfWork, mark: Mark, *, pseudonyms: Pseudonyms) -> None:
    """
    Let it hold from now on, for as long as the key is what it is.

    Raises:
        WrongKey: as of :func:`check_key`; nobody would recognise it under the right key.
    """
    if work.consent.is_empty() or work.journal.get(channel=_CHANNEL, key=_KEY) is None:
        keep_key(work, pseudonyms)  # of those that were hashed with another one none is left
    check_key(work, pseudonyms)
    work.consent.put(mark)


def keep_key(work: UnitOfWork, pseudonyms: Pseudonyms) -> None:
    """Remember which key the numbers are hashed with, but not the key."""
    work.journal.put(channel=_CHANNEL, key=_KEY, value=pseudonyms.of("").encode())


def check_key(view: View | UnitOfWork, pseudonyms: Pseudonyms) -> None:
    """
    Let pass that the numbers are hashed with the key that we have: else nobody is recognised.

    Raises:
        WrongKey: they are not. Nothing may be sent then, for nobody knows to whom.
    """
    kept = view.journal.get(channel=_CHANNEL, key=_KEY)
    if kept not in (None, pseudonyms.of("").encode()):
        raise WrongKey(
            "the numbers that opted out are hashed with another key file: restore it from a "
            "backup, or give them up by 'smscore consent discard'"
        )

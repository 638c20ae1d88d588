"""
Taking custody of what was handed out: each message is submitted once, however often it comes.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from smscore import Gateway
from smscore.domain.accounts import Account
from smscore.domain.messages import Surface
from smscore.domain.receipts import Receipt
from smscore.errors import (
    InsufficientCredits,
    LimitExceeded,
    Rejected,
    RejectedItems,
    SubscriptionRequired,
)
from smscore.ports.storage import Tracked, UnitOfWork
from smscore.services.submission import Item, Submission
from smscore_agent._journal import Entry, HandoutJournal
from smscore_agent._outcomes import may_be_sent_anew
from smscore_agent._server import FAILED, Handout

__all__ = ["USED_UP", "Acceptance"]

_log = logging.getLogger(__name__)

USED_UP = (InsufficientCredits, LimitExceeded, SubscriptionRequired)
"""Refusals that are about the account here, and not about the messages."""


class Acceptance:
    """
    Makes messages of what was handed out, in one unit of work with the journal's entries.

    What was handed out before is not sent again: its outcome is told again. But for what was told
    to have failed, and of which no part ever left: there somebody wants another try.
    """

    def __init__(self, gateway: Gateway, journal: HandoutJournal, *, account: Account) -> None:
        self._gateway = gateway
        self._journal = journal
        self._account = account

    def accept(self, handouts: Sequence[Handout]) -> None:
        """
        Returns when all of them are durable.

        Raises:
            StoreError: none is.
            InsufficientCredits, LimitExceeded, SubscriptionRequired: the account here may send no
                more for now, and they can be given again later.
        """
        first = {one.hash: one for one in reversed(handouts)}
        known = self._journal.entries(first)
        anew = self._to_send_anew(known)
        is_fresh = {key: key not in known or key in anew for key in first}
        meant = {
            key: _digest(one) if is_fresh[key] else known[key].digest for key, one in first.items()
        }
        if others := [one.hash for one in handouts if _digest(one) != meant[one.hash]]:
            _log.error(
                "neither sent nor told, for the number or the text is another than before, and the "
                "server uses its hashes again: %s",
                ", ".join(others),
            )
        self._tell_again([known[key] for key in first if not is_fresh[key] and key not in others])
        fresh = [one for one in handouts if first[one.hash] is one and is_fresh[one.hash]]
        self._take(fresh)

    def _tell_again(self, entries: Sequence[Entry]) -> None:
        if entries:
            hashes = ", ".join(one.hash for one in entries)
            _log.warning("handed out again, and not sent again: %s", hashes)
            self._journal.keep_alone(entries)

    def _take(self, handouts: Sequence[Handout]) -> None:
        readable = [one for one in handouts if one.phone is not None and one.text is not None]
        unreadable = [one for one in handouts if one not in readable]
        self._refuse((one, "it has no telephone number or no text") for one in unreadable)
        if readable:
            self._submit(readable)

    def _to_send_anew(self, known: Mapping[str, Entry]) -> set[str]:
        told = [entry for entry in known.values() if entry.told == FAILED]

        def may(tracked: Tracked | None) -> bool:
            return tracked is not None and may_be_sent_anew(tracked.delivery)

        return self._gateway.store.read(
            lambda view: {
                entry.hash
                for entry in told
                if entry.message is None or may(view.outbox.get(entry.message))
            }
        )

    def _submit(self, handouts: Sequence[Handout]) -> None:
        submission = Submission(
            account=self._account.id,
            surface=Surface.AGENT,
            items=tuple([Item(to=one.phone or "", text=one.text or "") for one in handouts]),
            is_partial=True,
        )

        def beside(work: UnitOfWork, receipt: Receipt) -> None:
            self._journal.keep(work, _entries(handouts, receipt))

        try:
            receipt = self._gateway.submissions.begin(submission, beside=beside).result()
        except RejectedItems as refusal:
            reasons = refusal.reasons.items()
            self._refuse((handouts[index], str(reason)) for index, reason in reasons)
            return
        except USED_UP:
            raise
        except Rejected as refusal:
            self._refuse((one, str(refusal)) for one in handouts)
            return
        for item in receipt.accepted:
            _log.info("message %016x is %s at the server", item.message, handouts[item.index].hash)
        for refused in receipt.refused:
            _log.error("%s is refused here: %s", handouts[refused.index].hash, refused.error)

    def _refuse(self, refused: Iterable[tuple[Handout, str]]) -> None:
        entries = []
        for one, why in refused:
            _log.error("%s is refused here: %s", one.hash, why)
            entries.append(Entry(hash=one.hash, message=None, digest=_digest(one)))
        if entries:
            self._journal.keep_alone(entries)


def _entries(handouts: Sequence[Handout], receipt: Receipt) -> Sequence[Entry]:
    accepted = {item.index: item.message for item in receipt.accepted}
    return [
        Entry(hash=one.hash, message=accepted.get(index), digest=_digest(one))
        for index, one in enumerate(handouts)
    ]


def _digest(handout: Handout) -> str:
    return sha256(ascii((handout.phone, handout.text)).encode()).hexdigest()[:16]

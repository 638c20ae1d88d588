"""
Taking custody of what was handed out: each message is submitted once, however often it comes.
"""

import logging
from collections.abc import Mapping, Sequence

from smscore import Gateway
from smscore.domain.accounts import Account
from smscore.domain.messages import Surface
from smscore.domain.receipts import Receipt
from smscore.errors import Rejected
from smscore.ports.storage import Tracked, UnitOfWork
from smscore.services.submission import Item, Submission
from smscore_agent._journal import Entry, HandoutJournal
from smscore_agent._outcomes import may_be_sent_anew
from smscore_agent._server import FAILED, Handout

__all__ = ["Acceptance"]

_log = logging.getLogger(__name__)


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
        """
        by_hash = {one.hash: one for one in handouts}
        known = self._journal.entries(by_hash)
        anew = self._to_send_anew(known)
        again = [entry for key, entry in known.items() if key not in anew]
        fresh = [one for key, one in by_hash.items() if key not in known or key in anew]
        if again:
            _log.warning(
                "handed out again, and not sent again: %s", ", ".join(one.hash for one in again)
            )
            self._journal.keep_alone(again)
        readable = [one for one in fresh if one.phone is not None and one.text is not None]
        if unreadable := [one for one in fresh if one not in readable]:
            self._refuse(unreadable, "it has no telephone number or no text")
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
        except Rejected as refusal:
            self._refuse(handouts, str(refusal))
            return
        for item in receipt.accepted:
            _log.info("message %016x is %s at the server", item.message, handouts[item.index].hash)
        for refused in receipt.refused:
            _log.error("%s is refused here: %s", handouts[refused.index].hash, refused.error)

    def _refuse(self, handouts: Sequence[Handout], why: str) -> None:
        for one in handouts:
            _log.error("%s is refused here: %s", one.hash, why)
        self._journal.keep_alone([Entry(hash=one.hash, message=None) for one in handouts])


def _entries(handouts: Sequence[Handout], receipt: Receipt) -> Sequence[Entry]:
    accepted = {item.index: item.message for item in receipt.accepted}
    return [Entry(hash=one.hash, message=accepted.get(index)) for index, one in enumerate(handouts)]

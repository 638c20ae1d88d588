"""
Telling the server what became of its messages, each outcome until it was heard.
"""

import itertools
import logging
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from smscore import Gateway
from smscore.domain.deliveries import Status
from smscore_agent._journal import Entry, HandoutJournal
from smscore_agent._outcomes import outcome_of
from smscore_agent._server import FAILED, QueueServer, Unreadable

__all__ = ["Telling"]

_log = logging.getLogger(__name__)

_REPORTS_AT_ONCE = 100


class Telling:
    """
    ``heard`` counts what the server has heard, by outcome; ``refused`` what it cannot read, and is
    told no more.
    """

    def __init__(
        self,
        gateway: Gateway,
        journal: HandoutJournal,
        server: QueueServer,
        *,
        patience: timedelta,
    ) -> None:
        self._gateway = gateway
        self._journal = journal
        self._server = server
        self._patience = patience
        self._doubted: set[str] = set()  # hashes that the log has told of
        self.heard: Counter[int] = Counter()
        self.refused = 0

    def run_once(self) -> None:
        """
        Tell everything that is known now and was not heard.

        Raises:
            Trouble: what is left may not have been heard.
        """
        self._journal.reopen_revived()
        self._tell(self._outcomes())

    def _outcomes(self) -> Mapping[str, int]:
        """What is known now of everything that is still to be told."""
        now, patience = self._gateway.clock.now(), self._patience
        entries = self._journal.open()
        found = self._gateway.store.read(
            lambda view: {
                one.hash: None if one.message is None else view.outbox.get(one.message)
                for one in entries
            }
        )
        outcomes, lost = {}, []
        for entry in entries:
            tracked = found[entry.hash]
            if tracked is not None:
                outcome = outcome_of(tracked.delivery, now=now, patience=patience)
                self._tell_of_doubt(entry, tracked.delivery.status)
            else:
                outcome = entry.told or (FAILED if entry.message is None else None)
                if outcome is None:
                    lost.append(entry.hash)
            if outcome is not None:
                outcomes[entry.hash] = outcome
        if lost:
            _log.error("dropped here before anything was known of them: %s", ", ".join(lost))
            self._journal.close(lost)
        return outcomes

    def _tell_of_doubt(self, entry: Entry, status: Status) -> None:
        if status is not Status.INDETERMINATE:
            self._doubted.discard(entry.hash)
        elif entry.hash not in self._doubted:
            self._doubted.add(entry.hash)
            _log.error(
                "message %016x, %s at the server, may or may not have left: nothing is told of it "
                "until that is known",
                entry.message,
                entry.hash,
            )

    def _tell(self, outcomes: Mapping[str, int]) -> None:
        waiting = iter(outcomes.items())
        while report := dict(itertools.islice(waiting, _REPORTS_AT_ONCE)):
            try:
                self._server.tell(report)
            except Unreadable as refusal:
                self._tell_one_by_one(report, refusal)
            else:
                self._keep_told(report)

    def _tell_one_by_one(self, report: Mapping[str, int], refusal: Unreadable) -> None:
        """One that the server cannot read must not keep the others from being heard."""
        for key, outcome in report.items():
            try:
                if len(report) == 1:
                    raise refusal
                self._server.tell({key: outcome})
            except Unreadable as final:
                _log.error("the server does not take the outcome %d of %s: %s", outcome, key, final)
                self._journal.told({key: outcome})
                self.refused += 1
            else:
                self._keep_told({key: outcome})

    def _keep_told(self, report: Mapping[str, int]) -> None:
        self._journal.told(report)
        for outcome in report.values():
            self.heard[outcome] += 1

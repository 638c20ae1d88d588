"""
When a SIM stops sending because the network seems to have blocked it.

One refusal may be about one recipient. Several in a row to different ones, of the kinds that
follow on a blocked or empty account, are about the SIM, and going on would make it worse.
"""

from datetime import datetime, timedelta

__all__ = ["SUSPICIOUS", "Circuit", "is_suspicious_report"]

SUSPICIOUS = frozenset({8, 21, 29, 50})
"""24.011, annex E-2: barred, rejected, facility rejected, not subscribed."""
_SUSPICIOUS_REPORTS = frozenset({0x43, 0x63})  # 23.040, 9.2.3.15: not obtainable, rejected by SME
_LONGEST_RUN = 3
_REST = timedelta(minutes=30)


def is_suspicious_report(status: int) -> bool:
    """Whether a delivery report says what a blocked SIM would see."""
    return status in _SUSPICIOUS_REPORTS


class Circuit:
    """
    Open after a run of suspicious refusals; half an hour later one message may try again.

    Used under the lock of whoever owns it.
    """

    def __init__(self) -> None:
        self._run: list[str] = []  # different recipients, in a row
        self._opened_at: datetime | None = None

    def closed_from(self, now: datetime) -> datetime | None:
        """Until when nothing should be sent; None: it may be."""
        if self._opened_at is None or now >= self._opened_at + _REST:
            return None
        return self._opened_at + _REST

    @property
    def is_tripped(self) -> bool:
        """Whether it opened, and nothing has gone through since."""
        return self._opened_at is not None

    def refused(self, recipient: str, *, now: datetime) -> bool:
        """Count a suspicious refusal; whether it opened the circuit."""
        if recipient not in self._run:
            self._run.append(recipient)
        if len(self._run) < _LONGEST_RUN:
            return False
        self._run = self._run[-_LONGEST_RUN + 1 :]  # half open: the next one decides
        self._opened_at = now
        return True

    def accepted(self) -> None:
        """The network took something: the run is over."""
        self._run.clear()
        self._opened_at = None

"""
Devices: the phones of an account, by the names under which they poll and report.
"""

from datetime import datetime, timedelta
from typing import Self

import attrs

from smscore.domain.messages import AccountId

__all__ = ["LONGEST_NAME", "MOST_DEVICES", "Device"]

LONGEST_NAME = 15
"""Characters of a device's name."""
MOST_DEVICES = 1000
"""Of one account; the one that was not seen for the longest time is forgotten for a new one."""
_POLL_STEP = timedelta(seconds=20)
"""A poll that follows another one sooner is not worth a write: phones poll every second."""


@attrs.frozen(kw_only=True)
class Device:
    """
    What is known of one phone.

    Without a name it stands for all phones of the account that gave none. ``delivered`` and
    ``failed`` count its words that were news of a message: what it repeats is not counted again.
    """

    account: AccountId
    name: str = ""
    first_seen: datetime
    last_seen: datetime  # within the step in which polls are kept
    last_poll: datetime | None = None  # None: it has never asked for messages under this name
    delivered: int = 0
    failed: int = 0

    @classmethod
    def seen_first(cls, account: AccountId, name: str, *, at: datetime) -> Self:
        """One that nobody has heard of before."""
        return cls(account=account, name=name, first_seen=at, last_seen=at)

    def polled(self, *, at: datetime) -> Self:
        """It asked for messages; the same value if that need not be kept."""
        if self.last_poll is not None and timedelta() <= at - self.last_poll < _POLL_STEP:
            return self
        return attrs.evolve(self, last_seen=at, last_poll=at)

    def reported(self, *, at: datetime, delivered: int, failed: int) -> Self:
        """It told what became of messages."""
        return attrs.evolve(
            self,
            last_seen=at,
            delivered=self.delivered + delivered,
            failed=self.failed + failed,
        )

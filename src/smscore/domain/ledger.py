"""
Every change of an account's credit, with its reason. Entries always add up to the balance.
"""

import enum
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import attrs
from msgspec import Struct

from smscore.domain.messages import AccountId, MessageId

__all__ = ["Entry", "EntryKind", "Statement"]


class EntryKind(enum.StrEnum):
    """Why the balance changed."""

    TOPUP = "topup"
    CHARGE = "charge"
    REFUND = "refund"
    ADJUST = "adjust"


class Entry(Struct, frozen=True, kw_only=True):
    """One signed change: ``credits`` is negative for a charge, ``balance`` what was left after."""

    account: AccountId
    kind: EntryKind
    credits: int
    balance: int
    at: datetime
    message: MessageId | None = None  # the first of its request
    why: str = ""


@attrs.frozen(kw_only=True)
class Statement:
    """
    What changed an account's credit, oldest first, beside its balance at the same moment.

    ``entries`` are a selection if ``is_selection``; ``total`` is the sum of all there are.
    """

    entries: Sequence[Entry]
    balance: int | None  # None: not metered
    total: int
    is_selection: bool = False  # by their times: an entry may be missing in between

    @property
    def opening(self) -> int | None:
        """Credits before the first entry, if there is one."""
        return self.entries[0].balance - self.entries[0].credits if self.entries else None

    @property
    def faults(self) -> Sequence[str]:
        """What does not add up: nothing ever should."""
        faults = []
        if self.total != (self.balance or 0):
            faults.append(
                f"all entries sum to {self.total}, and the balance is {self.balance or 0}"
            )
        if not self.is_selection:
            faults.extend(
                f"after the entry of {before.at.isoformat()} there were {before.balance} credits, "
                f"and {after.balance} after another {after.credits:+d}"
                for before, after in pairwise(self.entries)
                if before.balance + after.credits != after.balance
            )
        return faults

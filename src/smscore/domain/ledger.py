"""
Every change of an account's credit, with its reason. Entries always add up to the balance.
"""

import enum
from datetime import datetime

import attrs

from smscore.domain.messages import AccountId, MessageId

__all__ = ["Entry", "EntryKind"]


class EntryKind(enum.StrEnum):
    """Why the balance changed."""

    TOPUP = "topup"
    CHARGE = "charge"
    REFUND = "refund"
    ADJUST = "adjust"


@attrs.frozen(kw_only=True)
class Entry:
    """One signed change: ``credits`` is negative for a charge, ``balance`` what was left after."""

    account: AccountId
    kind: EntryKind
    credits: int
    balance: int
    at: datetime
    message: MessageId | None = None  # the first of its request
    why: str = ""

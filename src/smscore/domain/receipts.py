"""
The outcome of a submission: what was accepted, what was refused, what it cost.

Surfaces answer with pure renderings of a receipt, so a replayed request gets the same bytes.
"""

from datetime import timedelta
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId

__all__ = ["IDEMPOTENCY_LIFE", "AcceptedItem", "Receipt", "RefusedItem"]

IDEMPOTENCY_LIFE = timedelta(hours=24)
"""For how long a request under the same key gets the receipt of the first one."""


class AcceptedItem(Struct, frozen=True, kw_only=True):
    """One message of a request, durable. ``index`` is its place in the request, from 0."""

    index: int
    message: MessageId
    to: str  # as the caller wrote it
    status: Status
    credits: int


class RefusedItem(Struct, frozen=True, kw_only=True):
    """One item of a request that was refused while others were accepted."""

    index: int
    code: str
    error: str


class Receipt(Struct, frozen=True, kw_only=True):
    """What became of a whole request. A replay is equal to the first one."""

    accepted: tuple[AcceptedItem, ...]
    refused: tuple[RefusedItem, ...] = ()
    credits_used: int = 0
    credits_remaining: int | None = None  # None: the account is not metered
    is_replay: bool = False  # of an earlier request under its key

    @property
    def message(self) -> MessageId:
        """The first accepted message: the only one of a single submission."""
        return self.accepted[0].message

    def replayed(self) -> Self:
        """The same for whoever asks again."""
        return replace(self, is_replay=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Receipt) and self._told() == other._told()

    def __hash__(self) -> int:
        return hash(self._told())

    def _told(self) -> tuple[object, ...]:
        return self.accepted, self.refused, self.credits_used, self.credits_remaining

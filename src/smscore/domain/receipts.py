"""
The outcome of a submission: what was accepted, what was refused, what it cost.

Surfaces answer with pure renderings of a receipt, so a replayed request gets the same bytes.
"""

from datetime import timedelta

import attrs
from msgspec import Struct

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


@attrs.frozen(kw_only=True)
class Receipt:
    """What became of a whole request."""

    accepted: tuple[AcceptedItem, ...]
    refused: tuple[RefusedItem, ...] = ()
    credits_used: int = 0
    credits_remaining: int | None = None  # None: the account is not metered
    is_replay: bool = attrs.field(default=False, eq=False)  # of an earlier request under its key

    @property
    def message(self) -> MessageId:
        """The first accepted message: the only one of a single submission."""
        return self.accepted[0].message

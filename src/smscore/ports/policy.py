"""
Who may do how much, and what may not be sent at all.
"""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from smscore.domain.events import Event
from smscore.domain.messages import OutboundMessage

__all__ = ["Observer", "Rate", "RateLimiter", "RateState", "Screen"]


class Rate(Struct, frozen=True, kw_only=True):
    """So many calls in any window of so many seconds."""

    amount: int
    seconds: int


class RateState(Struct, frozen=True, kw_only=True):
    """Where a caller stands after a call. ``reset`` is in whole seconds, rounded up, at least 1."""

    is_allowed: bool
    limit: int
    remaining: int
    reset: int


class RateLimiter(Protocol):
    """Counts calls in sliding windows. Any thread may call; never blocks."""

    def hit(self, caller: str, *, rate: Rate) -> RateState:
        """Count one call of ``caller``; a refused one is not counted."""
        ...


Screen = Callable[[OutboundMessage], None]
"""
Looks at a message before it is accepted. Raises :class:`~smscore.errors.Rejected` to refuse it,
returns None to let it pass. Whatever else it raises or returns refuses the message, too, as a fault
of the plugin. Must be quick, for it runs on the submitter's thread.
"""

Observer = Callable[[Event], None]
"""Is told of each event after its commit, on a thread of its own; what it raises is logged."""

"""
Who is dead: servers whose hearts have stopped, as far as others can know.
"""

from collections.abc import Collection
from datetime import datetime

import attrs

from smscore.domain.deliveries import ProcessId

__all__ = ["LOST", "SILENCE", "Glimpse", "Watch", "right_to"]

SILENCE = 30.0
"""Seconds without a heartbeat after which a server is dead, whatever else is seen of it."""
LOST = 10.0
"""The same for one that is not connected either: after a restart of the database all are back."""
_LONGEST_STEP = 2.0
"""Seconds that count between two looks: while nobody can look nobody can beat."""


def right_to(channel: str) -> str:
    """The name of the right to run a channel."""
    return f"channel {channel}"


@attrs.frozen(kw_only=True)
class Glimpse:
    """What is seen of a process at one moment; ``has_ended``: its own machine says so."""

    process: ProcessId
    heartbeat_at: datetime
    is_connected: bool
    has_ended: bool = False


@attrs.frozen
class _Watched:
    heartbeat_at: datetime
    silent: float = 0.0  # seconds
    lost: float = 0.0


class Watch:
    """
    Looks at processes again and again, by a clock that nobody can set.

    A process is dead when its heartbeat has stayed the same for so long as it was watched: what
    the heartbeat says of the time does not matter, and neither does what was before the first look.
    """

    def __init__(self) -> None:
        self._watched: dict[ProcessId, _Watched] = {}
        self._looked_at: float | None = None

    def look(self, seen: Collection[Glimpse], *, at: float) -> frozenset[ProcessId]:
        """Those that are dead; ``at`` is the monotonic time in seconds."""
        passed = 0.0 if self._looked_at is None else at - self._looked_at
        step, self._looked_at = min(max(passed, 0.0), _LONGEST_STEP), at
        self._watched = {one.process: self._followed(one, step) for one in seen}
        return frozenset(one.process for one in seen if self._is_dead(one))

    def _followed(self, one: Glimpse, step: float) -> _Watched:
        before = self._watched.get(one.process)
        if before is None or before.heartbeat_at != one.heartbeat_at:
            return _Watched(one.heartbeat_at)
        lost = 0.0 if one.is_connected else before.lost + step
        return _Watched(one.heartbeat_at, before.silent + step, lost)

    def _is_dead(self, one: Glimpse) -> bool:
        if one.has_ended and not one.is_connected:
            return True
        watched = self._watched[one.process]
        return watched.silent >= SILENCE or watched.lost >= LOST

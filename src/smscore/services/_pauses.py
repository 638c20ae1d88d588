"""
Pauses of long work, in which others find the database free.
"""

import threading

from smscore.ports.clock import Clock

__all__ = ["leave_room"]

_LONGEST = 0.1  # seconds


def leave_room(clock: Clock, *, since: float) -> None:
    """
    Wait for as long as the step took that was begun at this monotonic time, a tenth of a second at
    most: whoever works in many steps leaves others half of the time.
    """
    threading.Event().wait(min(clock.monotonic() - since, _LONGEST))

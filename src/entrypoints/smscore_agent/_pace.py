"""
How long to wait until the server is asked again.
"""

import random

from smscore_agent._server import Trouble

__all__ = ["until_next_poll", "until_next_try"]

_LONGEST = 300.0
_MOST_DOUBLINGS = 20
_LONGEST_WISH = 3600.0
"""What a server may ask for: a wrong number must not silence us for days."""


def until_next_poll(every: float) -> float:
    """Seconds until the next poll, so that agents started together do not stay together."""
    return every * random.uniform(0.8, 1.2)


def until_next_try(failures: int, trouble: Trouble | None, *, first: float) -> float:
    """
    Seconds after so many failures in a row: twice as many each time, or up to half of it less.

    What does not change unless somebody does something is asked rarely from the first time on.
    """
    ceiling = min(_LONGEST, first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))
    if trouble is not None and trouble.needs_person:
        ceiling = _LONGEST
    wish = trouble.retry_after if trouble is not None else None
    return max(random.uniform(ceiling / 2, ceiling), min(wish or 0.0, _LONGEST_WISH))

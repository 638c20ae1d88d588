"""
Moments in stories, for people: to the millisecond, and how long after the first one.
"""

from datetime import datetime, timedelta

from smscore_server._output import instant

__all__ = ["MILLISECONDS", "clock", "elapsed"]

MILLISECONDS = "milliseconds"


def clock(at: datetime) -> str:
    """Day and time in UTC."""
    return str(instant(at, precision=MILLISECONDS)).replace("T", " ").removesuffix("Z")


def elapsed(span: timedelta) -> str:
    """How much later; in seconds, minutes or hours."""
    seconds = span.total_seconds()
    if abs(seconds) < 60:
        return f"{seconds:+.3f}s"
    minutes, hours = round(seconds / 60), round(seconds / 3600)
    return f"{minutes:+d}min" if abs(minutes) < 120 else f"{hours:+d}h"

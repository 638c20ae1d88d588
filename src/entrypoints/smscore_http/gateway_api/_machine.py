"""
How the machine is: its load, the room on its disk, how long it has been up.

From the operating system alone; where it does not tell, there is a 0.
"""

import os
import shutil
import time
from pathlib import Path

__all__ = ["disk_room", "load_averages", "uptime_words"]

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def load_averages() -> str:
    """Of the last 1, 5 and 15 minutes, such as ``0;0.03;0.05``."""
    try:
        averages = os.getloadavg()
    except (AttributeError, OSError):  # not on every system
        averages = (0.0, 0.0, 0.0)
    return ";".join(f"{one:.2f}".rstrip("0").rstrip(".") for one in averages)


def disk_room(path: Path) -> int:
    """Free bytes where the path is."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return 0


def uptime_words(seconds: float | None = None) -> str:
    """How long the machine, or whatever else, has been up; written as the program uptime does."""
    whole = int(_seconds_up() if seconds is None else seconds)
    days, hours, minutes = whole // _DAY, whole % _DAY // _HOUR, whole % _HOUR // _MINUTE
    since = f"{hours}:{minutes:02}" if hours else f"{minutes} min"
    if not days:
        return since
    return f"{days} {'day' if days == 1 else 'days'}, {since}"


def _seconds_up() -> float:
    """Since the machine was started, the time that it slept included where that is known."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()

"""
Which process this is among all that ever were on its machine, and whether another one is over.
"""

import os
from pathlib import Path

__all__ = ["has_ended", "this_process"]

_PROC = Path("/proc")


def this_process() -> str | None:
    """What :func:`has_ended` can be asked of; None where the system does not tell."""
    place, born = _place(), _born(os.getpid())
    return None if place is None or born is None else f"{place}:{os.getpid()}:{born}"


def has_ended(process: str | None) -> bool:
    """Whether a process of this machine is over; False of those of which we cannot know."""
    place, _, rest = (process or "").partition(":")
    number, _, born = rest.partition(":")
    if not number.isdecimal() or place != _place():
        return False
    return _born(int(number)) != born


def _place() -> str | None:
    """This start of this machine, and those processes on it that see one another."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return None


def _born(number: int) -> str | None:
    """When a process began, in ticks since the machine did (proc(5), stat); None: it is over."""
    try:
        facts = (_PROC / str(number) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    state, *others = facts.rpartition(")")[2].split()  # the name before may hold anything
    return None if state in ("Z", "X") else others[18]

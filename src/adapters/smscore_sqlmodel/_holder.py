"""
Who holds a lock: the holder leaves its number in the file, and the machine knows the rest.
"""

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["holder", "sign"]

_MOST_WORDS = 3  # what a program is told to do; what comes behind may be nobody's business


def sign(descriptor: int) -> None:
    """Leave our number in the file; for people, so a full disk is no obstacle."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)


def holder(descriptor: int) -> str:
    """Who signed last, such as ``process 4711 (smscore serve)``."""
    number = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
    if not number.isdecimal():
        return "another process"
    words = _words(number)
    return f"process {number} ({words})" if words else f"process {number}"


def _words(number: str) -> str:
    try:
        words = Path("/proc", number, "cmdline").read_text("utf-8", "replace").split("\0")
    except OSError:
        return ""  # it ends just now, or this system tells nothing
    if Path(words[0]).name.startswith("python"):
        words = words[1:]
        while words and words[0].startswith("-"):
            words = words[1:]
    told: list[str] = []
    for word in words[:_MOST_WORDS]:
        if not word or word.startswith("-"):
            break
        told.append(word if told else Path(word).name)
    return "".join(char if char.isprintable() else "?" for char in " ".join(told))

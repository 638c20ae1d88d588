"""
Opening files: those that an operator names, which may be anything, and those for nobody else.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

__all__ = ["open_file", "privately"]


def open_file(path: Path) -> BinaryIO:
    """
    A regular file, to be read. A pipe or a device would be waited for, perhaps for ever.

    Raises:
        OSError: it is none, or cannot be opened; ``strerror`` says why.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # not opened: that alone moves some devices
        raise OSError(errno.EINVAL, "it is no regular file; put it into one", str(path))
    return path.open("rb")


def privately(path: str, flags: int) -> int:
    """As an ``opener``: if the file is made now, only its owner can read it."""
    return os.open(path, flags, 0o600)

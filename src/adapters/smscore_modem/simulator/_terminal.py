"""
One pseudo-terminal, as the serial port of one virtual modem.
"""

import os
import tty
from contextlib import suppress
from pathlib import Path

__all__ = ["Terminal"]

_MOST_UNREAD = 65_536


class Terminal:
    """
    The modem's end of a pseudo-terminal, and a name for the other end.

    A client may come, go and come back: our own hold on its end keeps the port alive. What nobody
    reads is dropped once the buffers are full, as on a wire.
    """

    def __init__(self, *, link: Path | None = None) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._unsent = bytearray()
        self._link = link
        if link is not None:
            _point(link, os.ttyname(self._slave))

    @property
    def path(self) -> str:
        """What a client opens."""
        return str(self._link) if self._link is not None else os.ttyname(self._slave)

    def fileno(self) -> int:
        """For selectors."""
        return self._master

    @property
    def has_unsent(self) -> bool:
        """Whether bytes wait for the client to read."""
        return bool(self._unsent)

    def read(self) -> bytes:
        """What the client wrote, maybe nothing."""
        try:
            return os.read(self._master, 65_536)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        """Send now or as soon as there is room."""
        if len(self._unsent) + len(data) <= _MOST_UNREAD:
            self._unsent += data
        with suppress(BlockingIOError):
            while self._unsent:
                del self._unsent[: os.write(self._master, self._unsent)]

    def close(self) -> None:
        """Pull the plug: a client that has it open sees the port vanish."""
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)


def _point(link: Path, target: str) -> None:
    # Renamed into place, so that the name always leads somewhere.
    fresh = link.with_name(link.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)

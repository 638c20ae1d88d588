"""
One pseudo-terminal, as the serial port of one virtual modem.
"""

import os
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from smscore_modem.simulator._loop import HasFileno, Loop

__all__ = ["Stream", "Terminal"]

_MOST_UNREAD = 65_536


class Stream:
    """
    A file that never blocks: what comes is pushed to a callback, nothing when it has ended.

    What nobody reads is dropped once ``most_unread`` octets wait, as on a wire; None is no limit.
    """

    def __init__(
        self,
        loop: Loop,
        file: HasFileno,
        *,
        on_bytes: Callable[[bytes], None],
        most_unread: int | None = _MOST_UNREAD,
    ) -> None:
        os.set_blocking(file.fileno(), False)
        self._loop = loop
        self._file = file
        self._on_bytes = on_bytes
        self._most_unread = most_unread
        self._unsent = bytearray()
        loop.watch(file, self._serve)

    @property
    def unread(self) -> int:
        """How many octets wait for room."""
        return len(self._unsent)

    def write(self, data: bytes) -> None:
        """Send now or as soon as there is room."""
        if self._most_unread is None or len(self._unsent) + len(data) <= self._most_unread:
            self._unsent += data
        # A client that has gone shows when we read.
        with suppress(BlockingIOError, ConnectionError):
            while self._unsent:
                del self._unsent[: os.write(self._file.fileno(), self._unsent)]
        self._loop.watch(self._file, self._serve, is_writing=bool(self._unsent))

    def close(self) -> None:
        """Let the loop forget the file, before it is closed."""
        self._loop.forget(self._file)

    def _serve(self) -> None:
        if self._unsent:
            self.write(b"")
        try:
            data = os.read(self._file.fileno(), 65_536)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        self._on_bytes(data)


class Terminal:
    """
    The modem's end of a pseudo-terminal, and a name for the other end.

    A client may come, go and come back: our own hold on its end keeps the port alive.
    """

    def __init__(
        self, loop: Loop, *, on_bytes: Callable[[bytes], None], link: Path | None = None
    ) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._stream = Stream(loop, self, on_bytes=on_bytes)
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

    def write(self, data: bytes) -> None:
        """Send now or as soon as there is room."""
        self._stream.write(data)

    def close(self) -> None:
        """Pull the plug: a client that has it open sees the port vanish."""
        self._stream.close()
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

"""
The one owner of a serial port: opens it for us alone, writes, and reads in a thread of its own.
"""

import fcntl
import logging
import termios
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import serial

__all__ = ["LineLost", "Port", "open_serial"]

log = logging.getLogger(__name__)

_WRITE_TIMEOUT = 10.0
_JOIN_TIMEOUT = 5.0


class LineLost(Exception):
    """The port cannot be opened, or is gone."""


class Port(Protocol):
    """An open line; what arrives on it is pushed to the callback that it was opened with."""

    def write(self, data: bytes) -> None:
        """
        Send all of it; blocks.

        Raises:
            LineLost: the port is gone; some of it may have been sent.
        """
        ...

    def close(self) -> None:
        """Give the port back and join its thread. May be called twice."""
        ...


def open_serial(
    path: str,
    *,
    baudrate: int,
    on_bytes: Callable[[bytes], None],
    on_lost: Callable[[str], None],
    name: str,
) -> Port:
    """
    Open a port for this process alone; the callbacks are called on its reader thread.

    Raises:
        LineLost: it is absent, busy or forbidden.
    """
    # Loaded here: a process that only submits needs no serial ports.
    import serial

    try:
        device = serial.Serial(
            path, baudrate, timeout=None, write_timeout=_WRITE_TIMEOUT, exclusive=True
        )
        _claim(device, path)
    except (OSError, ValueError, termios.error) as error:
        raise LineLost(f"cannot open {path}: {error}") from error
    return _SerialPort(device, on_bytes=on_bytes, on_lost=on_lost, name=name)


def _claim(device: "serial.Serial", path: str) -> None:
    # The lock that pyserial takes binds only those who ask for it; TIOCEXCL binds everybody. On a
    # pseudo-terminal it would outlive a killed process, because the other side stays open.
    if not str(Path(path).resolve()).startswith("/dev/pts/"):
        fcntl.ioctl(device, termios.TIOCEXCL)


class _SerialPort:
    def __init__(
        self,
        device: "serial.Serial",
        *,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        name: str,
    ) -> None:
        self._device = device
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self._stopping = threading.Event()
        self._reader = threading.Thread(target=self._read, name=f"{name}-reader", daemon=True)
        self._reader.start()

    def write(self, data: bytes) -> None:
        try:
            self._device.write(data)
        except (OSError, termios.error, TypeError) as error:
            raise LineLost(f"writing failed: {error}") from error

    def close(self) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._device.cancel_read()
        if threading.current_thread() is not self._reader:
            self._reader.join(_JOIN_TIMEOUT)
        self._device.close()

    def _read(self) -> None:
        reason = "closed"
        try:
            while not self._stopping.is_set():
                # Blocks for the first byte only, then takes what is there.
                data = self._device.read(1)
                if waiting := self._device.in_waiting:
                    data += self._device.read(waiting)
                self._on_bytes(data)
        except (OSError, termios.error, TypeError) as error:
            # pyserial turns what it knows into OSError; a port closed under it shows as the others.
            reason = str(error)
        except Exception as error:
            log.exception("the reader of a serial port broke")
            reason = repr(error)
        if not self._stopping.is_set():
            self._on_lost(reason)

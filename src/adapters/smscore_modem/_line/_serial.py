"""
The one owner of a serial port: opens it for us alone, writes, and reads in a thread of its own.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
import termios
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import serial

__all__ = ["LineLost", "Port", "open_serial"]

log = logging.getLogger(__name__)

_WRITE_TIMEOUT = 10.0
_JOIN_TIMEOUT = 5.0
_MOST_AT_ONCE = 4096
# pyserial turns what it knows into OSError; a port closed under it shows as the others.
_BROKEN = (OSError, termios.error, TypeError, AttributeError, ValueError)


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

    ``path`` is that of a device, or an address such as ``socket://host:port`` for the raw bytes and
    ``rfc2217://host:port`` for a port that another machine shares with its settings.

    Raises:
        LineLost: it is absent, busy or forbidden.
    """
    lock = _lock(path) if "://" in path else None
    with ExitStack() as undo:
        if lock is not None:
            undo.callback(os.close, lock)
        try:
            device = _open_device(path, baudrate) if lock is None else _open_address(path, baudrate)
        except (OSError, ValueError, termios.error) as error:
            raise LineLost(f"cannot open {path}: {_reason(error)}") from error
        undo.pop_all()
    return _SerialPort(device, lock=lock, on_bytes=on_bytes, on_lost=on_lost, name=name)


def _open_device(path: str, baudrate: int) -> "serial.Serial":
    # Loaded here: a process that only submits needs no serial ports.
    from smscore_modem._line._polled import PolledSerial

    device = PolledSerial(
        path, baudrate, timeout=None, write_timeout=_WRITE_TIMEOUT, exclusive=True
    )
    try:
        _claim(device, path)
    except OSError:
        device.close()
        raise
    return device


def _open_address(address: str, baudrate: int) -> "serial.Serial":
    import serial

    # pyserial knows no such limit for RFC 2217.
    limit = None if address.startswith("rfc2217:") else _WRITE_TIMEOUT
    return serial.serial_for_url(address, baudrate, timeout=None, write_timeout=limit)


def _reason(error: Exception) -> str:
    """The system's own words, without those that pyserial puts around them."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error)


def _lock(address: str) -> int:
    # Nothing keeps a second client from an address but an agreement on a file.
    mark = hashlib.sha256(address.encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"smscore-modem-{mark}.lock"
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        lock = os.open(path, flags, 0o600)
    except OSError as error:
        raise LineLost(f"cannot open {address}: {error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise LineLost(f"cannot open {address}: somebody else has it open") from error
    return lock


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
        lock: int | None,
        on_bytes: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        name: str,
    ) -> None:
        self._device = device
        self._lock = lock
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self._stopping = threading.Event()
        self._reader = threading.Thread(target=self._read, name=f"{name}-reader", daemon=True)
        self._reader.start()

    def write(self, data: bytes) -> None:
        try:
            self._device.write(data)
        except _BROKEN as error:
            raise LineLost(f"writing failed: {error}") from error

    def close(self) -> None:
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._lock is None:
            with suppress(*_BROKEN):
                self._device.dtr = False  # a modem takes it for the end of the session
            self._device.cancel_read()
        else:
            self._device.close()  # a connection has no other way to end a read
        if threading.current_thread() is not self._reader:
            self._reader.join(_JOIN_TIMEOUT)
        if self._lock is None:
            self._device.close()
        else:
            os.close(self._lock)

    def _read(self) -> None:
        reason = "closed"
        try:
            while not self._stopping.is_set():
                # Blocks for the first byte only, then takes what is there.
                data = self._device.read(1)
                while data and (waiting := self._device.in_waiting):
                    data += self._device.read(min(waiting, _MOST_AT_ONCE))
                    if len(data) >= _MOST_AT_ONCE:
                        break
                if not data:
                    reason = "the port returned nothing"
                    break
                self._on_bytes(data)
        except _BROKEN as error:
            reason = str(error)
        except Exception as error:
            log.exception("the reader of a serial port broke")
            reason = repr(error)
        if not self._stopping.is_set():
            self._on_lost(reason)

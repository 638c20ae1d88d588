"""
A serial port of pyserial that may have any descriptor.

pyserial waits by select(2), which knows the first 1024 only: a port that is opened again while a
server has as many connections could be neither read nor written.
"""

import os
import select
from time import monotonic

import serial

__all__ = ["PolledSerial"]


class PolledSerial(serial.Serial):
    """pyserial's, without an end to the patience of those who read."""

    def read(self, size: int = 1, /) -> bytes:
        """
        What is there, at most ``size`` octets, as soon as there is any; nothing after cancel_read.

        Raises:
            SerialException: the port is gone, or closed.
        """
        device, cancelled, poll = self._descriptor, self.pipe_abort_read_r, select.poll()
        poll.register(device, select.POLLIN)
        if cancelled is not None:
            poll.register(cancelled, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll()]
            if cancelled is not None and cancelled in ready:
                os.read(cancelled, 1000)
                return b""
            try:
                data = os.read(device, size)
            except BlockingIOError:
                continue
            except OSError as cause:
                raise serial.SerialException(f"read failed: {cause}") from cause
            if not data:
                raise serial.SerialException(
                    "the port is readable, and nothing is there: it is gone"
                )
            return data

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # Buffer is of Python 3.12
        """
        Send all of it, and wait until there is room for more.

        Raises:
            SerialException: the port is gone, or closed.
            SerialTimeoutException: there was no room for ``write_timeout`` seconds.
        """
        device, poll, rest = self._descriptor, select.poll(), memoryview(data)
        poll.register(device, select.POLLOUT)
        ends_at = monotonic() + (self.write_timeout or 0.0)
        while rest:
            try:
                rest = rest[os.write(device, rest) :]
            except BlockingIOError:
                pass  # it waits below
            except OSError as cause:
                raise serial.SerialException(f"write failed: {cause}") from cause
            if not poll.poll(max(0.0, ends_at - monotonic()) * 1000):
                raise serial.SerialTimeoutException("Write timeout")
        return len(data)

    @property
    def _descriptor(self) -> int:
        if self.fd is None:
            raise serial.PortNotOpenError
        return self.fd

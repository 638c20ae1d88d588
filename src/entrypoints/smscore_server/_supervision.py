"""
Telling systemd how the server is, as sd_notify(3) has it; without systemd nothing is told.
"""

import logging
import os
import socket
import time

__all__ = ["Supervisor"]

_log = logging.getLogger(__name__)


class Supervisor:
    """
    Whoever started this process and wants to hear of it.

    ``period`` are the seconds within which it wants to hear that all is well; None: never.
    """

    def __init__(self) -> None:
        self._place = os.environ.get("NOTIFY_SOCKET", "")
        self.period = _period() if self._place else None

    def ready(self, status: str) -> None:
        """The server answers; or goes on after what was called reloading."""
        self._say("READY=1", f"STATUS={status}")

    def reloading(self, status: str) -> None:
        """The server makes itself anew; :meth:`ready` follows."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._say("RELOADING=1", f"MONOTONIC_USEC={now}", f"STATUS={status}")

    def stopping(self) -> None:
        """The server ends."""
        self._say("STOPPING=1", "STATUS=finishes what is under way")

    def well(self) -> None:
        """The server is alive."""
        self._say("WATCHDOG=1")

    def _say(self, *lines: str) -> None:
        if not self._place:
            return
        # In front of a name that is no file's stands an @ for the NUL.
        place = f"\0{self._place[1:]}" if self._place.startswith("@") else self._place
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as line:
                line.sendto("\n".join(lines).encode(), place)
        except OSError as fault:
            _log.warning("%s is not heard at NOTIFY_SOCKET: %s", lines[0], fault)


def _period() -> float | None:
    wanted, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not wanted.isdecimal() or int(wanted) == 0 or process not in ("", str(os.getpid())):
        return None
    return int(wanted) / 1_000_000

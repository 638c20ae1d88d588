"""
The demo's simulated modems, in a process of their own: they outlive neither the demo nor its end.
"""

import fcntl
import json
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from smscore_server._output import Failure

__all__ = ["Simulation", "alone_in"]

_PATIENCE = 10.0
_HANDOVER = 3.0
"""Seconds in which what is left of a killed demo goes away by itself."""


@contextmanager
def alone_in(directory: Path) -> Iterator[IO[str]]:
    """
    A lock on a directory: the demo, and the modems that it starts, hold it together.

    Raises:
        Failure: another demo uses the directory, or it cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / "demo.lock").open("w")
    except OSError as cause:
        raise Failure(f"the demo cannot use {directory}: {cause.strerror}") from cause
    with lock:
        if not _is_taken(lock):
            raise Failure(f"a demo runs in {directory} already; stop it, or choose another --dir")
        yield lock


def _is_taken(lock: IO[str]) -> bool:
    pause = threading.Event()
    for _ in range(round(_HANDOVER / 0.05)):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pause.wait(0.05)
        else:
            return True
    return False


class Simulation:
    """Two simulated modems with stable names in a directory, alive within a ``with`` block."""

    def __init__(self, directory: Path, *, lock: IO[str]) -> None:
        self._command = [
            *(sys.executable, "-P", "-m", "smscore_server", "simulate"),
            *("--modems", "2", "--report-delay", "0.3", "--leashed", "--json"),
            *("--log", str(directory / "simulator.log"), "--links", str(directory)),
        ]
        self._lock = lock
        self._ports: tuple[str, ...] | None = None

    def __enter__(self) -> "Simulation":
        self._process = subprocess.Popen(  # noqa: S603  # our own program, no shell
            self._command,
            stdin=subprocess.PIPE,  # the leash: closed even if we are killed
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=(self._lock.fileno(),),
            start_new_session=True,  # Ctrl-C is ours: the modems stay until the gateway is done
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def ports(self) -> tuple[str, ...]:
        """
        The modems' ports, once they can be opened.

        Raises:
            Failure: the modems did not start.
        """
        if self._ports is None:
            self._ports = self._await_ports()
        return self._ports

    def _await_ports(self) -> tuple[str, ...]:
        output = self._process.stdout
        if output is None or not select.select([output], [], [], _PATIENCE)[0]:
            raise Failure("the simulated modems did not start in time")
        line = output.readline()
        if not line:
            raise Failure(f"the simulated modems ended with status {self._process.wait()}")
        return tuple(modem["port"] for modem in json.loads(line)["modems"])

"""
One process of a gateway, for being killed.
"""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx2

__all__ = ["Process"]


class Process:
    """``smscore serve`` in a directory, always on the same port."""

    def __init__(self, directory: Path, *options: str) -> None:
        self._directory = directory
        self._options = options
        self._port = _free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self.origin = f"http://127.0.0.1:{self._port}"
        self.log = directory / "server.log"
        self.has_begun = False

    def start(self, config: str, *, told: str, environment: Mapping[str, str]) -> None:
        """Start it with this configuration, and do not wait for it; ``told`` to its log."""
        assert self._server is None, "the server runs already"
        command = (
            *(sys.executable, "-m", "smscore_server", "serve", *self._options),
            *("--config", str(self._directory / config), "--port", str(self._port)),
        )
        with self.log.open("ab") as log:
            log.write(f"== {told}\n".encode())
            log.flush()
            self._server = subprocess.Popen(
                command, env={**os.environ, **environment}, stdout=log, stderr=log
            )

    @property
    def is_running(self) -> bool:
        """Whether it was started, and its end was not waited for."""
        return self._server is not None

    @property
    def is_alive(self) -> bool:
        """Whether it runs at this moment."""
        return self._server is not None and self._server.poll() is None

    def answers(self) -> bool:
        """Whether it has begun."""
        with suppress(httpx2.TransportError):
            self.has_begun |= httpx2.get(f"{self.origin}/health/live").status_code == 200
        return self.has_begun

    def kill(self) -> None:
        """End it as a power cut does; may be called after its end."""
        if self._server is not None:
            self._server.kill()

    def ask_to_stop(self) -> None:
        """End it as an operator does."""
        assert self._server is not None
        self._server.send_signal(signal.SIGTERM)

    def await_end(self, timeout: float) -> int | None:
        """Wait for the status with which it ends; None: it runs still."""
        assert self._server is not None
        try:
            status = self._server.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self._server = None
        self.has_begun = False
        return status


def _free_port() -> int:
    # Below those that the system gives to callers: one of them could take it while the server is
    # down, or call itself.
    for _ in range(100):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is no free port")

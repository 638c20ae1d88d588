"""
What systemd is told, heard at a real socket of the kind that it has.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PATIENCE = 30.0


class Manager:
    """A service manager's ear."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(place.replace("@", "\0"))
        self._line.settimeout(PATIENCE)

    @contextmanager
    def serving(self, **environment: str) -> Iterator["subprocess.Popen[str]"]:
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "smscore_server", "serve", "--port", "0"],
            env={**os.environ, "NOTIFY_SOCKET": self._place, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as server:
            try:
                yield server
            finally:
                server.kill()

    def hears(self) -> dict[str, str]:
        """The next message, but for those of the watchdog."""
        while (said := self._next()) == {"WATCHDOG": "1"}:
            pass
        return said

    def hears_the_watchdog(self) -> None:
        while self._next() != {"WATCHDOG": "1"}:
            pass

    def close(self) -> None:
        self._line.close()

    def _next(self) -> dict[str, str]:
        lines = self._line.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture(params=["file", "abstract"])
def manager(request, installation):
    place = f"@smscore-test-{os.getpid()}" if request.param == "abstract" else "notify"
    manager = Manager(place if place[0] == "@" else str(installation / place))
    yield manager
    manager.close()


def test_it_is_told_when_the_server_answers_and_when_it_ends(manager):
    with manager.serving() as server:
        assert manager.hears()["READY"] == "1"
        server.terminate()

        assert manager.hears()["STOPPING"] == "1"
        assert server.wait(PATIENCE) == 0


def test_reading_certificates_again_is_a_reload(manager):
    with manager.serving() as server:
        manager.hears()
        server.send_signal(signal.SIGHUP)

        said = manager.hears()
        assert said["RELOADING"] == "1"
        assert said["MONOTONIC_USEC"].isdecimal()
        assert manager.hears()["READY"] == "1"


def test_beginning_anew_is_a_reload_of_the_same_process(manager):
    with manager.serving() as server:
        manager.hears()
        server.send_signal(signal.SIGUSR2)

        assert manager.hears()["RELOADING"] == "1"
        assert manager.hears()["READY"] == "1"
        assert server.poll() is None


def test_a_watchdog_hears_again_and_again_that_the_server_is_alive(manager):
    with manager.serving(WATCHDOG_USEC="300000"):
        manager.hears()

        for _ in range(3):
            manager.hears_the_watchdog()


def test_a_watchdog_of_another_process_hears_nothing(manager):
    with manager.serving(WATCHDOG_USEC="1000", WATCHDOG_PID="1") as server:
        assert manager.hears()["READY"] == "1"
        server.terminate()

        assert manager._next().get("STOPPING") == "1"


def test_a_manager_that_is_gone_is_no_obstacle(manager):
    with manager.serving() as server:
        manager.hears()
        manager.close()
        server.terminate()

        assert server.wait(PATIENCE) == 0

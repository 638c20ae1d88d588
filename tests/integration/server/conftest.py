import itertools
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result
from log_search import search

from smscore_server.cli import smscore

PATIENCE = 30.0

_numbers = itertools.count(1)

# A prompt speaks to the terminal that controls the process, whatever its streams are.
ON_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-P", "-m", "smscore_server", *sys.argv[1:]])
"""


class Program:
    """
    A command that runs until it is stopped; each line that it prints can be waited for.

    Standard error goes to a file beside its own, which is searched for secrets after the test.
    """

    def __init__(self, *arguments: str, directory: Path) -> None:
        self._log = directory / f".{arguments[0]}-{next(_numbers)}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "smscore_server", *arguments],
                cwd=directory,
                env={**os.environ, "PYTHONFAULTHANDLER": "1"},  # for whoever does not end
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.pid = self._process.pid
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def line(self) -> str:
        """The next line of standard output; fails with what went to standard error."""
        line = self._lines.get(timeout=PATIENCE)
        if not line:
            self._process.wait(PATIENCE)
            raise AssertionError(self._log.read_text())
        return line

    def lines_until(self, pattern: str) -> list[str]:
        lines = [self.line()]
        while not re.search(pattern, lines[-1]):
            lines.append(self.line())
        return lines

    def await_logged(self, pattern: str) -> str:
        """Wait until standard error has it, and say what it has."""
        pause, ends_at = threading.Event(), time.monotonic() + PATIENCE
        while not re.search(pattern, said := self._log.read_text()):
            assert time.monotonic() < ends_at, said
            pause.wait(0.02)
        return said

    def ask_to_stop(self) -> None:
        """SIGTERM; may be called after the end."""
        self._process.terminate()

    def stop(self) -> int:
        """SIGTERM, and the status with which the program ended; may be called after its end."""
        self.ask_to_stop()
        return self.wait()

    def interrupt(self) -> int:
        """Ctrl-C, and the status with which the program ended."""
        self._process.send_signal(signal.SIGINT)
        return self.wait()

    def end(self) -> str:
        """SIGTERM, and what went to standard error."""
        self.stop()
        return self._log.read_text()

    def wait(self) -> int:
        """The status with which it ended; fails with what its threads do if it does not end."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
        has_ended = self._process.returncode is not None
        if not has_ended:
            self._process.send_signal(signal.SIGABRT)
        status = self._process.wait(PATIENCE)
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        assert has_ended, self._log.read_text()
        return status

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self._process.kill()
        self.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts commands in the test's directory; they end with the test."""
    started: list[Program] = []

    def start(*arguments: str) -> Program:
        started.append(Program(*arguments, directory=tmp_path))
        return started[-1]

    yield start
    with ExitStack() as ends:
        for program in started:
            program.ask_to_stop()  # all of them at once
            ends.callback(program.wait)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation to copy: making a database takes longer than a test."""
    directory = tmp_path_factory.mktemp("installation")
    result = CliRunner().invoke(smscore, ["init", "--dir", str(directory)])
    assert result.exit_code == 0, result.output
    return directory


@attrs.frozen(kw_only=True)
class RunningServer:
    """One that is there for several tests, each with an account of its own."""

    url: str
    config: Path


@pytest.fixture(scope="module")
def running_server(
    template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server in an installation of its own, until the last test of the module has ended."""
    directory = tmp_path_factory.mktemp("server")
    shutil.copytree(template, directory, dirs_exist_ok=True)
    server = Program("serve", "--port", "0", "--json", directory=directory)
    try:
        url = json.loads(server.line())["url"]
        yield RunningServer(url=url, config=directory / "smscore.toml")
    finally:
        search(server.end().splitlines(), of="serve")


@pytest.fixture
def installation(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh installation, in which the commands of the test work."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SMSCORE_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def command(installation: Path) -> Callable[..., Result]:
    """Runs a command in the installation."""

    def command(*arguments: str, stdin: str | bytes = "", environment: Any = None) -> Result:
        return CliRunner().invoke(smscore, list(arguments), input=stdin, env=environment)

    return command


@pytest.fixture
def answer(command: Callable[..., Result]) -> Callable[..., Any]:
    """Runs a command that must succeed, and parses its JSON."""

    def answer(*arguments: str) -> Any:
        result = command(*arguments, "--json")
        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) == 1
        return json.loads(result.stdout)

    return answer


@pytest.fixture
def on_terminal(installation: Path) -> Callable[..., tuple[int, str]]:
    """Runs a command on a terminal, gives each prompt its answer; says status and what was seen."""

    def on_terminal(*arguments: str, answers: Mapping[str, str]) -> tuple[int, str]:
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", ON_TERMINAL, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = ""
        for prompt, answer in answers.items():
            while not shown.endswith(prompt):
                shown += os.read(ours, 1024).decode()
            os.write(ours, f"{answer}\n".encode())
        with suppress(OSError):  # the terminal is gone when the process is
            while seen := os.read(ours, 1024):
                shown += seen.decode()
        os.close(ours)
        return process.wait(PATIENCE), shown

    return on_terminal


@pytest.fixture
def channel(installation: Path) -> Path:
    """A configured modem that is not there: messages to it stay queued."""
    port = installation / "modem1"
    with (installation / "smscore.toml").open("a") as file:
        file.write(f'\n[channels.modem-1]\ntransport = "modem"\nport = "{port}"\ngap = 0\n')
    return port

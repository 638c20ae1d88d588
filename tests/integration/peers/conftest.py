"""
What others wrote, in processes of its own: programs that are asked a question at a time, one line
of JSON each way, and programs that run by themselves and are watched. ``make test-peers`` installs
them; they are never imported here.
"""

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import attrs
import pytest

from smscore.domain.alphabets import GSM7
from smscore_modem.simulator import ModemSimulator, Submission

HERE = Path(__file__).parent
# Where the server is as a process of its own; the tests are no package.
sys.path.insert(0, str(HERE.parent / "http"))
PATIENCE = 60.0

_WRITABLE = [char for char in map(chr, range(0x2100)) if GSM7.has(char)]
_BASIC = [char for char in _WRITABLE if len(GSM7.encode(char)) == 1]
_ESCAPED = [char for char in _WRITABLE if len(GSM7.encode(char)) == 2]
_PLANE_0 = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
_OTHER_PLANES = range(0x10000, 0x110000)
_CLUSTERS = ["e\u0301", "👩\u200d👩\u200d👧", "🇩🇪", "नि", "👍🏽", "\r\n", "각"]


class Peer:
    """One running program."""

    def __init__(self, *command: str, **environment: str) -> None:
        self._command = command
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            text=True,
            encoding="ascii",
        )

    def ask(self, question: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"{self._command} ended at {question!r}; it says why on standard error"
        return json.loads(answer)

    def end(self) -> None:
        """An end of input is the end of the program."""
        try:
            self._process.communicate(timeout=30)
        finally:
            self._process.kill()


class Watched:
    """One program that runs until its test is over; what it says can be waited for."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
        self._said = b""

    def wait_for(self, pattern: str) -> str:
        """What it has said until something matches; fails with all of it when nothing does."""
        assert self._process.stdout is not None
        deadline = monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not re.search(pattern, self.said):
                assert selector.select(deadline - monotonic()), f"no {pattern} in: {self.said}"
                more = os.read(self._process.stdout.fileno(), 65_536)
                assert more, f"it ended without {pattern}: {self.said}"
                self._said += more
        return self.said

    @property
    def said(self) -> str:
        return self._said.decode("utf-8", "replace")

    def end(self) -> None:
        """Ask it to end, and make sure that it and its children have."""
        self._process.terminate()
        try:
            rest, _ = self._process.communicate(timeout=PATIENCE)
            self._said += rest
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


@attrs.frozen(kw_only=True)
class Line:
    """One simulated modem, and the messages that its network took from it."""

    simulator: ModemSimulator

    @property
    def taken(self) -> list[Submission]:
        return self.simulator.taken

    @property
    def port(self) -> str:
        return self.simulator.ports[0]


@pytest.fixture
def profile() -> str:
    """Whom the modem resembles; tests may choose another one."""
    return "generic"


@pytest.fixture
def line(profile: str) -> Iterator[Line]:
    with ModemSimulator(modems=1, profiles=(profile,)) as simulator:
        yield Line(simulator=simulator)


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    """Starts programs that end with the test."""
    started: list[Watched] = []

    def watch(*command: str) -> Watched:
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed; 'make test-peers' does it")
        started.append(Watched(*command))
        return started[-1]

    yield watch
    for program in started:
        program.end()


@pytest.fixture(scope="session")
def peers_directory() -> Path:
    """Where ``.ci/install-peers`` has put what others wrote."""
    home = os.environ.get("SMSCORE_PEERS")
    if home is None:
        pytest.skip("SMSCORE_PEERS is not set; 'make test-peers' does it")
    return Path(home)


@pytest.fixture(scope="session")
def peer_python(peers_directory: Path) -> str:
    """The interpreter that has the packages of PyPI."""
    python = peers_directory / "python/bin/python"
    if not python.exists():
        pytest.skip(f"there is no {python}; 'make test-peers' makes it")
    return str(python)


@pytest.fixture(scope="session")
def peer() -> type[Peer]:
    """What a test asks a program of its own by."""
    return Peer


@pytest.fixture(scope="session")
def node_pdu(peers_directory: Path) -> Iterator[Peer]:
    """Reads PDUs; see ``read_pdus.js``."""
    node, modules = shutil.which("node"), peers_directory / "node_modules"
    if node is None or not (modules / "node-pdu").exists():
        pytest.skip("node-pdu is not installed; 'make test-peers' does it")
    peer = Peer(node, str(HERE / "read_pdus.js"), NODE_PATH=str(modules))
    yield peer
    peer.end()


@pytest.fixture(scope="session")
def smsutil(peer_python: str) -> Iterator[Peer]:
    """Cuts texts; see ``split_texts.py``."""
    peer = Peer(peer_python, str(HERE / "split_texts.py"))
    yield peer
    peer.end()


@pytest.fixture
def gsmmodem(peer_python: str) -> Iterator[Peer]:
    """Drives a modem; see ``drive_gsmmodem.py``."""
    peer = Peer(peer_python, str(HERE / "drive_gsmmodem.py"))
    yield peer
    peer.end()


@pytest.fixture(params=["default", "escaped", "plane 0", "other planes", "mixed"])
def texts(request: pytest.FixtureRequest) -> Iterator[tuple[str, Random]]:
    """
    Texts of one kind, the same in every run, each with a source for whatever else a test draws.

    2 000 of all kinds together, or 100 000 with ``--nightly``.
    """
    count = 100_000 if request.config.getoption("nightly") else 2_000
    sources = (Random(f"{request.param} {number}") for number in range(count // 5))
    return ((_text(source, request.param), source) for source in sources)


def _text(source: Random, kind: str) -> str:
    length = source.choice(
        (
            source.randint(0, 30),
            source.randint(60, 80),
            source.randint(125, 175),
            source.randint(290, 320),
            source.randint(400, 700),
        )
    )
    return "".join(_pieces(source, kind, length))


def _pieces(source: Random, kind: str, length: int) -> Sequence[str]:
    match kind:
        case "default":
            return source.choices(_BASIC, k=length)
        case "escaped":
            share = source.choice((0.05, 0.5, 1))
            return [
                source.choice(_ESCAPED if source.random() < share else _BASIC)
                for _ in range(length)
            ]
        case "plane 0":
            return source.choices(_PLANE_0, k=length)
        case "other planes":
            return [chr(code) for code in source.choices(_OTHER_PLANES, k=length)]
        case _:
            pieces = source.choices(_BASIC, k=length)
            for place in range(0, length, source.randint(1, 40)):
                pieces[place] = source.choice((*_CLUSTERS, source.choice(_PLANE_0)))
            return pieces

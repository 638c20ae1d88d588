"""
Listening sockets that outlive a process: from systemd, and from one run of the server to the next.

Both come as sd_listen_fds(3) has it: in the descriptors from 3 on, with names in the environment.
What connects between two runs waits in the socket instead of being refused.
"""

import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import NoReturn, Self

from smscore.errors import ConfigurationError
from smscore_server._listening import limit_connections
from smscore_server._output import Failure

__all__ = ["HTTP", "PLAIN", "REHEARSAL", "SMTP", "Listeners", "let_signals_through", "rehearse"]

HTTP, PLAIN, SMTP = "http", "plain", "smtp"
"""What sockets are for, and how they are called; any other name is for HTTP."""

REHEARSAL = "--rehearse"
"""The option of a program that only says whether it could run."""
_PATIENCE = 30.0  # seconds for a rehearsal

_FIRST = 3  # SD_LISTEN_FDS_START
_PROCESS, _COUNT, _NAMES = "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"
_SIGNALS = (signal.SIGHUP, signal.SIGUSR2, signal.SIGINT, signal.SIGTERM)


class Listeners:
    """
    The listening sockets of a server, to begin with those that its process was started with.

    They are closed at the end of a ``with`` block.

    Raises:
        Failure: something else was handed over.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._sockets: list[tuple[str, socket.socket]] = []
        process, count, names = (os.environ.pop(key, "") for key in (_PROCESS, _COUNT, _NAMES))
        if process == str(os.getpid()) and count.isdecimal():
            said = names.split(":") + [HTTP] * int(count)
            for place in range(int(count)):
                name = said[place] if said[place] in (PLAIN, SMTP) else HTTP
                self.add(name, _inherited(_FIRST + place, name=name))
        self.were_handed_over = bool(self._sockets)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Turn away who connects from now on, unless whoever handed the sockets over has them."""
        self._open.close()

    def add(self, name: str, listener: socket.socket) -> None:
        """One more, which is ours from now on."""
        self._sockets.append((name, self._open.enter_context(listener)))

    def has(self, name: str) -> bool:
        """Whether there is one of this name."""
        return any(known == name for known, _ in self._sockets)

    def drop(self, name: str) -> None:
        """Close those of a name, whom nobody serves any more: who connects is turned away."""
        for known, one in self._sockets:
            if known == name:
                one.close()
        self._sockets = [one for one in self._sockets if one[0] != name]

    def shared(self, name: str) -> Sequence[socket.socket]:
        """Those of a name, once more: whoever closes these closes nobody's door."""
        return [one.dup() for known, one in self._sockets if known == name]

    def run_again(self, *, if_so: Callable[[], bool]) -> None:
        """
        Begin anew as the same process: the program as it is installed now, on the same sockets.

        To be called when everything else has ended. Returns only if it is not to be: ``if_so`` is
        asked when no signal can change that any more, for from there on they wait for the new one.

        Raises:
            Failure: the program cannot be run.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        if if_so():
            self._execute()

    def _execute(self) -> NoReturn:
        environment = {
            **os.environ,
            _PROCESS: str(os.getpid()),
            _COUNT: str(len(self._sockets)),
            _NAMES: ":".join(name for name, _ in self._sockets),
        }
        behind = _FIRST + len(self._sockets)
        kept = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, behind) for _, one in self._sockets]
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        for place, descriptor in enumerate(kept, start=_FIRST):
            os.dup2(descriptor, place)
        try:
            os.execve(  # noqa: S606  # what runs already, with what it was given
                sys.executable, _command(), environment
            )
        except OSError as cause:
            raise Failure(f"{sys.executable} cannot be run again: {cause.strerror}") from cause


def rehearse() -> None:
    """
    Let pass that the program, as it is installed now, could run with what it is given now. Blocks.

    Raises:
        ConfigurationError: it could not.
    """
    try:
        done = subprocess.run(  # noqa: S603  # what runs already, with what it was given
            [*_command(), REHEARSAL],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except OSError as cause:
        raise ConfigurationError(f"{sys.executable} cannot be run: {cause.strerror}") from cause
    except subprocess.TimeoutExpired as cause:
        raise ConfigurationError(
            f"the program was tried for {_PATIENCE:g} s, and had not said that it could run"
        ) from cause
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"it ends with {done.returncode}"]
        raise ConfigurationError(said[-1].removeprefix("error: "))


def _command() -> list[str]:
    return [sys.executable, *sys.orig_argv[1:]]


def _inherited(descriptor: int, *, name: str) -> socket.socket:
    try:
        found = socket.socket(fileno=descriptor)
        is_listening = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as cause:
        raise Failure(f"no socket was handed over for {name}: {cause.strerror}") from cause
    if not is_listening or found.type != socket.SOCK_STREAM:
        raise Failure(f"what was handed over for {name} is no socket that takes connections")
    found.set_inheritable(False)
    limit_connections(found)
    return found


def let_signals_through() -> None:
    """Hear what :meth:`Listeners.run_again` holds back; to be called when there are handlers."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

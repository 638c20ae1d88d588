"""
The control socket: how commands reach the devices that a running server holds.

A request is one line of JSON, and so is its answer; a connection may carry any number of them::

    {"channel": "modem-1", "operation": "ussd", "arguments": {"code": "*100#"}}
    {"ok": true, "result": {"text": "You have 3.10 left"}}
    {"ok": false, "code": "not_ready", "error": "no network has registered the SIM"}

The owner of the server's process may ask, and root: the mode of the file says so, and the kernel is
asked who is at the other end. Arguments hold PINs and are never logged.
"""

import errno
import json
import logging
import os
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec

from smscore import GatewayConfig
from smscore.errors import GatewayError

__all__ = ["LONGEST_LINE", "ControlSocket", "Operate", "check_length", "control_path"]

_log = logging.getLogger(__name__)

LONGEST_LINE = 16_384
"""Octets of a request; an answer is as long as what was asked for."""
_LONGEST_PATH = 107
"""Octets; `sun_path` of unix(7) has 108 with the one that ends it."""
_MOST_CONNECTIONS = 16
_SILENCE = 60.0
"""Seconds after which a connection is ended on which nothing is asked."""
_PAUSE = 1.0
"""Seconds until it is tried again to take a connection."""
_LOOKS = frozenset({"health", "identify", "inbox", "signal", "transcript"})

Operate = Callable[[str, str, Mapping[str, str]], Mapping[str, object]]
"""Channel, operation and arguments in, what came of it out; `Gateway.operate` is one."""


class _Request(msgspec.Struct, forbid_unknown_fields=True):
    channel: str
    operation: str
    arguments: dict[str, str] = {}  # msgspec makes a new one for each


def control_path(config: GatewayConfig) -> Path:
    """Where the socket of a server with this configuration is: beside the database."""
    prefix = "sqlite:///"
    if not config.store_url.startswith(prefix):
        return config.path("control.sock")
    return Path(config.store_url.removeprefix(prefix)).with_name("control.sock")


def check_length(path: Path) -> None:
    """
    See that a socket can have this path.

    Raises:
        OSError: it is too long.
    """
    length = len(os.fsencode(path))
    if length > _LONGEST_PATH:
        raise OSError(
            errno.ENAMETOOLONG,
            f"its path has {length} octets and a socket's may have {_LONGEST_PATH}; put the "
            "database into a directory with a shorter path, or reach it by a symbolic link in "
            "[store] url",
        )


class ControlSocket:
    """
    Listens from :meth:`start` to :meth:`close`, and passes on what it is asked to ``operate``.

    Each connection has a thread, for an operation may take a minute. Close it after what it
    operates on, so that nobody is left waiting there.
    """

    def __init__(self, path: Path, *, operate: Operate) -> None:
        self._path = path
        self._operate = operate
        self._owner = os.geteuid()
        self._lock = threading.Lock()  # guards the next three
        self._stopping = threading.Event()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._listener: socket.socket | None = None
        self._inode = 0
        self._acceptor: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen. A server works without, so what is in the way is only logged."""
        try:
            self._listener = self._listen()
        except OSError as fault:
            _log.warning(
                "no control socket %s, so commands about modems cannot reach this server: %s",
                self._path,
                fault.strerror or fault,
            )
            return
        self._acceptor = threading.Thread(
            target=self._accept, args=(self._listener,), name="smscore-control", daemon=True
        )
        self._acceptor.start()

    def close(self) -> None:
        """Stop listening, end what is connected, remove the file. May be called twice."""
        with self._lock:
            self._stopping.set()
            listener, self._listener = self._listener, None
            connections = dict(self._connections)
        if listener is not None:
            self._remove()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._acceptor is not None:
            self._acceptor.join()
        if listener is not None:
            listener.close()
        for thread in connections.values():
            thread.join()

    def _listen(self) -> socket.socket:
        check_length(self._path)
        _remove_stale(self._path)
        with ExitStack() as undone:
            listener = undone.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(self._path))
            # Before it listens nobody can connect, so there is no moment in which others could.
            self._path.chmod(0o600)
            listener.listen(_MOST_CONNECTIONS)
            self._inode = self._path.stat().st_ino
            undone.pop_all()
        return listener

    def _remove(self) -> None:
        # Not one that another server has put in its place.
        with suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError as fault:
                self._pause(fault)
            else:
                self._admit(connection)

    def _pause(self, fault: OSError) -> None:
        """Too many open files, for one, passes; only closing ends us, and makes us fail as well."""
        if not self._stopping.is_set():
            _log.warning("no command can connect for a moment: %s", fault.strerror or fault)
            self._stopping.wait(_PAUSE)

    def _admit(self, connection: socket.socket) -> None:
        connection.settimeout(_SILENCE)
        thread = threading.Thread(
            target=self._serve, args=(connection,), name="smscore-control-line", daemon=True
        )
        with self._lock:
            refusal = self._refusal(connection)
            if refusal is None:
                self._connections[connection] = thread
        if refusal is None:
            thread.start()
            return
        with connection, suppress(OSError):
            connection.sendall(_encode(_refused("refused", refusal)))

    def _refusal(self, connection: socket.socket) -> str | None:
        if self._stopping.is_set():
            return "the server is stopping"
        if _user_at(connection) not in (None, 0, self._owner):
            return "only the user that the server runs as may ask, and root"
        if len(self._connections) >= _MOST_CONNECTIONS:
            return f"{_MOST_CONNECTIONS} commands are connected already; wait for one to end"
        return None

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as lines, suppress(OSError):
                while line := lines.readline(LONGEST_LINE + 1):
                    connection.sendall(_encode(self._answer(line)))
                    if len(line) > LONGEST_LINE:
                        return
        finally:
            with self._lock:
                self._connections.pop(connection, None)

    def _answer(self, line: bytes) -> Mapping[str, object]:
        """Whatever is asked, there is an answer: the server and its other callers go on."""
        if len(line) > LONGEST_LINE:
            return _refused("invalid_request", f"a request has at most {LONGEST_LINE} octets")
        try:
            request = msgspec.json.decode(line, type=_Request)
        except (msgspec.DecodeError, RecursionError) as fault:
            return _refused("invalid_request", f"this is no request: {fault}")
        level = logging.DEBUG if request.operation in _LOOKS else logging.INFO
        _log.log(level, "asked for %r of channel %r", request.operation, request.channel)
        try:
            result = self._operate(request.channel, request.operation, request.arguments)
            json.dumps(result)
        except GatewayError as refusal:
            return _refused(refusal.code, str(refusal))
        except Exception as fault:  # noqa: BLE001  # the top of a thread, behind it a stranger's code
            # Without the words of the fault: they may hold an argument.
            trace = "".join(traceback.format_tb(fault.__traceback__))
            _log.error("an operation broke: %s\n%s", type(fault).__name__, trace)
            return _refused("internal_error", "the operation broke; the log of the server says how")
        return {"ok": True, "result": result}


def _remove_stale(path: Path) -> None:
    """Make room where a killed server left its socket."""
    if path.exists() and not path.is_socket():
        raise OSError(errno.EEXIST, "there is a file that is no socket; move it away")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, "another server listens there; one directory serves one server")


def _user_at(connection: socket.socket) -> int | None:
    """The user id at the other end; None where the kernel cannot say: the file's mode has to do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    form = struct.Struct("iII")  # process, user, group
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size)
    user: int = form.unpack(found)[1]
    return user


def _refused(code: str, error: str) -> Mapping[str, object]:
    return {"ok": False, "code": code, "error": error}


def _encode(answer: Mapping[str, object]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode() + b"\n"

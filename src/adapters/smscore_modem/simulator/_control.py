"""
The simulator's control socket: JSON lines that ask how its modems are, and play fate.

A request is one line, and so is its answer; a connection may carry any number of them, as long as
whoever asks also reads::

    {"do": "inject", "modem": "modem1", "sender": "+491701234567", "text": "hello"}
    {"ok": true, "result": {}}
    {"do": "fault", "modem": "modem1", "fault": "silent commands=3"}
    {"do": "modems"}
    {"do": "submissions"}

What can be done to a modem is in :class:`Doing`. A request that cannot be obeyed is answered with
``{"ok": false, "error": "…"}``.
"""

import errno
import json
import os
import socket
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from smscore.domain.alphabets import decode_ucs2
from smscore.domain.headers import alphabet_of
from smscore.errors import ConfigurationError
from smscore.structuring import nearest, structure
from smscore_modem._pdu import Coding
from smscore_modem.simulator._actions import Action, Doing
from smscore_modem.simulator._loop import Loop
from smscore_modem.simulator._submissions import Submission
from smscore_modem.simulator._terminal import Stream

__all__ = ["ControlSocket", "RefusedRequest", "ask"]

_LONGEST_PATH = 107  # sun_path of unix(7), without the octet that ends it
_LONGEST_LINE = 65_536
_MOST_UNREAD = 1_048_576  # octets of answers that wait while somebody asks on
_PATIENCE = 10.0
_QUESTIONS = ("modems", "submissions")


class RefusedRequest(Exception):
    """The simulator did not do what it was asked for, and says why."""


def ask(path: Path, do: str, **words: object) -> Any:
    """
    Ask a simulator that runs elsewhere; what it answers.

    Raises:
        RefusedRequest: it does not do that.
        OSError: there is no simulator.
    """
    with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rwb") as stream:
        connection.settimeout(_PATIENCE)
        connection.connect(str(path))
        stream.write(json.dumps({"do": do, **words}).encode() + b"\n")
        stream.flush()
        line = stream.readline()
    if not line:
        raise ConnectionResetError(f"{path}: the simulator hung up")
    answer = json.loads(line)
    if not answer["ok"]:
        raise RefusedRequest(answer["error"])
    return answer["result"]


class _Simulator(Protocol):
    taken: list[Submission]

    def perform(self, action: Action) -> None: ...

    def state(self) -> list[dict[str, object]]: ...


class ControlSocket:
    """
    Listens until it is closed, on the thread of the loop; for the owner of the process alone.

    Raises:
        OSError: the socket cannot be made; it names the file.
    """

    def __init__(self, loop: Loop, simulator: _Simulator, path: Path) -> None:
        self._loop = loop
        self._simulator = simulator
        self._path = path
        self._connections: dict[socket.socket, Stream] = {}
        self._server = _listen(path)
        loop.watch(self._server, self._accept)

    def close(self) -> None:
        """End all connections and remove the file."""
        for connection in tuple(self._connections):
            self._hang_up(connection)
        self._loop.forget(self._server)
        self._server.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connection, _ = self._server.accept()
        except OSError:  # it has gone already
            return
        heard = bytearray()
        self._connections[connection] = Stream(
            self._loop,
            connection,
            on_bytes=partial(self._hear, connection, heard),
            most_unread=None,
        )

    def _hear(self, connection: socket.socket, heard: bytearray, data: bytes) -> None:
        heard += data
        *lines, rest = heard.split(b"\n")
        heard[:] = rest
        if not data or len(heard) > _LONGEST_LINE:
            self._hang_up(connection)
            return
        stream = self._connections[connection]
        for line in filter(None, lines):
            # One answer may be longer than that; whoever asks on reads none.
            if stream.unread > _MOST_UNREAD:
                self._hang_up(connection)
                return
            answer = json.dumps(self._answer(bytes(line)), separators=(",", ":"))
            stream.write(answer.encode() + b"\n")

    def _hang_up(self, connection: socket.socket) -> None:
        stream = self._connections.pop(connection, None)
        if stream is not None:
            stream.close()
            connection.close()

    def _answer(self, line: bytes) -> Mapping[str, object]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError("a request is a JSON object")  # noqa: TRY004  # of whoever asks
            return {"ok": True, "result": self._obey(request)}
        except RecursionError:
            return {"ok": False, "error": "a request is not that deep"}
        except (ValueError, ConfigurationError) as error:
            return {"ok": False, "error": str(error)}

    def _obey(self, request: Mapping[str, Any]) -> object:
        match request:
            case {"do": "modems"}:
                return self._simulator.state()
            case {"do": "submissions"}:
                return [_shown(submission) for submission in self._simulator.taken]
            case {"do": do} if do in list(Doing):
                self._simulator.perform(structure(request, Action, where="request"))
                return {}
        known = (*_QUESTIONS, *Doing)
        raise ValueError(f"cannot do {request.get('do')!r}{nearest(str(request.get('do')), known)}")


def _listen(path: Path) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_PATH:
        reason = f"a socket's path may have {_LONGEST_PATH} octets; choose a shorter one"
        raise OSError(errno.ENAMETOOLONG, reason, str(path))
    _remove_stale(path)
    server = socket.socket(socket.AF_UNIX)
    try:
        server.bind(str(path))
        # Before it listens nobody can connect.
        path.chmod(0o600)
        server.listen()
        server.settimeout(0)
    except OSError as cause:
        server.close()
        raise OSError(cause.errno, cause.strerror, str(path)) from cause
    return server


def _remove_stale(path: Path) -> None:
    """Remove what a killed simulator left."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OSError(errno.EEXIST, "there is a file of that name; choose another", str(path))
        with socket.socket(socket.AF_UNIX) as attempt:
            try:
                attempt.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            else:
                raise OSError(errno.EADDRINUSE, "another simulator listens there", str(path))


def _shown(submission: Submission) -> Mapping[str, object]:
    submit = submission.submit
    return {
        "modem": submission.modem,
        "recipient": str(submit.recipient),
        "mr": submission.reference,
        "text": _text_of(submission),
        "pdu": submission.pdu.hex().upper(),
    }


def _text_of(submission: Submission) -> str | None:
    """What one part says by itself; None for data."""
    data = submission.submit.user_data
    match data.coding:
        case Coding.GSM7:
            return alphabet_of(data.header).decode(data.content)
        case Coding.UCS2:
            return decode_ucs2(data.content)
    return None

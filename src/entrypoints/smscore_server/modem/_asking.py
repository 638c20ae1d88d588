"""
Asking a running server over its control socket for what only it can do: it holds the devices.
"""

import json
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from smscore.errors import NotReady
from smscore_server._output import Failure

__all__ = ["RunningServer"]

_PATIENCE = 150.0
"""Seconds for one answer: a USSD session may take a minute, and another one may go before."""


class RunningServer:
    """A connection to a running server; ends with its ``with`` block."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = connection.makefile("rb")

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """
        The server that listens there; None if there is none.

        Raises:
            Failure: there is one, but it is not for us.
        """
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except PermissionError as cause:
            connection.close()
            raise Failure(
                f"the running server belongs to another user: only that one and root may use {path}"
            ) from cause
        except OSError:
            connection.close()
            return None
        connection.settimeout(_PATIENCE)
        return cls(connection)

    @property
    def process(self) -> int | None:
        """The number of its process; None where the kernel does not say."""
        if not hasattr(socket, "SO_PEERCRED"):
            return None
        form = struct.Struct("iII")  # process, user, group
        said = self._connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, form.size)
        number: int = form.unpack(said)[0]
        return number or None

    def operate(
        self, channel: str, operation: str, arguments: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """
        Have the server do an operation of a channel, and wait for what comes of it.

        Raises:
            NotReady: the channel cannot at the moment.
            Failure: it was refused, or the server ended meanwhile.
        """
        request = {"channel": channel, "operation": operation, "arguments": dict(arguments)}
        line = b""
        # What a server says that refuses the connection comes before anything was asked.
        with suppress(BrokenPipeError):
            self._connection.sendall(json.dumps(request).encode() + b"\n")
        try:
            line = self._answers.readline()
        except TimeoutError as cause:
            raise Failure("the running server did not answer in time") from cause
        except OSError as cause:
            raise Failure(f"the running server hung up: {cause.strerror}") from cause
        if not line.endswith(b"\n"):
            raise Failure("the running server ended before it answered")
        answer = json.loads(line)
        if not answer["ok"]:
            kind = NotReady if answer["code"] == NotReady.code else Failure
            raise kind(answer["error"])
        result: Mapping[str, Any] = answer["result"]
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._connection.close()

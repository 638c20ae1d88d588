"""
The socket on which the server listens.
"""

import errno
import socket
import sys
from contextlib import ExitStack, suppress

from smscore_server._output import Failure

__all__ = ["address", "limit_connections", "listen"]

_BACKLOG = 2048
# What the system keeps for a client that reads slowly or not at all, who may be anybody: else four
# megabytes for each of them, and for ever.
_UNSENT = 128 << 10  # bytes
_PATIENCE = 60_000  # milliseconds in which nothing was taken


def listen(host: str, port: int) -> socket.socket:
    """
    A listening socket; port 0 takes a free one.

    Raises:
        Failure: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return _open(host, port, family)
    except OSError as cause:
        if cause.errno == errno.EADDRINUSE:
            reason = f"port {port} of {host} is taken; stop what listens there, or choose another"
        else:
            reason = f"cannot listen on port {port} of {host}: {cause.strerror or cause}"
        raise Failure(reason) from cause
    except (OverflowError, TypeError, ValueError) as cause:
        # A port beyond 65535; a host with a null character, or that no name can look like.
        raise Failure(f"cannot listen on port {port} of {host!r}: {cause}") from cause


def _open(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    # As socket.create_server() does, which forgets to close what it cannot bind.
    with ExitStack() as undone:
        listener = undone.enter_context(socket.socket(family))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        limit_connections(listener)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        undone.pop_all()
    return listener


def limit_connections(listener: socket.socket) -> None:
    """Its connections inherit what slow readers may cost."""
    if sys.platform != "linux":
        return
    # A kernel that only looks like Linux may know neither, and a unix socket has none.
    with suppress(OSError):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _PATIENCE)


def address(listener: socket.socket, *, scheme: str = "http") -> str:
    """Where the socket can be reached from this machine; of a unix socket its path."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"

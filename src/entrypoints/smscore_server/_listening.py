"""
The socket on which the server listens.
"""

import errno
import socket

from smscore_server._output import Failure

__all__ = ["address", "listen"]


def listen(host: str, port: int) -> socket.socket:
    """
    A listening socket; port 0 takes a free one.

    Raises:
        Failure: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as cause:
        if cause.errno == errno.EADDRINUSE:
            reason = f"port {port} of {host} is taken; stop what listens there, or choose another"
        else:
            reason = f"cannot listen on port {port} of {host}: {cause.strerror or cause}"
        raise Failure(reason) from cause


def address(listener: socket.socket) -> str:
    """Where the socket can be reached from this machine."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

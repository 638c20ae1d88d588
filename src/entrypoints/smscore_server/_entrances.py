"""
Where the server can be reached over HTTP: its sockets, and what is spoken there.
"""

import socket
import ssl
from collections.abc import Sequence
from typing import NamedTuple

from smscore import GatewayConfig
from smscore_server._certificates import Certificate
from smscore_server._handover import HTTP, PLAIN, Listeners
from smscore_server._listening import address, listen

__all__ = ["Entrance", "certificate_of", "open_entrances"]


class Entrance(NamedTuple):
    """A listening socket; ``tls`` is None where plain HTTP is spoken."""

    listener: socket.socket
    tls: ssl.SSLContext | None

    @property
    def url(self) -> str:
        """Where it is on this machine."""
        return address(self.listener, scheme="http" if self.tls is None else "https")


def certificate_of(config: GatewayConfig) -> Certificate | None:
    """
    The configured one.

    Raises:
        ConfigurationError: it or its key cannot be used.
    """
    http = config.http
    if http.certificate is None:
        return None
    key = None if http.key is None else config.path(http.key)
    return Certificate(config.path(http.certificate), key, where="http")


def open_entrances(
    listeners: Listeners,
    *,
    host: str,
    port: int,
    plain_port: int | None,
    certificate: Certificate | None,
) -> Sequence[Entrance]:
    """
    The entrances that were handed over, and else those that are configured; the main one first.

    Raises:
        Failure: one cannot be had.
    """
    tls = None if certificate is None else certificate.context
    for name, wanted in ((HTTP, port), (PLAIN, plain_port)):
        if wanted is not None and not listeners.has(name):
            listeners.add(name, listen(host, wanted))
    return [
        *(Entrance(one, tls) for one in listeners.shared(HTTP)),
        *(Entrance(one, None) for one in listeners.shared(PLAIN)),
    ]

"""
Certificates of the server: renewed while it runs, and looked at before they expire.
"""

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from smscore.errors import ConfigurationError
from smscore.tls import server_context

__all__ = ["Certificate", "Lifetime", "lifetime"]

# X509_V_FLAG_PARTIAL_CHAIN and X509_V_FLAG_NO_CHECK_TIME: the certificate is trusted as it is.
_AS_IT_IS = 0x80000 | 0x200000


class Certificate:
    """
    One that new connections are shown; ``context`` stays the same and shows always the newest.

    Raises:
        ConfigurationError: it or its key cannot be used.
    """

    def __init__(self, certificate: Path, key: Path | None, *, where: str) -> None:
        self._files = (certificate, key)
        self._where = where
        self.context, self._newest = self._read(), self._read()
        self.context.sni_callback = self._show

    def renew(self) -> None:
        """
        Read the files again.

        Raises:
            ConfigurationError: what they hold now cannot be used; the last one stays.
        """
        self._newest = self._read()

    def _read(self) -> ssl.SSLContext:
        certificate, key = self._files
        context = server_context(certificate, key, where=self._where)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _show(self, side: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        side.context = self._newest


class Lifetime(NamedTuple):
    """From when to when a certificate is valid."""

    begins_at: datetime
    ends_at: datetime


def lifetime(context: ssl.SSLContext, certificate: Path) -> Lifetime:
    """
    That of a certificate in a server's context: found out as a client does it.

    Raises:
        ConfigurationError: no client would take it.
    """
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= _AS_IT_IS
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        client.load_verify_locations(certificate)
        theirs = client.wrap_bio(to_client, to_server)
        ours = context.wrap_bio(to_server, to_client, server_side=True)
        _greet(theirs, ours)
        said = theirs.getpeercert() or {}
    except ssl.SSLError as cause:
        raise ConfigurationError(f"{certificate}: {cause}") from cause
    begin, end = (
        datetime.fromtimestamp(ssl.cert_time_to_seconds(str(said[key])), UTC)
        for key in ("notBefore", "notAfter")
    )
    return Lifetime(begin, end)


def _greet(*sides: ssl.SSLObject) -> None:
    waiting = [*sides]
    while waiting:
        for side in [*waiting]:
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue

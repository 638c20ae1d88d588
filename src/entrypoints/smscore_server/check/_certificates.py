"""
What is right and wrong with the certificates that the server shows.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from smscore import GatewayConfig
from smscore.errors import GatewayError
from smscore.tls import server_context
from smscore_server._certificates import lifetime
from smscore_server._output import instant
from smscore_server.check._findings import Finding, ok, wrong

__all__ = ["certificates"]

_SOON = timedelta(days=14)
_SHARE = 3  # of its life is left when one is renewed, however short that is


def certificates(config: GatewayConfig, *, now: datetime | None) -> Iterator[Finding]:
    """
    Whether each can be read and used, and for how long; without ``now`` the latter is no fault.
    """
    named = {
        "http": (config.http.certificate, config.http.key),
        "smtp": (config.smtp.get("certificate"), config.smtp.get("key")),
    }
    for table, (certificate, key) in named.items():
        # What is no text in the table of mails is found by those who look at that.
        if isinstance(certificate, str):
            file = config.path(key) if isinstance(key, str) else None
            yield _one(table, config.path(certificate), file, now=now)


def _one(table: str, certificate: Path, key: Path | None, *, now: datetime | None) -> Finding:
    subject = f"certificate of [{table}]"
    try:
        begins_at, ends_at = lifetime(server_context(certificate, key, where=table), certificate)
    except GatewayError as fault:
        return wrong(subject, str(fault), remedy=f"name a certificate and its key in [{table}]")
    if now is not None and ends_at - now < min(_SOON, (ends_at - begins_at) / _SHARE):
        said = "has expired" if ends_at <= now else "expires"
        return wrong(
            subject,
            f"{certificate} {said}: {instant(ends_at)}",
            remedy="renew it, then 'systemctl reload smscore', or SIGHUP to the server",
        )
    return ok(subject, f"{certificate}, until {instant(ends_at)}")

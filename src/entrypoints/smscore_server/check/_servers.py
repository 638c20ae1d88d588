"""
Whether the servers that share the store are well, and agree.
"""

from collections.abc import Iterator

from smscore import Gateway
from smscore.errors import ConfigurationError, StoreError
from smscore_server._output import instant
from smscore_server.check._findings import Finding, ok, wrong

__all__ = ["servers"]


def servers(gateway: Gateway) -> Iterator[Finding]:
    """Those that run, and those that are silent."""
    try:
        found = gateway.inquiry.servers()
    except StoreError:
        return  # another finding says so
    own = _key_mark(gateway)
    for one in found:
        subject = f"server {one.about.name}"
        conflicts = ", ".join(one.conflicts)
        if not one.is_alive:
            yield wrong(
                subject,
                f"of the role {one.about.role}, is not heard of since {instant(one.heartbeat_at)}",
                remedy="start it again; once another one has done so it is forgotten after a day",
            )
        elif own is not None and one.about.key not in (None, own):
            yield wrong(
                subject,
                "has another key file: what one of you signs or hands out is nothing to the other",
                remedy="copy the key file of the one that is right to the other host, and restart",
            )
        elif conflicts:
            yield wrong(
                subject,
                f"would run {conflicts} as another server would, and they have a device",
                remedy=f"say with runs_on in [channels.{one.conflicts[0]}] which one has it",
            )
        else:
            yield ok(subject, f"of the role {one.about.role}, lives")


def _key_mark(gateway: Gateway) -> str | None:
    """None: there is no key file to compare, and none is to be made."""
    config = gateway.config
    if not config.path(config.security.key_file).exists():
        return None  # another finding says so
    try:
        return gateway.key_mark
    except ConfigurationError:
        return None  # so it does of one that is damaged

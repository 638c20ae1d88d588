"""
Whether the servers that share the store are well, and agree.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from smscore import Gateway
from smscore.errors import ConfigurationError, StoreError
from smscore.services.inquiry import ServerOverview
from smscore_server._clocks import identity, offsets, told
from smscore_server._output import instant
from smscore_server.check._findings import Finding, note, ok, wrong

__all__ = ["servers"]


def servers(gateway: Gateway) -> Iterator[Finding]:
    """Those that run, and those that are silent."""
    try:
        found = gateway.inquiry.servers()
        ahead = offsets(gateway, found)
    except StoreError:
        return  # another finding says so
    own = _key_mark(gateway)
    for one in found:
        offset = ahead.get(identity(one))
        if offset is None and (after := _successor(one, found)):
            yield note(
                f"server {one.about.name}",
                f"of the role {one.about.role}, ended without a word after "
                f"{instant(one.heartbeat_at)}, and was started again {instant(after)}",
            )
        else:
            yield _judged(gateway, one, offset=offset, own_key=own)


def _successor(one: ServerOverview, found: Sequence[ServerOverview]) -> datetime | None:
    """When the server was started again that is silent, as after a power cut; None: it was not."""
    same = (one.about.name, one.about.role)
    starts = [
        other.about.started_at
        for other in found
        if other.is_alive
        and (other.about.name, other.about.role) == same
        and other.about.started_at > one.heartbeat_at
    ]
    return min(starts) if starts and not one.is_alive else None


def _judged(
    gateway: Gateway, one: ServerOverview, *, offset: timedelta | None, own_key: str | None
) -> Finding:
    subject = f"server {one.about.name}"
    unknown = [name for name in one.about.channels if name not in gateway.transports]
    if offset is not None:
        return wrong(
            subject,
            f"of the role {one.about.role}, lives, but {told(offset)}",
            remedy="have both set by a time service: what is due, and who lives, goes by them",
        )
    if not one.is_alive:
        return wrong(
            subject,
            f"of the role {one.about.role}, is not heard of since {instant(one.heartbeat_at)}",
            remedy="start it again; once another one has done so it is forgotten after a day",
        )
    if own_key is not None and one.about.key not in (None, own_key):
        return wrong(
            subject,
            "has another key file: what one of you signs or hands out is nothing to the other",
            remedy="copy the key file of the one that is right to the other host, and restart",
        )
    if unknown:
        return wrong(
            subject,
            f"has channels of which nothing is said here: {', '.join(unknown)}",
            remedy="one configuration serves all servers: messages go only to its channels",
        )
    if one.conflicts:
        return wrong(
            subject,
            f"would run {', '.join(one.conflicts)} as another server would, and they have a device",
            remedy=f"say with runs_on in [channels.{one.conflicts[0]}] which one has it",
        )
    return ok(subject, f"of the role {one.about.role}, lives")


def _key_mark(gateway: Gateway) -> str | None:
    """None: there is no key file to compare, and none is to be made."""
    config = gateway.config
    if not config.path(config.security.key_file).exists():
        return None  # another finding says so
    try:
        return gateway.key_mark
    except ConfigurationError:
        return None  # so it does of one that is damaged

"""
Whose clock is wrong among the servers that share a store.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from smscore import Gateway
from smscore.domain.liveness import SILENCE
from smscore.services.inquiry import ServerOverview

__all__ = ["Identity", "identity", "offsets", "told"]

_PERIOD = 12.0
"""Seconds in which each server that lives is heard of."""
_LOOK = 0.25

Identity = tuple[object, ...]


def identity(one: ServerOverview) -> Identity:
    """What tells one server from all others, those before and after it on its host included."""
    return one.about.name, one.about.role, one.about.started_at


def offsets(gateway: Gateway, found: Sequence[ServerOverview]) -> Mapping[Identity, timedelta]:
    """
    How far ahead of ours the clocks of those servers are that seem to be silent, or to live in the
    future, and are heard of nevertheless. Blocks for some seconds if there are any such.

    Of those of our own name we know: they have our clock.

    Raises:
        StoreError: the store cannot be read.
    """
    ahead: dict[Identity, timedelta] = {}
    doubtful = {
        identity(one): one.heartbeat_at
        for one in found
        if one.about.name != gateway.config.server_name
        and abs(gateway.clock.now() - one.heartbeat_at).total_seconds() >= SILENCE
    }
    pause, ends_at = threading.Event(), time.monotonic() + _PERIOD
    while len(ahead) < len(doubtful) and time.monotonic() < ends_at:
        pause.wait(_LOOK)
        for one in gateway.inquiry.servers():
            before = doubtful.get(identity(one), one.heartbeat_at)
            if one.heartbeat_at != before:
                ahead.setdefault(identity(one), one.heartbeat_at - gateway.clock.now())
    return ahead


def told(ahead: timedelta) -> str:
    """In words."""
    where = "ahead of" if ahead > timedelta(0) else "behind"
    return f"its clock is {abs(ahead).total_seconds():.0f} s {where} the one here"

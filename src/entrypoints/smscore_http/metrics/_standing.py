"""
How things stand at the moment when somebody asks: queues, channels, phones, endpoints.
"""

from collections import Counter
from collections.abc import Iterator

import attrs

import smscore
from smscore.config import Role
from smscore.domain.alerts import AlertKind
from smscore.domain.channels import ChannelMode
from smscore.domain.routing import PHONES
from smscore.errors import StoreError
from smscore.services.inquiry import ChannelOverview
from smscore_http._context import Context
from smscore_http._kept import Kept
from smscore_http.metrics import _families as families
from smscore_http.metrics._families import Family
from smscore_http.metrics._happenings import family_of_channels

__all__ = ["Sample", "Standing"]

Sample = tuple[Family, tuple[str, ...], float]
"""One number of a family, and what tells it apart."""


@attrs.frozen(kw_only=True)
class _Stored:
    """What only the store knows; None of a store that cannot be read."""

    channels: tuple[ChannelOverview, ...]
    silent_phones: int
    failing: int
    disabled: int
    given_up: int


class Standing:
    """Asks the store seldom, however often it is asked itself. Any thread may call; blocks."""

    def __init__(self, context: Context) -> None:
        self._gateway = context.gateway
        monotonic = self._gateway.clock.monotonic
        self._stored = Kept(self._ask, monotonic=monotonic, start=context.start)

    def samples(self) -> Iterator[Sample]:
        """All of it."""
        yield families.BUILD, (smscore.__version__,), 1
        roles = Counter({role.value: 0 for role in Role})
        roles.update(one.role for one in self._gateway.servers.living)
        for role, count in roles.items():
            yield families.SERVERS, (role,), count
        yield from self._health()
        stored = self._stored.latest()
        yield families.STORE_UP, (), int(stored is not None)
        if stored is not None:
            yield from self._queues(stored)
            yield families.SILENT, (), stored.silent_phones
            yield families.ENDPOINTS, ("failing",), stored.failing
            yield families.ENDPOINTS, ("disabled",), stored.disabled
            yield families.GIVEN_UP, (), stored.given_up
        yield from self._alerts()

    def _health(self) -> Iterator[Sample]:
        for name in self._gateway.transports:
            health = self._gateway.health(name)
            yield families.READY, (name,), int(health.is_ready)
            if health.signal_dbm is not None:
                yield families.SIGNAL, (name,), health.signal_dbm

    def _alerts(self) -> Iterator[Sample]:
        if not self._gateway.alerts.has_receivers:
            return
        try:
            raised = Counter(one.kind for one in self._gateway.alerts.active())
        except StoreError:
            return
        for kind in AlertKind:
            yield families.ALERTS, (kind.value,), raised[kind]

    def _queues(self, stored: _Stored) -> Iterator[Sample]:
        now, known = self._gateway.clock.now(), self._gateway.transports
        waiting, oldest = Counter({PHONES: 0}), {PHONES: 0.0}
        for one in stored.channels:
            name = family_of_channels(one.name, known=known)
            waiting[name] += one.queued
            age = 0.0 if one.oldest is None else (now - one.oldest).total_seconds()
            oldest[name] = max(oldest.get(name, 0.0), age)
            if one.name in known:
                is_down = one.sighting is not None and one.sighting.is_down
                yield families.DOWN, (name,), int(is_down)
                for mode in ChannelMode:
                    yield families.MODE, (name, mode.value), int(one.mode is mode)
        for name, count in waiting.items():
            yield families.QUEUE, (name,), count
            yield families.OLDEST, (name,), oldest[name]

    def _ask(self) -> _Stored | None:
        gateway = self._gateway
        try:
            channels = gateway.inquiry.channels()
            silent = gateway.phones.silent()
            troubles = gateway.webhooks.troubles()
        except StoreError:
            return None
        return _Stored(
            channels=tuple(channels),
            silent_phones=len(silent),
            failing=sum(one.is_active for one in troubles.webhooks),
            disabled=sum(not one.is_active for one in troubles.webhooks),
            given_up=sum(
                (
                    *troubles.given_up.values(),
                    *troubles.callbacks.values(),
                    *troubles.pushes.values(),
                )
            ),
        )

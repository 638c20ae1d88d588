"""
Health checks for load balancers and supervisors, without a login.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from smscore.errors import Overloaded, StoreError
from smscore.ports.storage import UnitOfWork
from smscore_http._context import Context
from smscore_http._requests import JSON_TYPE, Reply, Request
from smscore_http._routes import answer, readable
from smscore_http._wire import encode_json, utc_seconds
from smscore_http.gateway_api import GatewayFaults

__all__ = ["Check", "Health", "Live", "Ready"]

_log = logging.getLogger(__name__)

_PATIENCE = 2.0  # seconds for the store to accept a unit of work, and to tell more if it did not
_NO_CHANNEL = ""  # none can have this name


class Live(Struct, kw_only=True):
    """The process answers."""

    status: Annotated[str, Meta(extra_json_schema={"const": "ok"})]


class Check(Struct, kw_only=True):
    """How one part of the gateway is."""

    name: str
    status: Annotated[str, Meta(extra_json_schema={"enum": ["ok", "degraded", "unready"]})]
    detail: str | None


class Ready(Struct, kw_only=True):
    """Whether messages can be accepted durably. Degraded: yes, but some will wait."""

    status: Annotated[str, Meta(extra_json_schema={"enum": ["ready", "degraded", "unready"]})]
    checks: list[Check]


_LIVE = Reply(200, encode_json(Live(status="ok")))


class Health:
    """
    ``/health/live``: the process answers. ``/health/ready``: messages can be accepted durably.

    A channel that is down, or a phone that is silent, makes the gateway degraded, not unready: what
    it would send waits. Endpoints that do not hear are others' trouble, and only counted. Where the
    store is, strangers need not know.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.faults = GatewayFaults(explain=False)
        self.routes = {
            "/health/live": readable(self._live),
            "/health/ready": readable(self._ready),
        }

    async def __call__(self, request: Request) -> Reply:
        return await answer(request, methods=self.routes.get(request.path), faults=self.faults)

    async def _live(self, _: Request) -> Reply:
        return _LIVE

    async def _ready(self, _: Request) -> Reply:
        store = await self._store()
        # One that fails may take long to say so, each time that it is asked.
        patience = None if store.status == "ok" else _PATIENCE
        channels, phones, webhooks = await asyncio.gather(
            *(self._ask(one, patience) for one in (self._channels, self._phones, self._webhooks))
        )
        carriers = [*channels, *phones]
        if store.status != "ok":
            status, code = "unready", 503
        elif any(check.status != "ok" for check in carriers):
            status, code = "degraded", 200
        else:
            status, code = "ready", 200
        checks = [store, *self._servers(), *carriers, *webhooks]
        body = encode_json(Ready(status=status, checks=checks))
        return Reply(code, body, (*JSON_TYPE, (b"cache-control", b"no-store")))

    async def _store(self) -> Check:
        try:
            accepted = self._context.gateway.store.run(_mark(self._context.gateway.clock.now()))
            await asyncio.wait_for(self._context.wait(accepted), _PATIENCE)
        except Overloaded as cause:
            return _check("store", "unready", str(cause))
        except StoreError as cause:
            _log.warning("messages cannot be accepted: %s", cause)
            return _check("store", "unready", "nothing can be stored; the server's log says why")
        except TimeoutError:
            return _check("store", "unready", f"no commit within {_PATIENCE:g} s")
        return _check("store", "ok", None)

    def _servers(self) -> list[Check]:
        """How many there are of each role, if there are several."""
        living = Counter(one.role for one in self._context.gateway.servers.living)
        if living.total() == 1:
            return []
        said = ", ".join(f"{role}: {count}" for role, count in sorted(living.items()))
        return [_check("servers", "ok", said)]

    async def _ask(self, look: Callable[[], list[Check]], patience: float | None) -> list[Check]:
        """What a look says that blocks; nothing where the store fails: its own check says so."""
        try:
            return await asyncio.wait_for(self._context.call(look), patience)
        except (StoreError, TimeoutError):
            return []

    def _channels(self) -> list[Check]:
        gateway, checks = self._context.gateway, []
        for name in gateway.transports:
            health = gateway.health(name)
            status = "ok" if health.is_ready else "degraded"
            checks.append(_check(f"channel {name}", status, health.detail or None))
        return checks

    def _phones(self) -> list[Check]:
        """Those that are silent: of the others there is nothing to say."""
        return [
            _check(
                f"phone {one.device.name or 'unnamed'}",  # whose it is, strangers need not know
                "degraded",
                f"silent since {utc_seconds(one.device.last_seen)}",
            )
            for one in self._context.gateway.phones.silent()
        ]

    def _webhooks(self) -> list[Check]:
        """How many endpoints do not hear, if any; whose they are, strangers need not know."""
        found = self._context.gateway.webhooks.troubles()
        off = sum(not one.is_active and one.failing_since is not None for one in found.webhooks)
        counts = {
            "failing": sum(one.is_active for one in found.webhooks),
            "switched off for that": off,
            "deliveries given up": sum((*found.given_up.values(), *found.callbacks.values())),
            "receivers of pushes failing": len(found.late),
            "pushes given up": sum(found.pushes.values()),
        }
        said = ", ".join(f"{what}: {count}" for what, count in counts.items() if count)
        return [_check("webhooks", "ok", said)] if said else []


def _mark(now: datetime) -> Callable[[UnitOfWork], None]:
    """Work that has to be written: a full disk takes what changes nothing."""
    value = now.isoformat().encode()
    return lambda work: work.journal.put(channel=_NO_CHANNEL, key="readiness", value=value)


def _check(name: str, status: str, detail: str | None) -> Check:
    return Check(name=name, status=status, detail=detail)

"""
The surfaces together: every request finds its own here, and every reply comes from here.
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Protocol

from smscore import Gateway
from smscore.config import HOOKS
from smscore_http._access import log_access
from smscore_http._context import Context
from smscore_http._current import now_for
from smscore_http._faults import Faults
from smscore_http._proxies import Proxies
from smscore_http._requests import Reply, Request
from smscore_http._routes import Routes
from smscore_http.documents import Documents
from smscore_http.gateway_api import GatewayApi, GatewayJsonApi
from smscore_http.health import Health
from smscore_http.hooks import Hooks
from smscore_http.metrics import Metrics
from smscore_http.provider_api import ProviderApi
from smscore_http.queue_api import QueueApi

__all__ = ["Surfaces"]


class _Surface(Protocol):
    """One of the APIs."""

    @property
    def faults(self) -> Faults: ...

    @property
    def routes(self) -> Routes: ...

    async def __call__(self, request: Request) -> Reply: ...


class Surfaces:
    """
    All APIs, health checks, metrics and hooks over one gateway, for whoever speaks HTTP with
    clients. To be made before the gateway runs: then its metrics miss nothing.

    Raises:
        ConfigurationError: metrics are wanted, and the library for them is not installed.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.proxies = Proxies.of(gateway.config.http)
        self._context = Context(gateway)
        health, metrics = Health(self._context), Metrics(self._context)
        self._literal: Mapping[str, _Surface] = {}
        self._by_first_segment: Mapping[str, _Surface] = {
            "health": health,
            "metrics": metrics,
            HOOKS: Hooks(self._context),
        }
        self._otherwise: _Surface = health  # which knows nothing else
        self._provider_api: ProviderApi | None = None
        if gateway.config.server.role.has_doors:
            self._open_doors()

    def _open_doors(self) -> None:
        queue_api, json_api = QueueApi(self._context), GatewayJsonApi(self._context)
        self._provider_api, documents = ProviderApi(self._context), Documents(self._context)
        self._literal = dict.fromkeys(json_api.paths, json_api)
        self._by_first_segment = {
            **self._by_first_segment,
            "api": queue_api,
            "download": queue_api,
            "postman": queue_api,
            "v1": self._provider_api,
            "docs": documents,
            "openapi.json": documents,
        }
        self._otherwise = GatewayApi(self._context)

    @property
    def routes(self) -> Routes:
        """All paths with their methods; but those of hooks, which are their channels' secrets."""
        surfaces = {
            id(surface): surface
            for surface in (
                *self._literal.values(),
                *self._by_first_segment.values(),
                self._otherwise,
            )
        }
        return {path: ways for one in surfaces.values() for path, ways in one.routes.items()}

    async def answer(self, request: Request) -> Reply:
        """
        The reply to a request, and one line in the access log.

        Raises:
            ClientGone: nobody waits for the reply.
        """
        began = perf_counter()
        now_for(request)
        surface = self._surface(request.path)
        # The server in front may let any number of headers through; the provider API sees to it by
        # itself, for its refusals tell the caller's rate.
        if surface is not self._provider_api and request.has_oversized_headers:
            reply = surface.faults.plain(431)
        else:
            reply = await surface(request)
        log_access(request, status=reply.status, seconds=perf_counter() - began)
        return reply

    def close(self) -> None:
        """End the threads. May be called twice, and the surfaces used again afterwards."""
        self._context.close()

    def _surface(self, path: str) -> _Surface:
        if (literal := self._literal.get(path)) is not None:
            return literal
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        return self._by_first_segment.get(first, self._otherwise)

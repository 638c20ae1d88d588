"""
The application: every request finds its surface here, and every reply goes out from here.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Protocol

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from smscore import Gateway
from smscore_http._access import log_access
from smscore_http._context import Context
from smscore_http._faults import Faults
from smscore_http._requests import ClientGone, Reply, Request
from smscore_http.gateway_api import GatewayApi
from smscore_http.health import Health
from smscore_http.provider_api import ProviderApi
from smscore_http.queue_api import QueueApi

__all__ = ["create_app"]


def create_app(gateway: Gateway) -> Starlette:
    """
    An application with all three surfaces and the health checks, to serve or to mount.

    The host enters ``gateway.running()``, for a mounted application gets no lifespan events. No
    login and no secret in a path reaches the log ``smscore.http.access``; the server's own access
    log would show both and must be off.
    """
    context = Context(gateway)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        context.close()

    app = Starlette(lifespan=lifespan)
    # A framework's redirect of a trailing slash would repeat the token in `Location`.
    app.router.redirect_slashes = False
    app.router.default = _Surfaces(context)
    return app


class _Surface(Protocol):
    """One of the APIs."""

    @property
    def faults(self) -> Faults: ...

    async def __call__(self, request: Request) -> Reply: ...


class _Surfaces:
    """The ASGI side: scope in, reply out, one line in the access log."""

    def __init__(self, context: Context) -> None:
        gateway_api, queue_api = GatewayApi(context), QueueApi(context)
        self._by_first_segment: Mapping[str, _Surface] = {
            "api": queue_api,
            "download": queue_api,
            "v1": ProviderApi(context),
            "health": Health(context),
        }
        self._otherwise: _Surface = gateway_api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        began = perf_counter()
        request = Request(scope, receive, path=_path_of(scope))
        try:
            reply = await self._reply(request)
        except ClientGone:
            return
        await _send(reply, send, is_head=request.method == "HEAD")
        log_access(request, status=reply.status, seconds=perf_counter() - began)

    async def _reply(self, request: Request) -> Reply:
        surface = self._surface(request.path)
        if request.has_oversized_headers:  # the server in front may let any number through
            return surface.faults.plain(431)
        return await surface(request)

    def _surface(self, path: str) -> _Surface:
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        return self._by_first_segment.get(first, self._otherwise)


def _path_of(scope: Scope) -> str:
    """The path behind the mount point."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path


async def _send(reply: Reply, send: Send, *, is_head: bool) -> None:
    length = (b"content-length", b"%d" % len(reply.body))
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [*reply.headers, length],
        }
    )
    await send({"type": "http.response.body", "body": b"" if is_head else reply.body})

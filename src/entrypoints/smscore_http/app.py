"""
The surfaces as an ASGI application, for hosts and their servers.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from smscore import Gateway
from smscore_http._requests import ClientGone, Reply, Request, Stream
from smscore_http._surfaces import Surfaces

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

__all__ = ["Endpoint", "create_app"]

_NOT_MODIFIED = 304
_PIECE = 64 << 10  # bytes: what a client that does not take its answer holds in memory


def create_app(gateway: Gateway) -> "Starlette":
    """
    An application with all surfaces, the health checks and the hooks, to serve or to mount.

    The host enters ``gateway.running()``, for a mounted application gets no lifespan events. No
    login and no secret in a path reaches the log ``smscore.http.access``; the server's own access
    log would show both and must be off.
    """
    # Here, since the bundled server serves the surfaces without it and starts the sooner.
    from starlette.applications import Starlette

    surfaces = Surfaces(gateway)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        surfaces.close()

    app = Starlette(lifespan=lifespan)
    # A framework's redirect of a trailing slash would repeat the token in `Location`.
    app.router.redirect_slashes = False
    app.router.default = Endpoint(surfaces)
    return app


class Endpoint:
    """The surfaces as an ASGI callable, without a framework around it: the server's own way in."""

    def __init__(self, surfaces: Surfaces) -> None:
        self._surfaces = surfaces

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000, "reason": ""})
            return
        request = Request(scope, receive, path=_path_of(scope), proxies=self._surfaces.proxies)
        try:
            reply = await self._surfaces.answer(request)
        except ClientGone:
            return
        await send(_start(reply))
        body = b"" if request.method == "HEAD" else reply.body
        if isinstance(body, bytes) and len(body) > _PIECE:
            body = Stream(len(body), partial(_cut, body))
        if isinstance(body, Stream):
            await _send_pieces(body, receive, send)
        else:
            await send({"type": "http.response.body", "body": body})


def _path_of(scope: "Scope") -> str:
    """The path behind the mount point."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path


def _start(reply: Reply) -> dict[str, object]:
    headers = [*reply.headers]
    if reply.status != _NOT_MODIFIED:  # RFC 9110, 8.6: it would be that of the body not sent
        headers.append((b"content-length", b"%d" % len(reply.body)))
    return {"type": "http.response.start", "status": reply.status, "headers": headers}


async def _cut(body: bytes) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]


async def _send_pieces(stream: Stream, receive: "Receive", send: "Send") -> None:
    """Send the pieces until there are no more, or nobody listens any more."""
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        async with aclosing(stream.pieces()) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                # Servers keep silent about clients that left while they waited for them.
                await asyncio.sleep(0)
                if gone.done():
                    return
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _disconnected(receive: "Receive") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

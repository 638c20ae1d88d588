"""
The description of all surfaces: for programs that make clients, and as a page for people.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from smscore_http._context import Context
from smscore_http._origin import origin
from smscore_http._requests import Handler, Headers, Reply, Request
from smscore_http._routes import Methods, answer, readable
from smscore_http.gateway_api import GatewayFaults

__all__ = ["PAGE_FILES", "Documents"]

_FOLDER = Path(__file__).with_name("docs")
_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
PAGE_FILES: Mapping[str, tuple[str, str]] = {
    "/docs": ("index.html", "text/html; charset=utf-8"),
    "/docs/start.js": ("start.js", _SCRIPT),
    "/docs/swagger-ui-bundle.js": ("swagger-ui-bundle.js", _SCRIPT),
    "/docs/swagger-ui.css": ("swagger-ui.css", _STYLE),
}
"""What the page is made of: by path the name of the file, and its type."""

# Logins are typed into the page: nothing of it comes from elsewhere, or goes there.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PROTECTION: Headers = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),  # the next version has other files under these names
)


class Documents:
    """
    ``/openapi.json`` and ``/docs``: the same for everybody.

    Where an operator wants none, nothing is here.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.faults = GatewayFaults(explain=False)
        self.routes: dict[str, Methods] = {}
        if context.gateway.config.http.docs:
            files = {path: readable(self._file(*file)) for path, file in PAGE_FILES.items()}
            self.routes = {"/openapi.json": readable(self._describe), **files}

    async def __call__(self, request: Request) -> Reply:
        return await answer(request, methods=self.routes.get(request.path), faults=self.faults)

    async def _describe(self, request: Request) -> Reply:
        # Here, since a server that nobody asks for it does without.
        from smscore_http.openapi import description

        server = origin(request, self._context.gateway.config.http.public_url)
        return Reply(200, description(server=server))

    def _file(self, name: str, content_type: str) -> Handler:
        headers = ((b"content-type", content_type.encode()), *_PROTECTION)

        async def read(_: Request) -> Reply:
            return Reply(200, await self._context.call(_content, name), headers)

        return read


@cache
def _content(name: str) -> bytes:
    """Read once: each client that does not take it would else have two megabytes of its own."""
    return (_FOLDER / name).read_bytes()

"""
The description of all surfaces, for programs that make clients.
"""

from smscore_http._context import Context
from smscore_http._origin import origin
from smscore_http._requests import Reply, Request
from smscore_http._routes import Methods, answer, readable
from smscore_http.gateway_api import GatewayFaults

__all__ = ["Documents"]


class Documents:
    """``/openapi.json``: the same for everybody. Where an operator wants none, nothing is here."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.faults = GatewayFaults(explain=False)
        self.routes: dict[str, Methods] = {}
        if context.gateway.config.http.docs:
            self.routes["/openapi.json"] = readable(self._describe)

    async def __call__(self, request: Request) -> Reply:
        return await answer(request, methods=self.routes.get(request.path), faults=self.faults)

    async def _describe(self, request: Request) -> Reply:
        # Here, since a server that nobody asks for it does without.
        from smscore_http.openapi import description

        server = origin(request, self._context.gateway.config.http.public_url)
        return Reply(200, description(server=server))

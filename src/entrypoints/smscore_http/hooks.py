"""
Where networks call their channels by HTTP: ``/hooks/CHANNEL/SEGMENT``, for transports that want it.
"""

from smscore.errors import NotFound, PermissionDenied, Rejected, TransportError
from smscore.ports.transport import Reachable
from smscore_http._context import Context
from smscore_http._faults import RETRY_SOON
from smscore_http._requests import Handler, Reply, Request
from smscore_http._routes import Methods, Routes, answer
from smscore_http.gateway_api import GatewayFaults
from smscore_http.gateway_api._replies import log_refusal, text

__all__ = ["Hooks"]


class Hooks:
    """Whoever knows the segment is heard by the channel's transport; for others nothing is here."""

    def __init__(self, context: Context) -> None:
        self.faults = _HookFaults(explain=False)
        self.routes: Routes = {}  # nobody is to know them
        self._context = context

    async def __call__(self, request: Request) -> Reply:
        return await answer(request, methods=self._methods(request.path), faults=self.faults)

    def _methods(self, path: str) -> Methods | None:
        segments = path.split("/")
        if len(segments) != 4:
            return None
        if self._context.gateway.is_elsewhere(segments[2]):
            return {"POST": self._elsewhere}
        try:
            transport = self._context.gateway.reachable(segments[2], segments[3])
        except NotFound:
            return None
        return {"POST": self._handler(transport)}

    async def _elsewhere(self, _: Request) -> Reply:
        """A proxy may try the next server; a network comes again."""
        return self.faults.unavailable()

    def _handler(self, transport: Reachable) -> Handler:
        async def hear(request: Request) -> Reply:
            body = await request.body()
            headers = {
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in request.headers.items()
            }
            try:
                said = await self._context.call(transport.answer, headers, body)
            except TransportError:
                return self.faults.unavailable()
            return Reply(said.status, said.body, ((b"content-type", said.content_type.encode()),))

        return hear


class _HookFaults(GatewayFaults):
    """What networks look at is the status."""

    def rejected(self, reason: Rejected) -> Reply:
        log_refusal(reason)
        if isinstance(reason, PermissionDenied):
            return text("403 Forbidden", status=403)
        return text("400 Bad Request", status=400)

    def unavailable(self) -> Reply:
        return text("503 Service Unavailable", status=503, headers=RETRY_SOON)

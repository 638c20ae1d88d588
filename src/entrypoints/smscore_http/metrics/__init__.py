"""
``/metrics``: how the gateway fares, for Prometheus and whatever reads its format.
"""

from smscore.config import MetricsAccess
from smscore.domain.credentials import Permission
from smscore.errors import AuthenticationFailed, ConfigurationError, PermissionDenied, Rejected
from smscore_http._context import Context
from smscore_http._requests import Reply, Request, with_headers
from smscore_http._routes import Methods, answer, readable
from smscore_http.gateway_api import GatewayFaults
from smscore_http.gateway_api._login import log_in_by_header
from smscore_http.gateway_api._replies import text
from smscore_http.gateway_api._time_limit import time_limit

__all__ = ["Metrics"]

_WHO = ((b"www-authenticate", b'Basic realm="smscore", charset="UTF-8"'),)


class Metrics:
    """
    For users with the permission ``metrics``, or for everybody, or not there: as is configured.

    Raises:
        ConfigurationError: it is to be there, and the library for it is not installed.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._access = context.gateway.config.http.metrics
        self.faults = _MetricsFaults(explain=False)
        self.routes: dict[str, Methods] = {}
        if self._access is MetricsAccess.OFF:
            return
        try:
            # Here, since whoever wants none need not have the library.
            from smscore_http.metrics._exposition import Exposition
        except ImportError as cause:
            raise ConfigurationError(
                "[http] metrics needs a library that is not installed; "
                "run pip install 'smscore[metrics]'"
            ) from cause
        self._exposition = Exposition(context)
        self.routes = {"/metrics": readable(self._tell)}

    async def __call__(self, request: Request) -> Reply:
        return await answer(request, methods=self.routes.get(request.path), faults=self.faults)

    async def _tell(self, request: Request) -> Reply:
        if self._access is MetricsAccess.LOGIN:
            limit = time_limit(self._context)
            permissions = (Permission.METRICS,)
            await log_in_by_header(self._context, request, permissions=permissions, limit=limit)
        accepted = request.headers.get(b"accept", b"").decode("latin-1")
        body, content_type = await self._context.call(self._exposition.written, accepted)
        return Reply(200, body, ((b"content-type", content_type.encode()),))


class _MetricsFaults(GatewayFaults):
    """Whoever has not logged in is asked to, as browsers and other programs expect it."""

    def rejected(self, reason: Rejected) -> Reply:
        match reason:
            case AuthenticationFailed():
                return with_headers(super().rejected(reason), _WHO)
            case PermissionDenied():
                return text("403 Forbidden - Your User has no right to see metrics", status=403)
            case _:
                return super().rejected(reason)

    def unavailable(self) -> Reply:
        return text("503 Service Unavailable", status=503)

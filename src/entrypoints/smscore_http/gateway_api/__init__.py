"""
The gateway API: ``/api.php`` and its neighbours, plain text for scripts and monitoring systems.

Beside it two paths that speak JSON, for the programs that were written for them.
"""

from smscore_http._context import Context
from smscore_http._requests import Reply, Request
from smscore_http._routes import Methods, answer, readable
from smscore_http.gateway_api._api_php import Sending
from smscore_http.gateway_api._check_php import Checking
from smscore_http.gateway_api._json import JsonFaults
from smscore_http.gateway_api._messages import SendingToMany
from smscore_http.gateway_api._replies import GatewayFaults
from smscore_http.gateway_api._signin import SigningIn
from smscore_http.gateway_api._state_php import StateOfMessage

__all__ = ["GatewayApi", "GatewayFaults", "GatewayJsonApi"]


class GatewayApi:
    """Also answers for every path that belongs to no surface."""

    def __init__(self, context: Context) -> None:
        explain = context.gateway.config.http.explain
        self.faults = GatewayFaults(explain=explain)
        send = Sending(context)
        # No HEAD for api.php: it would send.
        self.routes: dict[str, Methods] = {
            "/api.php": {"GET": send, "POST": send},
            "/check.php": readable(Checking(context)),
            "/state.php": readable(StateOfMessage(context)),
        }

    async def __call__(self, request: Request) -> Reply:
        return await answer(request, methods=self.routes.get(request.path), faults=self.faults)


class GatewayJsonApi:
    """The literal paths among those of the queue API's tokens."""

    def __init__(self, context: Context) -> None:
        self.faults = JsonFaults()
        self.routes: dict[str, Methods] = {
            "/api/messages": {"POST": SendingToMany(context)},
            "/api/signin": {"POST": SigningIn(context)},
        }
        self.paths = tuple(self.routes)

    async def __call__(self, request: Request) -> Reply:
        return await answer(request, methods=self.routes.get(request.path), faults=self.faults)

"""
``/state.php``: what has become of a message.
"""

from smscore.domain.credentials import Permission
from smscore.domain.deliveries import Status
from smscore.domain.messages import AccountId
from smscore.errors import NotFound
from smscore_http._context import Context
from smscore_http._requests import Reply, Request
from smscore_http._wire import parse_hex_id
from smscore_http.gateway_api._login import log_in
from smscore_http.gateway_api._parameters import Parameters, read_parameters
from smscore_http.gateway_api._replies import text
from smscore_http.gateway_api._time_limit import TimeLimit, in_time, time_limit

__all__ = ["NO_SUCH", "WORDS", "StateOfMessage"]

WORDS = {
    Status.SCHEDULED: "scheduled",
    Status.QUEUED: "queued",
    Status.SENDING: "queued",
    Status.SENT: "sent",
    Status.INDETERMINATE: "sent",
    Status.DELIVERED: "delivered",
    Status.FAILED: "failed",
    Status.CANCELLED: "failed",
    Status.EXPIRED: "expired",
}
NO_SUCH = "not found"


class StateOfMessage:
    """The handler. A message of another account is not found."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._is_open = context.gateway.config.http.open_state

    async def __call__(self, request: Request) -> Reply:
        limit = time_limit(self._context)
        parameters = await read_parameters(request, limit)
        uid = parameters.required("uid")
        account = None if self._is_open else await self._owner(request, parameters, limit)
        found = self._context.call(self._look_up, uid, account)
        word = await in_time(found, limit, what="looking the message up")
        return text(f"Status : {word}")

    async def _owner(self, request: Request, parameters: Parameters, limit: TimeLimit) -> AccountId:
        user = await log_in(
            self._context,
            request,
            parameters.required("username"),
            parameters.required("password"),
            permissions=(Permission.API_SEND, Permission.API_STATUS),
            limit=limit,
        )
        return user.account

    def _look_up(self, uid: str, account: AccountId | None) -> str:
        message = parse_hex_id(uid)
        if message is None:
            return NO_SUCH
        try:
            tracked = self._context.gateway.inquiry.message(message, account=account)
        except NotFound:
            return NO_SUCH
        return WORDS[tracked.delivery.status]

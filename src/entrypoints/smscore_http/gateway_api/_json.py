"""
JSON in and out for those paths of the gateway API that speak it; errors are ``{"error": …}`` alone.
"""

from typing import TypeVar

import msgspec

from smscore.errors import AuthenticationFailed, InvalidRequest, PermissionDenied, Rejected
from smscore_http._faults import PLAIN_JSON
from smscore_http._requests import Reply, Request, with_headers
from smscore_http._wire import NotJson, WrongShape, decode_json, encode_json
from smscore_http.gateway_api._replies import TIMEOUT, log_refusal, printable, retry_after
from smscore_http.gateway_api._shapes import GatewayError
from smscore_http.gateway_api._time_limit import TimeLimit, received_in_time

__all__ = ["NO_RIGHT", "WRONG_LOGIN", "JsonFaults", "read_json"]

T = TypeVar("T")

WRONG_LOGIN = "Username, password or token wrong"
NO_RIGHT = "Your User has no right to send SMS over API"


class JsonFaults:
    """The statuses are those of the plain text API, the reasons are told to everybody."""

    def plain(self, status: int) -> Reply:
        return PLAIN_JSON[status]

    def rejected(self, reason: Rejected) -> Reply:
        log_refusal(reason)
        match reason:
            case AuthenticationFailed():
                refused = _error(401, WRONG_LOGIN)
                return with_headers(refused, retry_after(reason))
            case PermissionDenied():
                return _error(403, NO_RIGHT)
            case _:
                return _error(400, printable(str(reason)))

    def unavailable(self) -> Reply:
        return _error(408, TIMEOUT)


async def read_json(request: Request, decoder: "msgspec.json.Decoder[T]", limit: TimeLimit) -> T:
    """
    What the body holds, as the decoder's type.

    Raises:
        InvalidRequest: it is no JSON, or of another shape.
        PayloadTooLarge: it is too long.
        DeadlinePassed: it does not arrive in time.
    """
    try:
        return decode_json(await received_in_time(request, limit), decoder)
    except NotJson as cause:
        raise InvalidRequest("the body is not JSON") from cause
    except WrongShape as cause:
        raise InvalidRequest(
            f"{cause.field or 'the body'} is missing or of a wrong type"
        ) from cause


def _error(status: int, error: str) -> Reply:
    return Reply(status, encode_json(GatewayError(error=error)))

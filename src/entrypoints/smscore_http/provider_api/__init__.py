"""
The provider API: ``/v1``, JSON with bearer keys, for applications.
"""

from collections.abc import Mapping

from smscore.errors import AuthenticationFailed, StoreError
from smscore.ports.policy import RateState
from smscore_http._context import Bearer, Context
from smscore_http._faults import guarded, method_not_allowed
from smscore_http._rates import count, refusal_headers, tell
from smscore_http._requests import Reply, Request, with_headers
from smscore_http.provider_api._calls import (
    Call,
    Cancelling,
    Estimating,
    Listing,
    Reading,
    Sending,
    ShowingAccount,
)
from smscore_http.provider_api._inbound import ListingInbound
from smscore_http.provider_api._replies import TOO_MANY_REQUESTS, ProviderFaults
from smscore_http.provider_api._webhooks import WebhookCalls

__all__ = ["ProviderApi"]

_FAULTS = ProviderFaults()
_MESSAGE = "/v1/messages/"
_WINDOW = 1  # seconds
_STRANGERS = 10  # calls in a window from an address without a valid key

_Methods = Mapping[str, Call]


class ProviderApi:
    """
    Everything below ``/v1``. Every reply carries the three rate headers.

    Calls are counted per key, or without a valid one per address; a tariff without a limit shows
    the largest number that any client can read.
    """

    faults = _FAULTS

    def __init__(self, context: Context) -> None:
        self._context = context
        listing, account = Listing(context), ShowingAccount(context)
        inbound = ListingInbound(context)
        self._literal: dict[str, _Methods] = {
            "/v1/messages": {"POST": Sending(context), "GET": listing, "HEAD": listing},
            "/v1/messages/estimate": {"POST": Estimating(context)},
            "/v1/account": {"GET": account, "HEAD": account},
            "/v1/inbound": {"GET": inbound, "HEAD": inbound},
        }
        self._webhooks = WebhookCalls(context)
        reading = Reading(context)
        self._message: _Methods = {
            "GET": reading,
            "HEAD": reading,
            "DELETE": Cancelling(context),
        }
        self.routes: Mapping[str, _Methods] = {
            **self._literal,
            f"{_MESSAGE}{{message_id}}": self._message,
            **self._webhooks.routes,
        }

    async def __call__(self, request: Request) -> Reply:
        # Not a coroutine within a coroutine for each step: that is dear when all else is cheap.
        authenticator = self._context.gateway.authenticator
        try:
            secret = _bearer(request)
            bearer = self._context.recall(authenticator.recall_key, secret)
            if bearer is None:
                look_up = self._context.look_up
                bearer = await self._context.call(look_up, authenticator.key, secret)
            state = self._admit(bearer)
        except Exception as refusal:  # noqa: BLE001  # told by `guarded`
            return await guarded(self._turn_away(request, refusal), faults=_FAULTS)
        if state.is_allowed:
            call = self._find(request)
        else:
            call = with_headers(TOO_MANY_REQUESTS, refusal_headers(state))
        if isinstance(call, Reply):
            reply = call
        else:
            reply = await guarded(call(request, bearer.account), faults=_FAULTS)
        return with_headers(reply, tell(state))

    def _admit(self, bearer: Bearer) -> RateState:
        amount = self._context.tariff(bearer.account).provider_per_second
        return self._count(bearer.principal.subject, amount=amount)

    async def _turn_away(self, request: Request, refusal: Exception) -> Reply:
        state = self._count(f"address {request.address}", amount=_STRANGERS)
        reply = await guarded(self._refuse(request, state, refusal), faults=_FAULTS)
        return with_headers(reply, tell(state))

    async def _refuse(self, request: Request, state: RateState, refusal: Exception) -> Reply:
        # Whose key the store cannot look up may be anybody.
        if not state.is_allowed and not isinstance(refusal, StoreError):
            return with_headers(TOO_MANY_REQUESTS, refusal_headers(state))
        call = self._find(request)
        if isinstance(call, Reply):
            return call
        raise refusal

    def _find(self, request: Request) -> Call | Reply:
        if request.has_oversized_headers:
            return _FAULTS.plain(431)
        methods = self._literal.get(request.path)
        if methods is None:
            methods = self._webhooks.at(request.path) or self._of_message(request.path)
            if methods is None:
                return _FAULTS.plain(404)
        call = methods.get(request.method)
        return call or method_not_allowed(_FAULTS, allowed=methods)

    def _of_message(self, path: str) -> Mapping[str, Call] | None:
        folder, _, name = path.rpartition("/")
        return self._message if f"{folder}/" == _MESSAGE and name else None

    def _count(self, caller: str, *, amount: int | None) -> RateState:
        limiter = self._context.gateway.rate_limiter
        return count(limiter, caller, amount=amount, seconds=_WINDOW)


def _bearer(request: Request) -> str:
    scheme, _, secret = request.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"bearer":
        raise AuthenticationFailed("the request has no bearer key")
    return secret.strip().decode("latin-1")

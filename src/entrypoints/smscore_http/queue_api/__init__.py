"""
The queue API: messages go into a queue, phones fetch them and tell what became of them.

The account's token is a segment of the path; what is public comes before it.
"""

from smscore_http._context import Context
from smscore_http._faults import guarded, method_not_allowed
from smscore_http._rates import count, limit_headers, refusal_headers, reset_header
from smscore_http._requests import Reply, Request, with_headers
from smscore_http._routes import Methods, Routes, answer, readable
from smscore_http.queue_api._apps import AppCalls
from smscore_http.queue_api._calls import Call, Caller, Fetching, Queueing, Telling
from smscore_http.queue_api._replies import (
    TOO_MANY_REQUESTS,
    QueueFaults,
    refused_batch,
    refused_call,
    refused_report,
)
from smscore_http.queue_api.postman import for_postman

__all__ = ["QueueApi"]

_WINDOW = 60  # seconds
_NO_TOKENS = frozenset({"download", "messages"})


class QueueApi:
    """Everything below ``/api/``, ``/download/`` and ``/postman/``."""

    def __init__(self, context: Context) -> None:
        self.faults = QueueFaults(refused=refused_call)
        self._context = context
        apps = AppCalls(context)
        self._public: dict[str, Methods] = {
            "/api/app-version": readable(apps.active),
            "/api/app-versions": readable(apps.published),
            "/download/app.apk": readable(apps.download_active),
            **for_postman(context),
        }
        self._version = readable(apps.download)
        self._calls: dict[str, dict[str, Call]] = {
            "queue": {"POST": Queueing(context)},
            # No HEAD: it would claim messages.
            "get_messages": {"GET": Fetching(context)},
            "status": {"POST": Telling(context)},
        }
        self.routes: Routes = {
            **self._public,
            "/api/download/{version_code}": self._version,
            **{f"/api/{{token}}/{call}": methods for call, methods in self._calls.items()},
        }
        self._faults_of_calls = {
            "queue": QueueFaults(refused=refused_batch),
            "get_messages": self.faults,
            "status": QueueFaults(refused=refused_report),
        }

    async def __call__(self, request: Request) -> Reply:
        token, call = _split(request.path)
        methods = self._calls.get(call)
        if methods is None or token in _NO_TOKENS:
            return await answer(request, methods=self._literal(request.path), faults=self.faults)
        handler = methods.get(request.method)
        if handler is None:
            return method_not_allowed(self.faults, allowed=methods)
        faults = self._faults_of_calls[call]
        work = self._authenticated(request, token, handler, faults=faults)
        return await guarded(work, faults=faults)

    def _literal(self, path: str) -> Methods | None:
        if (public := self._public.get(path)) is not None:
            return public
        folder, _, version = path.rpartition("/")
        return self._version if folder == "/api/download" and version else None

    async def _authenticated(
        self, request: Request, token: str, handler: Call, *, faults: QueueFaults
    ) -> Reply:
        gateway = self._context.gateway
        bearer = self._context.recall(gateway.authenticator.recall_token, token)
        if bearer is None:
            look_up = self._context.look_up
            bearer = await self._context.call(look_up, gateway.authenticator.token, token)
        principal, account = bearer
        amount = self._context.tariff(account).queue_per_minute
        state = count(gateway.rate_limiter, principal.subject, amount=amount, seconds=_WINDOW)
        headers = limit_headers(state)
        if not state.is_allowed:
            headers = (*refusal_headers(state), *headers, *reset_header(state))
            return with_headers(TOO_MANY_REQUESTS, headers)
        caller = Caller(account=account, now=gateway.clock.now())
        reply = await guarded(handler(request, caller), faults=faults)
        return with_headers(reply, headers)


def _split(path: str) -> tuple[str, str]:
    """Token and call of ``/api/TOKEN/CALL``; empty strings for everything else."""
    segments = path.split("/")
    if len(segments) == 4 and segments[1] == "api":
        return segments[2], segments[3]
    return "", ""

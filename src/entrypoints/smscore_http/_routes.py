"""
From a path and a method to a handler, without a framework's detours.
"""

from collections.abc import Mapping

from smscore_http._faults import Faults, guarded, method_not_allowed
from smscore_http._requests import Handler, Reply, Request

__all__ = ["Methods", "Routes", "answer", "readable"]

Methods = Mapping[str, Handler]
"""What a path can do, by HTTP method."""

Routes = Mapping[str, Mapping[str, object]]
"""The same of every path; what stands in braces there is any segment."""


def readable(handler: Handler) -> Methods:
    """GET, and HEAD as a GET whose body is not sent."""
    return {"GET": handler, "HEAD": handler}


async def answer(request: Request, *, methods: Methods | None, faults: Faults) -> Reply:
    """The reply of the request's handler; 404 without any, 405 without this one."""
    if methods is None:
        return faults.plain(404)
    handler = methods.get(request.method)
    if handler is None:
        return method_not_allowed(faults, allowed=methods)
    return await guarded(handler(request), faults=faults)

"""
What the queue API answers, out of the replies that it refuses with.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec

from smscore_http._faults import PLAIN_JSON, Coded
from smscore_http._requests import Reply
from smscore_http.openapi._operations import Response
from smscore_http.queue_api._replies import REJECTED, TOO_MANY_REQUESTS, UNAVAILABLE
from smscore_http.queue_api._shapes import Limited, Unknown

__all__ = ["COUNTED", "coded", "coded_answers", "token_answers"]

COUNTED = ("X-RateLimit-Limit", "X-RateLimit-Remaining")

_PER_MONTH = {
    "error": "SMS limit exceeded for this month",
    "code": "limit_exceeded",
    "limit": 1000,
    "used": 1000,
}


def coded_answers(done: Response, *refusals: Reply) -> dict[int, Response]:
    """The responses of a call without a token: done, or refused with one of these."""
    replies = (*refusals, PLAIN_JSON[431], PLAIN_JSON[500], UNAVAILABLE)
    return {200: done, **_by_status(replies, counted=())}


def token_answers(
    shape: Any, *codes: str, too_large: bool = True, per_month: bool = False
) -> dict[int, Response]:
    """The responses of a call with a token, which are counted, but for what never gets so far."""
    counted = [REJECTED[code] for code in ("subscription_required", *codes)]
    replies = [*counted, *([PLAIN_JSON[413]] if too_large else []), PLAIN_JSON[500], UNAVAILABLE]
    return {
        200: Response(description="Done", shape=shape, headers=COUNTED),
        401: coded(REJECTED["authentication_failed"], shape=Unknown),
        **_by_status(replies, counted=COUNTED),
        429: _too_many(per_month=per_month),
        431: coded(PLAIN_JSON[431]),
    }


def _too_many(*, per_month: bool) -> Response:
    response = coded(TOO_MANY_REQUESTS, shape=Limited, headers=COUNTED)
    return Response(
        name=f"{response.name}.limit_exceeded" if per_month else response.name,
        description=response.description,
        shape=Limited,
        headers=COUNTED,
        perhaps=("X-RateLimit-Reset", "Retry-After"),
        examples={
            **response.examples,
            **({"limit_exceeded": _PER_MONTH} if per_month else {}),
        },
    )


def _by_status(replies: Iterable[Reply], *, counted: tuple[str, ...]) -> dict[int, Response]:
    grouped = groupby(sorted(replies, key=_status), key=_status)
    more = {500: ("X-Correlation-Id",), 503: ("Retry-After",)}
    return {
        status: coded(*some, headers=(*counted, *more.get(status, ()))) for status, some in grouped
    }


def _status(reply: Reply) -> int:
    return reply.status


def coded(*replies: Reply, shape: Any = Coded, headers: tuple[str, ...] = ()) -> Response:
    """The answer that these replies are."""
    bodies = [msgspec.json.decode(one.body) for one in replies if isinstance(one.body, bytes)]
    codes = [body.get("code", "authentication_failed") for body in bodies]
    return Response(
        name=".".join(("Token" if COUNTED[0] in headers else "Coded", *codes)),
        description="; ".join(body["error"] for body in bodies),
        shape=shape,
        headers=headers,
        examples=dict(zip(codes, bodies, strict=True)),
    )

"""
What the gateway API answers: in plain text, or where it speaks JSON in objects.
"""

from typing import Any

from smscore_http._faults import PLAIN_JSON
from smscore_http.gateway_api._json import NO_RIGHT, WRONG_LOGIN
from smscore_http.gateway_api._replies import (
    FORBIDDEN,
    PLAIN,
    TIMEOUT,
    UNAUTHORISED,
)
from smscore_http.gateway_api._shapes import GatewayError
from smscore_http.openapi._operations import Response
from smscore_http.openapi._queue_answers import coded

__all__ = ["TEXT", "json_answers", "spoken", "text_answers"]

TEXT = "text/plain"
_STRING = {"type": "string"}


def spoken(*sentences: str, pattern: str | None = None, **fields: Any) -> Response:
    """An answer of one sentence, or of a text that matches."""
    shape = _STRING if pattern is None else {**_STRING, "pattern": f"^{pattern}$"}
    return Response(
        description=fields.pop("description", "; ".join(sentences)),
        shape=shape,
        content_type=TEXT,
        examples={str(number): one for number, one in enumerate(sentences, start=1)},
        **fields,
    )


def text_answers(
    done: Response, *refusals: str, has_login: bool = False, has_body: bool = False
) -> dict[int, Response]:
    """The responses of a call in plain text; ``refusals`` are those with 400."""
    responses = {200: done, 431: spoken(PLAIN[431], name="Text.431"), 500: _FAULT}
    if refusals:
        responses[400] = _reasoned("Text.400", *refusals)
    if has_login:
        responses[401] = spoken(UNAUTHORISED, name="Text.401", perhaps=("Retry-After",))
        responses[403] = _reasoned("Text.403", FORBIDDEN)
    if has_login or has_body:
        responses[408] = spoken(TIMEOUT, name="Text.408")
    if has_body:
        responses[413] = spoken(PLAIN[413], name="Text.413")
    return responses


def json_answers(shape: Any) -> dict[int, Response]:
    """The responses of a call that speaks JSON."""
    return {
        200: Response(description="Done", shape=shape),
        400: _error("the body is not JSON"),
        401: _error(WRONG_LOGIN, perhaps=("Retry-After",)),
        403: _error(NO_RIGHT),
        408: _error(TIMEOUT),
        413: coded(PLAIN_JSON[413]),
        431: coded(PLAIN_JSON[431]),
        500: coded(PLAIN_JSON[500], headers=("X-Correlation-Id",)),
    }


_FAULT = spoken(PLAIN[500], name="Text.500", headers=("X-Correlation-Id",))


def _reasoned(name: str, *sentences: str) -> Response:
    return spoken(*sentences, name=name, headers=("X-Error-Reason",))


def _error(error: str, **fields: Any) -> Response:
    return Response(
        description=error, shape=GatewayError, examples={"1": {"error": error}}, **fields
    )

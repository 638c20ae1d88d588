"""
What the provider API answers: a shape with 200, and refusals out of the table that it refuses by.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from smscore_http.openapi._operations import Response
from smscore_http.provider_api._shapes import REFUSALS, Refusal

__all__ = ["BODY_REFUSALS", "RATE_HEADERS", "answers"]

RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")

BODY_REFUSALS = (
    "invalid_request",
    "insufficient_credits",
    "subscription_required",
    "payload_too_large",
    "invalid_phone_number",
    "message_too_long",
    "no_route",
    "recipient_opted_out",
    "limit_exceeded",
)
"""Why a text may not be sent."""

_ALWAYS = (
    "authentication_failed",
    "rate_limit_exceeded",
    "request_header_fields_too_large",
    "internal_error",
    "service_unavailable",
)
_EXAMPLE = "to is required"  # each invalid request says what is wrong with it
_MORE_HEADERS = {500: ("X-Correlation-Id",), 503: ("Retry-After",)}


def answers(shape: Any, *codes: str) -> dict[int, Response]:
    """The responses of a call that answers in this shape, or refuses with one of the codes."""
    in_order = [code for code in REFUSALS if code in codes or code in _ALWAYS]
    return {
        200: Response(description="Done", shape=shape, headers=RATE_HEADERS),
        **{status: _refused(status, list(some)) for status, some in groupby(in_order, _status)},
    }


def _status(code: str) -> int:
    return REFUSALS[code][0]


def _refused(status: int, codes: Sequence[str]) -> Response:
    messages = {code: REFUSALS[code][1] or _EXAMPLE for code in codes}
    return Response(
        name=".".join(("Provider", *codes)),
        description="; ".join(messages.values()),
        shape=Refusal,
        headers=(*RATE_HEADERS, *_MORE_HEADERS.get(status, ())),
        perhaps=("Retry-After",) if status == 429 else (),
        examples={
            code: {"success": False, "error": {"code": code, "message": message}}
            for code, message in messages.items()
        },
    )

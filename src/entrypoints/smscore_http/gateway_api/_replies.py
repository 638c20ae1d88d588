"""
The gateway API's answers, byte for byte; clients compare them.
"""

import logging
import re

from smscore.errors import (
    AuthenticationFailed,
    InvalidRequest,
    PermissionDenied,
    Rejected,
)
from smscore.services.logins import Throttled
from smscore_http._requests import TEXT_TYPE, Headers, Reply

__all__ = [
    "FORBIDDEN",
    "MISSING",
    "NOT_FOUND",
    "PLAIN",
    "REFUSED",
    "TIMEOUT",
    "UNAUTHORISED",
    "GatewayFaults",
    "MissingParameter",
    "log_refusal",
    "printable",
    "retry_after",
    "text",
]

_log = logging.getLogger(__name__)

REFUSED = "Error. See Gateway logs for more information."
MISSING = "Error: Parameter miss"
TIMEOUT = "FAILED - Timeout or see Gateway logs for more information."
UNAUTHORISED = "401 Unauthorized - Username or Password wrong"
FORBIDDEN = "403 Forbidden - Your User has no right to send SMS over API"
PLAIN = {
    404: "404 Not Found",
    405: "405 Method Not Allowed",
    413: "413 Payload Too Large",
    431: "431 Request Header Fields Too Large",
    500: "500 Internal Server Error",
}

_LONGEST_REASON = 200  # bytes
_UNPRINTABLE = re.compile(r"[^ -~]")
_DIGITS = re.compile(r"((?:[0-9][ ()./-]*){3})(?:[0-9][ ()./-]*){3,}")  # as people write them


class MissingParameter(InvalidRequest):
    """A parameter that this API requires is missing or empty."""


class GatewayFaults:
    """Everything wrong is one sentence; ``explain`` adds the reason as a second line."""

    def __init__(self, *, explain: bool) -> None:
        self._explain = explain

    def plain(self, status: int) -> Reply:
        return text(PLAIN[status], status=status)

    def rejected(self, reason: Rejected) -> Reply:
        match reason:
            case AuthenticationFailed():
                # No word of why: that would tell a stranger which names there are.
                log_refusal(reason)
                return text(UNAUTHORISED, status=401, headers=retry_after(reason))
            case PermissionDenied():
                return self._refused(403, FORBIDDEN, reason)
            case MissingParameter():
                return self._refused(400, MISSING, reason)
            case _:
                return self._refused(400, REFUSED, reason)

    def unavailable(self) -> Reply:
        return text(TIMEOUT, status=408)

    def _refused(self, status: int, sentence: str, reason: Rejected) -> Reply:
        log_refusal(reason)
        told = printable(str(reason))
        return text(
            f"{sentence}\n{told}" if self._explain else sentence,
            status=status,
            headers=((b"x-error-reason", told.encode("ascii")),),
        )


def text(body: str, *, status: int = 200, headers: Headers = ()) -> Reply:
    """A reply in plain text."""
    return Reply(status, body.encode(), (*TEXT_TYPE, *headers))


def retry_after(reason: Rejected) -> Headers:
    """When to come back, for whoever has made too many mistakes."""
    if isinstance(reason, Throttled):
        return ((b"retry-after", b"%d" % reason.retry_after),)
    return ()


def printable(reason: str) -> str:
    """What may be put into a header or a log, whatever the caller has put into the reason."""
    return _UNPRINTABLE.sub("?", reason)[:_LONGEST_REASON]


def log_refusal(reason: Rejected) -> None:
    """Say in the log why, and no whole number."""
    _log.info("refused: %s: %s", reason.code, _DIGITS.sub(r"\1…", printable(str(reason))))


NOT_FOUND = text(PLAIN[404], status=404)

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
from smscore_http._requests import TEXT_TYPE, Headers, Reply
from smscore_http._throttle import Throttled

__all__ = ["NOT_FOUND", "GatewayFaults", "MissingParameter", "text"]

_log = logging.getLogger(__name__)

_REFUSED = "Error. See Gateway logs for more information."
_MISSING = "Error: Parameter miss"
_TIMEOUT = "FAILED - Timeout or see Gateway logs for more information."
_DENIED: dict[type[Rejected], tuple[int, str]] = {
    AuthenticationFailed: (401, "401 Unauthorized - Username or Password wrong"),
    PermissionDenied: (403, "403 Forbidden - Your User has no right to send SMS over API"),
}
_PLAIN = {
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
        return text(_PLAIN[status], status=status)

    def rejected(self, reason: Rejected) -> Reply:
        if isinstance(reason, MissingParameter):
            return text(_MISSING, status=400)
        if (denied := _DENIED.get(type(reason))) is not None:
            return text(denied[1], status=denied[0])
        if isinstance(reason, Throttled):
            status, sentence = _DENIED[AuthenticationFailed]
            wait = (b"retry-after", b"%d" % reason.retry_after)
            return text(sentence, status=status, headers=(wait,))
        return self._refused(str(reason), code=reason.code)

    def unavailable(self) -> Reply:
        return text(_TIMEOUT, status=408)

    def _refused(self, reason: str, *, code: str) -> Reply:
        # The caller may put anything into `to`: no header may come out of it.
        printable = _UNPRINTABLE.sub("?", reason)[:_LONGEST_REASON]
        _log.info("refused: %s: %s", code, _DIGITS.sub(r"\1…", printable))
        return text(
            f"{_REFUSED}\n{printable}" if self._explain else _REFUSED,
            status=400,
            headers=((b"x-error-reason", printable.encode("ascii")),),
        )


def text(body: str, *, status: int = 200, headers: Headers = ()) -> Reply:
    """A reply in plain text."""
    return Reply(status, body.encode(), (*TEXT_TYPE, *headers))


NOT_FOUND = text(_PLAIN[404], status=404)

"""
The access log: one line a request, without anything that could be used to log in.
"""

import logging
import re

from smscore_http._requests import Request

__all__ = ["log_access", "public_path"]

_log = logging.getLogger("smscore.http.access")

# Behind /api/ stands a token, or one of these.
_TOKEN_SEGMENT = re.compile(r"(?<=/api/)(?!(?:app-versions?|download|messages|signin)(?:/|$))[^/]+")
# A key or a token that somebody has put where it does not belong.
_SECRET = re.compile(r"sk_[A-Za-z0-9_-]+|[0-9A-Fa-f]{40,}")
_MASK = "***"
_LONGEST = 200


def log_access(request: Request, *, status: int, seconds: float) -> None:
    """Write the line."""
    if _log.isEnabledFor(logging.INFO):
        _log.info(
            "%s %s %d %.1f ms", request.method, public_path(request.path), status, seconds * 1000
        )


def public_path(path: str) -> str:
    """The path as it may be shown: on one line, and nobody can log in with it."""
    masked = _SECRET.sub(_MASK, _TOKEN_SEGMENT.sub(_MASK, path))[:_LONGEST]
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in masked)

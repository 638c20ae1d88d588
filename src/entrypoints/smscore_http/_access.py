"""
The access log: one line a request, without anything that could be used to log in.
"""

import logging
import re

from smscore.config import HOOKS
from smscore_http._requests import Request

__all__ = ["log_access", "public_path"]

_log = logging.getLogger("smscore.http.access")

_UNKNOWN = "(unknown)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
# Clients put logins into every place of a path, so what is not known is not shown.
_PATHS = frozenset(
    {
        "/api.php",
        "/check.php",
        "/state.php",
        "/api/app-version",
        "/api/app-versions",
        "/api/messages",
        "/api/signin",
        "/docs",
        "/docs/start.js",
        "/docs/swagger-ui-bundle.js",
        "/docs/swagger-ui.css",
        "/download/app.apk",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/openapi.json",
        "/postman/collection",
        "/postman/environment",
        "/v1/account",
        "/v1/account/callback-secret",
        "/v1/inbound",
        "/v1/messages",
        "/v1/messages/estimate",
        "/v1/webhooks",
    }
)
_OF_ID = re.compile(
    r"/v1/messages/msg_[0-9a-f]{16}"
    r"|/v1/webhooks/wh_[0-9a-f]{16}(/replay|/deliveries(/whd_[0-9a-f]{16}/replay)?)?"
)
_CALL_OF_TOKEN = re.compile(r"/api/[^/]+/(get_messages|queue|status)")
_HOOK = re.compile(rf"/{HOOKS}/[^/]+/[^/]+")
_LAST_SEGMENT = re.compile(r"(/api/download|/v1/messages|/v1/webhooks)/[^/]+")


def log_access(request: Request, *, status: int, seconds: float) -> None:
    """Write the line."""
    if _log.isEnabledFor(logging.INFO):
        method = request.method if request.method in _METHODS else _UNKNOWN
        path = public_path(request.path)
        _log.info(
            "%s %s %d %.1f ms",
            method,
            path,
            status,
            seconds * 1000,
            extra={"method": method, "path": path, "status": status, "seconds": round(seconds, 6)},
        )


def public_path(path: str) -> str:
    """The path as it may be shown: known words and ids, and a mask for the rest."""
    if path in _PATHS or _OF_ID.fullmatch(path):
        return path
    if (call := _CALL_OF_TOKEN.fullmatch(path)) is not None:
        return f"/api/***/{call[1]}"
    if _HOOK.fullmatch(path):
        return f"/{HOOKS}/***"
    if (folder := _LAST_SEGMENT.fullmatch(path)) is not None:
        return f"{folder[1]}/***"
    return _UNKNOWN

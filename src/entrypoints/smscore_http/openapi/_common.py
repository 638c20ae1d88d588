"""
What belongs to no single call: what the document is about, logins, headers of answers.
"""

from smscore_http.openapi._schemas import Json

__all__ = ["HEADERS", "INFO", "SECURITY", "TAGS"]

INFO: Json = {
    "title": "smscore",
    # That of what is described here, not that of the software: strangers read this.
    "version": "1",
    "description": (
        "Three APIs over the same messages: what was submitted at one is visible at the others. "
        "What was answered with 200 is on the disk. A repeated request under the same idempotency "
        "key sends once. Fields and parameters that are not known are ignored; texts are Unicode."
    ),
    "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
}

TAGS = [
    {
        "name": "Provider API",
        "description": "For applications: JSON, with the key of an account.",
    },
    {
        "name": "Webhooks",
        "description": "What an account's endpoints are told of its messages.",
    },
    {
        "name": "Gateway API",
        "description": "For scripts and monitoring systems: plain text, with a user's password.",
    },
    {
        "name": "Queue API",
        "description": "For phones that send: JSON, with the account's token in the path.",
    },
    {"name": "Health", "description": "For load balancers and supervisors."},
]

SECURITY: Json = {
    "provider_key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the account, as `smscore key create` shows it once.",
    },
    "gateway_username": {
        "type": "apiKey",
        "in": "query",
        "name": "username",
        "description": "A system user with the permission `api.send`.",
    },
    "gateway_password": {
        "type": "apiKey",
        "in": "query",
        "name": "password",
        "description": "The user's password. Addresses are logged by many: rather post a form.",
    },
    "gateway_session": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `jwt` of `/api/signin`.",
    },
    "gateway_basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The name and the password of a system user.",
    },
}

_COUNT = {"type": "integer", "minimum": 0}
_SECONDS = {"type": "integer", "minimum": 1}
_TEXT = {"type": "string"}

HEADERS: Json = {
    "X-RateLimit-Limit": {"description": "How many calls there are.", "schema": _COUNT},
    "X-RateLimit-Remaining": {"description": "How many are left.", "schema": _COUNT},
    "X-RateLimit-Reset": {
        "description": "In how many seconds there is room again.",
        "schema": _COUNT,
    },
    "Retry-After": {"description": "In how many seconds to come again.", "schema": _SECONDS},
    "X-Correlation-Id": {"description": "What the log has the fault under.", "schema": _TEXT},
    "X-Error-Reason": {"description": "Why it was refused.", "schema": _TEXT},
}
"""Of answers."""

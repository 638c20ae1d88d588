"""
What belongs to no single call: what the document is about, logins, headers of answers.
"""

from smscore_http.openapi._schemas import Json

__all__ = ["HEADERS", "INFO", "SECURITY", "TAGS"]

INFO: Json = {
    "title": "smscore",
    # That of what is described here, not that of the software: strangers read this.
    "version": "1",
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
]

SECURITY: Json = {
    "provider_key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the account, as `smscore key create` shows it once.",
    },
}

_COUNT = {"type": "integer", "minimum": 0}
_SECONDS = {"type": "integer", "minimum": 1}

HEADERS: Json = {
    "X-RateLimit-Limit": {
        "description": "How many calls there are.",
        "required": True,
        "schema": _COUNT,
    },
    "X-RateLimit-Remaining": {
        "description": "How many are left.",
        "required": True,
        "schema": _COUNT,
    },
    "X-RateLimit-Reset": {
        "description": "In how many seconds there is room again.",
        "required": True,
        "schema": _COUNT,
    },
    "Retry-After": {
        "description": "In how many seconds to come again.",
        "schema": _SECONDS,
    },
    "X-Correlation-Id": {
        "description": "What the log has the fault under.",
        "required": True,
        "schema": {"type": "string"},
    },
}

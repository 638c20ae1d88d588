"""
The description of all surfaces in OpenAPI 3.1, made from the shapes by which they read and answer.

It is imported when somebody asks for it: serving messages needs nothing of it.
"""

from functools import cache

from smscore_http._wire import encode_json
from smscore_http.openapi import (
    _gateway,
    _health,
    _provider,
    _provider_account,
    _provider_webhooks,
    _queue,
)
from smscore_http.openapi._announcements import webhooks
from smscore_http.openapi._common import INFO, SECURITY, TAGS
from smscore_http.openapi._operations import Operation
from smscore_http.openapi._schemas import Json, Schemas

__all__ = ["OPERATIONS", "description"]

OPERATIONS: tuple[Operation, ...] = (
    *_provider.OPERATIONS,
    *_provider_account.OPERATIONS,
    *_provider_webhooks.OPERATIONS,
    *_gateway.OPERATIONS,
    *_queue.OPERATIONS,
    *_health.OPERATIONS,
)
"""Each method of each path, in the order in which the document shows them."""


def description(*, server: str) -> bytes:
    """The document, for whoever reaches the surfaces at this address."""
    servers = encode_json({"openapi": "3.1.1", "servers": [{"url": server}]})
    return servers[:-1] + b"," + _without_servers()[1:]


@cache
def _without_servers() -> bytes:
    schemas = Schemas()
    paths: Json = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = operation.written(schemas)
    told = webhooks(schemas.components)
    return encode_json(
        {
            "info": INFO,
            "tags": TAGS,
            "paths": paths,
            "webhooks": told,
            "components": {
                "securitySchemes": SECURITY,
                "responses": schemas.responses,
                "schemas": schemas.components,
            },
        }
    )

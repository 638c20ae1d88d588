"""
The queue API for Postman: a collection of all its calls with their tests, and an environment.
"""

from functools import cache
from pathlib import Path

import msgspec

from smscore_http._context import Context
from smscore_http._origin import origin
from smscore_http._requests import JSON_TYPE, Handler, Reply, Request
from smscore_http._routes import Methods, readable
from smscore_http._wire import encode_json

__all__ = ["VARIABLES", "for_postman"]

# Of each file the list in which Postman looks for variables.
VARIABLES = {"collection": "variable", "environment": "values"}


def for_postman(context: Context) -> dict[str, Methods]:
    """What each path below ``/postman/`` can do."""
    return {f"/postman/{name}": readable(_download(name, context)) for name in VARIABLES}


def _download(name: str, context: Context) -> Handler:
    file_name = f"smscore.postman_{name}.json"
    headers = (
        *JSON_TYPE,
        (b"content-disposition", f'attachment; filename="{file_name}"'.encode()),
    )

    async def download(request: Request) -> Reply:
        content = msgspec.json.decode(_file(name))
        base_url = f"{origin(request, context.gateway.config.http.public_url)}/api"
        for variable in content[VARIABLES[name]]:
            if variable["key"] == "base_url":
                variable["value"] = base_url
        return Reply(200, encode_json(content), headers)

    return download


@cache
def _file(name: str) -> bytes:
    return Path(__file__).with_name(f"{name}.json").read_bytes()

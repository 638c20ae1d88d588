"""
The yardstick: a Starlette endpoint that decodes a JSON body and answers with JSON, nothing else.
"""

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def accept(request: Request) -> Response:
    """What every JSON endpoint has to do."""
    body = msgspec.json.decode(await request.body())
    answer = {"success": True, "to": body["to"], "status": "queued"}
    return Response(msgspec.json.encode(answer), media_type="application/json")


app = Starlette(routes=[Route("/v1/messages", accept, methods=["POST"])])

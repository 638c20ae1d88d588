"""
The footprint's yardstick: what a service on uvicorn and sqlmodel costs before it does anything.
"""

import sqlmodel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def hello(_: Request) -> PlainTextResponse:
    """One line."""
    return PlainTextResponse(f"hello from sqlmodel {sqlmodel.__version__}")


app = Starlette(routes=[Route("/health/live", hello)])

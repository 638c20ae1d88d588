"""
The bundled web server around a gateway: one loop, and an orderly end.
"""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable

import uvicorn

from smscore import Gateway
from smscore_http import create_app

__all__ = ["run"]

_PATIENCE = 5
"""Seconds that requests under way are given when the server is stopped."""
_SETTLING = 0.5
"""Seconds from the start until memory is tidied up."""


def run(gateway: Gateway, *, listener: socket.socket, on_started: Callable[[], None]) -> None:
    """
    Serve until SIGINT or SIGTERM, then finish what is under way and hand back what was claimed.

    Raises:
        StoreUnavailable: another server runs on the store.
    """
    server = _Server(_settings(gateway), on_started=on_started)
    # uvicorn catches signals only while it serves, and raises them again afterwards: they must
    # neither kill a gateway that is still stopping, nor be lost on one that is still starting.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.ask_to_stop())
    with listener, gateway.running():
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, settings: uvicorn.Config, *, on_started: Callable[[], None]) -> None:
        super().__init__(settings)
        self._on_started = on_started

    def ask_to_stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_started()
        # A little later: it takes a tenth of a second, which the first caller need not wait.
        asyncio.get_running_loop().call_later(_SETTLING, _settle_memory)


def _settings(gateway: Gateway) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(gateway),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",  # the application ends its own threads
        interface="asgi3",
        access_log=False,  # smscore_http writes one that holds no secrets
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_PATIENCE,
    )


def _settle_memory() -> None:
    """What is there now stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    gc.enable()

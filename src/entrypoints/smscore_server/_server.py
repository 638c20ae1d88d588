"""
The bundled web server around a gateway: one loop, and an orderly end.
"""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from types import FrameType

import uvicorn

from smscore import Gateway
from smscore_http import Endpoint, Surfaces
from smscore_server._connections import Connection
from smscore_server.control import ControlSocket, control_path

__all__ = ["run"]

_log = logging.getLogger(__name__)

_PATIENCE = 5
"""Seconds that requests under way are given when the server is stopped."""
_SETTLING = 0.5
"""Seconds from the start until memory is tidied up."""


def run(
    gateway: Gateway,
    *,
    listener: socket.socket,
    on_started: Callable[[], None],
    beside: AbstractContextManager[object] | None = None,
) -> None:
    """
    Serve until SIGINT or SIGTERM, then finish what is under way and hand back what was claimed.

    ``beside`` is another door, which is open as long as the gateway runs.

    A second signal cuts off the requests that are still under way.

    Raises:
        StoreUnavailable: another server runs on the store.
        ConfigurationError: the other door cannot be opened.
        OSError: ``on_started`` raised it.
    """
    surfaces = Surfaces(gateway)
    server = _Server(_settings(surfaces), on_started=on_started)
    # uvicorn catches signals only while it serves, and raises them again afterwards: they must
    # neither kill a gateway that is still stopping, nor be lost on one that is still starting.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.ask_to_stop())
    control = ControlSocket(control_path(gateway.config), operate=gateway.operate)
    # Closed last: what a command waits for ends when the channels do.
    with (
        listener,
        closing(control),
        gateway.running(),
        closing(surfaces),
        beside or nullcontext(),
    ):
        if gateway.config.server.role.has_channels:
            control.start()
        server.run(sockets=[listener])
    if server.fault is not None:
        raise server.fault


class _Server(uvicorn.Server):
    def __init__(self, settings: uvicorn.Config, *, on_started: Callable[[], None]) -> None:
        super().__init__(settings)
        self._on_started = on_started
        self._loop: asyncio.AbstractEventLoop | None = None
        self.fault: OSError | None = None

    def ask_to_stop(self) -> None:
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's
        # Not as uvicorn does it: that would tear down the application without its own end.
        if self.should_exit and self._loop is not None:
            self._loop.call_soon_threadsafe(self._cut_off)
        self.ask_to_stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        try:
            self._on_started()
        except OSError as fault:
            # Nobody was told where we are: an orderly end, then the fault.
            self.fault = fault
            self.ask_to_stop()
        # A little later: it takes a tenth of a second, which the first caller need not wait.
        self._loop.call_later(_SETTLING, _settle_memory)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        end_of_patience = asyncio.get_running_loop().call_later(_PATIENCE, self._cut_off)
        await super().shutdown(sockets=sockets)
        end_of_patience.cancel()

    def _cut_off(self) -> None:
        """Requests see their clients gone, and end; cancelled ones would leave tracebacks."""
        connections = list(self.server_state.connections)
        if connections:
            _log.warning("connections cut off with requests under way: %d", len(connections))
        for connection in connections:
            connection.transport.abort()


def _settings(surfaces: Surfaces) -> uvicorn.Config:
    return uvicorn.Config(
        Endpoint(surfaces),
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,  # smscore_http writes one that holds no secrets
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_PATIENCE + 1,  # what we have not cut off by then
    )


def _settle_memory() -> None:
    """What is there now stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    gc.enable()

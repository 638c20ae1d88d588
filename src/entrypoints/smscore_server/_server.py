"""
The bundled web server around a gateway: one loop, and an orderly end.

Longer than it was meant to be: what happens at the end, and in which order, belongs together.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from functools import partial
from types import FrameType

import uvicorn

from smscore import Gateway
from smscore.errors import GatewayError
from smscore_http import Endpoint, Surfaces
from smscore_server._connections import Connection, Connections
from smscore_server._entrances import Entrance
from smscore_server._handover import Listeners, let_signals_through
from smscore_server._supervision import Supervisor
from smscore_server.control import ControlSocket, control_path

__all__ = ["run"]

_log = logging.getLogger(__name__)

_PATIENCE = 5
"""Seconds that requests under way are given when the server is stopped."""
_KEPT_ALIVE = 5
"""Seconds after an answer in which a connection may be used again."""
_FRESH = 2.0
"""Seconds in which who has just connected may begin a request, when the server is followed."""
_HANDSHAKE = 10.0
"""Seconds for a client's handshake."""
_FAREWELL = 2.0
"""Seconds that a client is given to end TLS in order."""
_LOOK = 0.05
_SETTLING = 0.5
"""Seconds from the start until memory is tidied up."""


def run(
    gateway: Gateway,
    *,
    entrances: Sequence[Entrance],
    on_started: Callable[[], None],
    beside: AbstractContextManager[object] | None = None,
    listeners: Listeners | None = None,
    on_hangup: Callable[[], object] | None = None,
    may_run_again: Callable[[], object] | None = None,
) -> Callable[[], bool]:
    """
    Serve until SIGINT or SIGTERM, then finish what is under way and hand back what was claimed.

    ``beside`` is another door, which is open as long as the gateway runs.

    A second signal cuts off the requests that are still under way.

    ``listeners`` are the sockets behind the entrances. If they were handed over, they stay open:
    nobody is turned away when the server ends, and a connection ends by an answer that says so, or
    by being idle as on any other day. So it is, too, after SIGUSR2, unless ``may_run_again`` raises
    a GatewayError; it is called on another thread, and may block.

    What comes back says whether the caller shall run it again: to be asked at the very end, for
    until then a signal to stop takes it back.

    ``on_hangup`` is called after SIGHUP, and its GatewayError logged.

    Raises:
        StoreUnavailable: another server runs on the store.
        ConfigurationError: the other door cannot be opened.
        OSError: ``on_started`` raised it.
    """
    surfaces = Surfaces(gateway)
    control = ControlSocket(control_path(gateway.config), operate=gateway.operate)
    channels = ExitStack()
    server = _Server(
        _settings(surfaces),
        entrances=entrances,
        on_started=on_started,
        stop_channels=channels.close,
        listeners=listeners,
    )
    # uvicorn catches signals only while it serves, and raises them again afterwards: they must
    # neither kill a gateway that is still stopping, nor be lost on one that is still starting.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.ask_to_stop())
    if may_run_again is not None:
        signal.signal(signal.SIGUSR2, lambda *_: server.ask_to_run_again(may_run_again))
    if on_hangup is not None and not os.isatty(0):  # else the terminal is gone, and we are to go
        signal.signal(signal.SIGHUP, lambda *_: server.ask_to_renew(on_hangup))
    let_signals_through()
    # Closed last: what a command waits for ends when the channels do.
    with ExitStack() as sockets:
        for one in entrances:
            sockets.enter_context(one.listener)
        with closing(control), channels, closing(surfaces):
            channels.enter_context(gateway.running())
            if beside is not None:
                channels.enter_context(beside)
            if gateway.config.server.role.has_channels:
                control.start()
            server.run(sockets=[])
    if server.fault is not None:
        raise server.fault
    return lambda: server.is_to_run_again


class _Server(uvicorn.Server):
    server_state: Connections

    def __init__(
        self,
        settings: uvicorn.Config,
        *,
        entrances: Sequence[Entrance],
        on_started: Callable[[], None],
        stop_channels: Callable[[], None],
        listeners: Listeners | None,
    ) -> None:
        super().__init__(settings)
        self.server_state = Connections()
        self._entrances = entrances
        self._on_started = on_started
        self._stop_channels = stop_channels
        self._listeners = listeners
        self._loop: asyncio.AbstractEventLoop | None = None
        self._early: list[Callable[[], object]] = []  # asked for before the loop ran
        self._supervisor = Supervisor()
        self._trying = asyncio.Lock()
        self._tried: set[asyncio.Task[None]] = set()  # else nobody keeps them from being collected
        self.is_to_run_again = False
        self.fault: OSError | None = None

    def ask_to_stop(self) -> None:
        self.is_to_run_again = False
        self.should_exit = True

    def ask_to_run_again(self, may_run_again: Callable[[], object]) -> None:
        self._do(partial(self._run_again_if, may_run_again))

    def ask_to_renew(self, on_hangup: Callable[[], object]) -> None:
        self._do(partial(self._renew, on_hangup))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's
        # Not as uvicorn does it: that would tear down the application without its own end.
        if self.should_exit and self._loop is not None:
            self._loop.call_soon_threadsafe(self._cut_off)
        self.ask_to_stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        for one in self._entrances:
            self.servers.append(await self._serve_at(one))
        try:
            self._on_started()
        except OSError as fault:
            # Nobody was told where we are: an orderly end, then the fault.
            self.fault = fault
            self.ask_to_stop()
        self._supervisor.ready("answers")
        if self._supervisor.period is not None:
            self._be_well(self._supervisor.period / 3)
        for action in self._early:
            self._loop.call_soon(action)
        # A little later: it takes a tenth of a second, which the first caller need not wait.
        self._loop.call_later(_SETTLING, _settle_memory)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.is_to_run_again:
            self._supervisor.reloading("ends, to begin anew")
        else:
            self._supervisor.stopping()
        if self._is_followed:
            await self._see_out()
        elif self._listeners is not None:
            self._listeners.close()
        end_of_patience = asyncio.get_running_loop().call_later(_PATIENCE, self._cut_off)
        await super().shutdown(sockets=sockets)
        end_of_patience.cancel()

    async def _serve_at(self, entrance: Entrance) -> asyncio.Server:
        loop = asyncio.get_running_loop()

        def connection() -> Connection:
            return Connection(
                self.config,
                server_state=self.server_state,
                app_state=self.lifespan.state,
                _loop=loop,
            )

        has_tls = entrance.tls is not None
        return await loop.create_server(
            connection,
            sock=entrance.listener,
            backlog=self.config.backlog,
            ssl=entrance.tls,
            ssl_handshake_timeout=_HANDSHAKE if has_tls else None,
            ssl_shutdown_timeout=_FAREWELL if has_tls else None,
        )

    @property
    def _is_followed(self) -> bool:
        """Whether somebody will take what connects from now on."""
        handed_over = self._listeners is not None and self._listeners.were_handed_over
        return handed_over or self.is_to_run_again

    async def _see_out(self) -> None:
        """
        Let all connections end by themselves; meanwhile the channels end, and new ones are served.

        Then who connects waits for whoever comes after us.
        """
        self.server_state.let_go()
        here = set(self.server_state.connections)
        channels = asyncio.get_running_loop().run_in_executor(None, self._stop_channels)
        await self._until(lambda: here.isdisjoint(self.server_state.connections), _KEPT_ALIVE + 1)
        await channels
        for server in self.servers:
            server.close()
        await self._until(lambda: not self.server_state.connections, _FRESH)

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + seconds
        await asyncio.sleep(_LOOK)  # what was accepted just now becomes a connection
        while not condition() and loop.time() < ends_at:  # noqa: ASYNC110  # as uvicorn does it
            await asyncio.sleep(_LOOK)

    def _do(self, action: Callable[[], object]) -> None:
        """What a signal asks for; too late, it is not done any more."""
        if self._loop is None:
            self._early.append(action)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action)

    def _renew(self, on_hangup: Callable[[], object]) -> None:
        self._supervisor.reloading("reads certificates again")
        try:
            on_hangup()
        except GatewayError as fault:
            _log.error("certificates stay as they were: %s", fault)
            self._supervisor.ready(f"answers; certificates stay as they were: {fault}")
        else:
            _log.info("certificates were read again")
            self._supervisor.ready("answers")

    def _run_again_if(self, may_run_again: Callable[[], object]) -> None:
        trying = asyncio.get_running_loop().create_task(self._try_to_run_again(may_run_again))
        self._tried.add(trying)
        trying.add_done_callback(self._tried.discard)

    async def _try_to_run_again(self, may_run_again: Callable[[], object]) -> None:
        """Requests are answered meanwhile. Who asks again is answered by another try, after it."""
        async with self._trying:
            if self.should_exit:
                return
            try:
                await asyncio.get_running_loop().run_in_executor(None, may_run_again)
            except GatewayError as fault:
                _log.error("the server stays as it is: %s", fault)
                return
            if not self.should_exit:
                self.is_to_run_again = self.should_exit = True

    def _be_well(self, period: float) -> None:
        self._supervisor.well()
        asyncio.get_running_loop().call_later(period, partial(self._be_well, period))

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
        timeout_keep_alive=_KEPT_ALIVE,
        timeout_graceful_shutdown=_PATIENCE + 1,  # what we have not cut off by then
    )


def _settle_memory() -> None:
    """What is there now stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    gc.enable()

"""
``/check.php``: how the gateway is, for monitoring systems. Needs no login.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from smscore.config import GatewayConfig
from smscore.ports.storage import Tally
from smscore_http._context import Context
from smscore_http._kept import Kept
from smscore_http._requests import Reply, Request
from smscore_http.gateway_api._machine import disk_room, load_averages, uptime_words
from smscore_http.gateway_api._parameters import read_parameters
from smscore_http.gateway_api._replies import NOT_FOUND, text
from smscore_http.gateway_api._signal import Signal, best_signal
from smscore_http.gateway_api._tallies import tallies
from smscore_http.gateway_api._time_limit import time_limit

__all__ = ["Checking"]


class Checking:
    """The handler. One ``name: value`` on each line, always in this order; or one of them alone."""

    _context: Context
    _tallies: Kept[Tally]
    _disk: Path

    values: ClassVar[Mapping[str, Callable[["Checking"], object]]] = {
        "que": lambda self: self._tallies.latest().queued,
        "failed": lambda self: self._tallies.latest().failed,
        "signal": lambda self: f"{self._signal().dbm}db",
        "total": lambda self: self._tallies.latest().total,
        "state": lambda self: self._signal().state,
        "load": lambda _: load_averages(),
        "time": lambda self: int(self._context.gateway.clock.now().timestamp()),
        "disk": lambda self: disk_room(self._disk),
        "uptime": lambda _: f"{uptime_words()}, 0 users",  # nobody logs in to a gateway
    }

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tallies = tallies(context.gateway, start=context.start)
        self._disk = _where_messages_are(context.gateway.config)

    async def __call__(self, request: Request) -> Reply:
        parameters = await read_parameters(request, time_limit(self._context))
        option = parameters.get("option")
        if option is None:
            return text(await self._context.call(self._lines, tuple(self.values)))
        if option not in self.values:
            return NOT_FOUND
        return text(await self._context.call(self._lines, (option,)))

    def _lines(self, names: tuple[str, ...]) -> str:
        return "".join(f"{name}: {self.values[name](self)}\n" for name in names)

    def _signal(self) -> Signal:
        gateway = self._context.gateway
        return best_signal([gateway.health(name) for name in gateway.transports])


def _where_messages_are(config: GatewayConfig) -> Path:
    """The directory of the database, if it is a file."""
    scheme, _, path = config.store_url.partition(":///")
    return Path(path).parent if scheme == "sqlite" else config.path(".")

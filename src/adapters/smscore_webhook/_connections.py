"""
Connections to endpoints: to addresses that were checked, kept for a few seconds for the next call.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from urllib.parse import SplitResult

from smscore_webhook._exchange import Exchange, Reply
from smscore_webhook._look_ups import LookUp, LookUps
from smscore_webhook._targets import Targets

__all__ = ["Connections", "Forbidden"]

_IDLE = 4.0  # seconds; most servers wait for 5 and more
_TURN = 1.5  # seconds of an address while there is another one, so that a dead one takes not all
_MOST_IDLE, _MOST_IDLE_IN_ALL = 64, 128  # to one host, to all of them
_PORTS = {"http": 80, "https": 443}

_Place = tuple[str, str, int]


class Forbidden(OSError):
    """The name of the host stands for an address that nobody may call."""


class Connections:
    """Those of one event loop; if they are not ``kept``, each serves one request."""

    def __init__(
        self,
        targets: Targets,
        *,
        look_up: LookUp,
        tls: Callable[[], ssl.SSLContext],
        kept: bool = True,
    ) -> None:
        self._targets = targets
        self._are_kept = kept
        self._look_ups = LookUps(look_up)
        self._tls = tls
        self._idle: dict[_Place, list[tuple[float, Exchange]]] = {}
        self._watched: set[_Place] = set()  # each by one timer

    async def ask(self, url: SplitResult, request: bytes, *, body_patience: float) -> Reply:
        """
        Send a request, and wait for the status and the beginning of the body.

        Raises:
            OSError, BadAnswer, ValueError: there was no answer.
        """
        place = (url.scheme, url.hostname or "", url.port or _PORTS[url.scheme])
        exchange = self._take(place)
        if exchange is not None:
            try:
                return await self._ask(place, exchange, request, body_patience)
            except OSError:
                # The other side may have closed it at that moment: then it has not heard us.
                if exchange.has_answer:
                    raise
        return await self._ask(place, await self._connect(place), request, body_patience)

    def close(self) -> None:
        """End all that is kept."""
        for kept in self._idle.values():
            for _, exchange in kept:
                exchange.close()
        self._idle.clear()

    async def _ask(
        self, place: _Place, exchange: Exchange, request: bytes, body_patience: float
    ) -> Reply:
        try:
            return await exchange.ask(request, body_patience=body_patience)
        finally:
            if exchange.is_reusable and self._are_kept:
                self._keep(place, exchange)
            else:
                exchange.close()

    def _take(self, place: _Place) -> Exchange | None:
        now, kept = asyncio.get_running_loop().time(), self._idle.get(place, [])
        while kept:
            since, exchange = kept.pop()
            if exchange.is_open and now - since < _IDLE:
                return exchange
            exchange.close()
        self._idle.pop(place, None)
        return None

    def _keep(self, place: _Place, exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        kept = self._idle.setdefault(place, [])
        if place not in self._watched:
            self._watched.add(place)
            loop.call_later(_IDLE, self._drop_old, place)
        kept.append((loop.time(), exchange))
        if len(kept) > _MOST_IDLE or sum(map(len, self._idle.values())) > _MOST_IDLE_IN_ALL:
            kept.pop(0)[1].close()

    def _drop_old(self, place: _Place) -> None:
        loop = asyncio.get_running_loop()
        now, kept = loop.time(), self._idle.get(place, [])
        while kept and now - kept[0][0] >= _IDLE:
            kept.pop(0)[1].close()
        if kept:
            loop.call_at(kept[0][0] + _IDLE, self._drop_old, place)
        else:
            self._idle.pop(place, None)
            self._watched.discard(place)

    async def _connect(self, place: _Place) -> Exchange:
        """A connection to one of the host's addresses, all of which may be called."""
        scheme, host, port = place
        fault: OSError = Forbidden("the host has no address")
        addresses = await self._addresses(host)
        for address in addresses:
            is_last = address == addresses[-1]
            try:
                async with asyncio.timeout(None if is_last else _TURN):
                    _, exchange = await asyncio.get_running_loop().create_connection(
                        Exchange,
                        address,
                        port,
                        ssl=self._tls() if scheme == "https" else None,
                        server_hostname=host if scheme == "https" else None,
                    )
            except OSError as cause:
                fault = cause
            else:
                return exchange
        raise fault

    async def _addresses(self, host: str) -> Sequence[str]:
        addresses = await self._look_ups.addresses(host)
        if not self._targets.are_allowed(addresses):
            raise Forbidden("the host's address is not public")
        return addresses

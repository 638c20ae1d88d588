"""
Names to addresses: whoever has a name that nobody answers for holds up nobody else's.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from smscore_webhook._targets import literal_address

__all__ = ["LookUp", "LookUps", "system_addresses"]

LookUp = Callable[[str], Sequence[str]]
"""The addresses of a name. It may block for long, and raises OSError."""

_MOST = 1024  # names at a time


def system_addresses(host: str) -> Sequence[str]:
    """What the system knows of the name, from files and from the DNS."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


class LookUps:
    """
    Those of one event loop; calls to one name share what they find.

    The system's look-up cannot be ended, and goes on for half a minute if nobody answers. In a few
    threads for all, a few such names would keep everybody waiting; so each has a thread, which no
    exit waits for.
    """

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._under_way: dict[str, asyncio.Future[Sequence[str] | Exception]] = {}

    async def addresses(self, host: str) -> Sequence[str]:
        """
        The addresses of a host, which may be one itself.

        Raises:
            OSError, ValueError: it has none, or too many others are asked for.
        """
        literal = literal_address(host)
        if literal is not None:
            return [literal]
        found = await asyncio.shield(self._under_way.get(host) or self._begin(host))
        if isinstance(found, Exception):
            raise found
        return found

    def _begin(self, host: str) -> "asyncio.Future[Sequence[str] | Exception]":
        if len(self._under_way) >= _MOST:
            raise OSError("too many names are being looked up")
        loop = asyncio.get_running_loop()
        future = self._under_way[host] = loop.create_future()

        def settle(found: Sequence[str] | Exception) -> None:
            del self._under_way[host]
            future.set_result(found)

        def look_up() -> None:
            found: Sequence[str] | Exception
            try:
                found = self._look_up(host)
            except (OSError, ValueError) as cause:  # ValueError: no name at all
                found = cause
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(settle, found)

        threading.Thread(target=look_up, name="smscore look-up", daemon=True).start()
        return future

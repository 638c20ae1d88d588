"""
The clients: what an application makes, and the two thin runners of a call's course.
"""

import logging
import random
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Self, TypeVar

from smscore_client import _awaited as awaited
from smscore_client import _blocking as blocking
from smscore_client._call import Call
from smscore_client._course import Answer, Course, Patience
from smscore_client._service import service_of
from smscore_client._wire import AsyncWire, Wire

if TYPE_CHECKING:
    import httpx2

__all__ = ["AsyncClient", "Client"]

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Client:
    """
    A provider API, as one key sees it; for any number of threads.

    ``timeout`` is how many seconds a call may take with all its tries, ``attempts`` how often one
    is tried that fails; being asked to come later counts as no failure. ``transport`` carries the
    requests, such as ``httpx2.HTTPTransport(proxy=…, verify=…)``, and stays its owner's.
    ``clock`` and ``sleep`` are for tests.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str,
        timeout: float = 30.0,
        attempts: int = 4,
        transport: "httpx2.BaseTransport | None" = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._patience = Patience(timeout=timeout, attempts=attempts)
        self._service = service_of(api_key, base_url=base_url)
        self._clock = clock
        self._closing = threading.Event()
        self._sleep = sleep or self._closing.wait
        self._wire = Wire(self._service, transport=transport, clock=clock)
        self.messages = blocking.MessageCalls(self._run)
        self.account = blocking.AccountCalls(self._run)
        self.inbound = blocking.InboundCalls(self._run)
        self.webhooks = blocking.WebhookCalls(self._run)

    def close(self) -> None:
        """Close its connections. Calls that pause between two tries end with what went wrong."""
        self._closing.set()
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._service.base_url!r})"

    def _run(self, call: Call[T], /) -> T:
        course = Course(call, patience=self._patience, now=self._clock())
        while True:
            seconds = course.time_for_try(now=self._clock())
            outcome = self._wire.exchange(call, seconds=seconds)
            verdict = course.judge(outcome, now=self._clock(), chance=random.random())
            if isinstance(verdict, Answer):
                return verdict.value
            _log.info("tried again in %.1f seconds: %s", verdict.seconds, verdict.reason)
            self._sleep(verdict.seconds)
            if self._wire.is_closed:
                raise verdict.reason


class AsyncClient:
    """
    A provider API, as one key sees it; for any number of tasks of one event loop.

    ``timeout`` is how many seconds a call may take with all its tries, ``attempts`` how often one
    is tried that fails; being asked to come later counts as no failure. ``transport`` carries the
    requests, such as ``httpx2.AsyncHTTPTransport(proxy=…, verify=…)``, and stays its owner's.
    ``clock`` and ``sleep`` are for tests.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str,
        timeout: float = 30.0,
        attempts: int = 4,
        transport: "httpx2.AsyncBaseTransport | None" = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        self._patience = Patience(timeout=timeout, attempts=attempts)
        self._service = service_of(api_key, base_url=base_url)
        self._clock = clock
        self._sleep = sleep or _sleep
        self._wire = AsyncWire(self._service, transport=transport)
        self.messages = awaited.AsyncMessageCalls(self._run)
        self.account = awaited.AsyncAccountCalls(self._run)
        self.inbound = awaited.AsyncInboundCalls(self._run)
        self.webhooks = awaited.AsyncWebhookCalls(self._run)

    async def close(self) -> None:
        """Close its connections. Calls that pause between two tries end with what went wrong."""
        await self._wire.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._service.base_url!r})"

    async def _run(self, call: Call[T], /) -> T:
        course = Course(call, patience=self._patience, now=self._clock())
        while True:
            seconds = course.time_for_try(now=self._clock())
            outcome = await self._wire.exchange(call, seconds=seconds)
            verdict = course.judge(outcome, now=self._clock(), chance=random.random())
            if isinstance(verdict, Answer):
                return verdict.value
            _log.info("tried again in %.1f seconds: %s", verdict.seconds, verdict.reason)
            await self._sleep(verdict.seconds)
            if self._wire.is_closed:
                raise verdict.reason


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)

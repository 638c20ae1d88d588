"""
Calls to endpoints: looked up, checked, connected to what was checked, all of it within seconds.
"""

import asyncio
import ssl
import threading
from collections import deque
from concurrent.futures import Future
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

import uvloop

from smscore.ports.webhooks import Answer, Call, Push
from smscore_webhook._connections import Connections
from smscore_webhook._exchange import BadAnswer, Reply
from smscore_webhook._look_ups import LookUp, system_addresses
from smscore_webhook._requests import call_request, push_request
from smscore_webhook._targets import Targets
from smscore_webhook._waits import seconds_asked

__all__ = ["HttpSender"]

_PATIENCE = 10.0  # seconds from the look-up to the status
_BODY_PATIENCE = 1.0  # and from there for the beginning of the body, which only we want
_PUSH_PATIENCE = 30.0  # of a push; what a form's receiver says is said by the body
_ANYWHERE = Targets(("0.0.0.0/0", "::/0"))
_STOPPED = "given up, since the gateway stops"


class HttpSender:
    """
    A :class:`smscore.ports.webhooks.WebhookSender` on a thread of its own, from the first call on.

    Nothing of the environment, such as proxies, and no redirect leads anywhere else.
    """

    def __init__(
        self,
        *,
        targets: Targets,
        patience: float = _PATIENCE,
        push_patience: float = _PUSH_PATIENCE,
        look_up: LookUp = system_addresses,
    ) -> None:
        self._targets = targets
        self._patience = patience
        self._push_patience = push_patience
        self._look_up = look_up
        self._starting = threading.Lock()
        self._worker: _Worker | None = None

    def check(self, url: str) -> None:
        self._targets.check_host(urlsplit(url).hostname or "")

    def send(self, call: Call | Push) -> "Future[Answer]":
        future: Future[Answer] = Future()
        future.set_running_or_notify_cancel()
        with self._starting:
            if self._worker is None:
                self._worker = _Worker(
                    self._targets,
                    patience=self._patience,
                    push_patience=self._push_patience,
                    look_up=self._look_up,
                )
            self._worker.begin(call, future)
        return future

    def close(self) -> None:
        with self._starting:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()


class _Worker:
    """The thread, its event loop and its connections."""

    def __init__(
        self, targets: Targets, *, patience: float, push_patience: float, look_up: LookUp
    ) -> None:
        self._patience = patience
        self._push_patience = push_patience
        self._loop = uvloop.new_event_loop()
        self._waiting: deque[tuple[Call | Push, Future[Answer]]] = deque()
        self._connections = Connections(targets, look_up=look_up, tls=lambda: self._tls)
        # By themselves: one to where only operators may call is nobody else's.
        self._for_pushes = Connections(
            _ANYWHERE, look_up=look_up, tls=lambda: self._tls, kept=False
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="smscore webhook", daemon=True)
        self._thread.start()

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def begin(self, call: Call | Push, future: "Future[Answer]") -> None:
        """Hand a call over; of a burst only the first one has to wake the thread."""
        self._waiting.append((call, future))
        if len(self._waiting) == 1:
            self._loop.call_soon_threadsafe(self._spawn_all)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._finish())
        self._loop.close()

    async def _finish(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._connections.close()
        self._for_pushes.close()
        await asyncio.sleep(0)  # here the transports notice

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._loop.stop()

    def _spawn_all(self) -> None:
        while self._waiting:
            call, future = self._waiting[0]
            self._spawn(call, future)
            self._waiting.popleft()  # whoever comes now finds none, and wakes us again

    def _spawn(self, call: Call | Push, future: "Future[Answer]") -> None:
        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if not future.done():  # it was cancelled before its first step
                future.set_result(Answer(seconds=0, error=_STOPPED))

        task = self._loop.create_task(self._settle(call, future))
        self._tasks.add(task)
        task.add_done_callback(ended)

    async def _settle(self, call: Call | Push, future: "Future[Answer]") -> None:
        began = self._loop.time()
        reply, error = None, None
        patience = self._push_patience if isinstance(call, Push) else self._patience
        try:
            async with asyncio.timeout(patience):
                reply = await self._ask(call)
        except TimeoutError:
            error = f"no answer within {patience:g} s"
        except asyncio.CancelledError:
            error = _STOPPED
        except (OSError, BadAnswer, ValueError) as cause:
            error = _told(cause)
        seconds = self._loop.time() - began
        if reply is None:
            future.set_result(Answer(seconds=seconds, error=error))
        else:
            future.set_result(_answer(call, reply, seconds=seconds))

    async def _ask(self, call: Call | Push) -> Reply:
        if isinstance(call, Push):
            url = urlsplit(call.url)  # most are asked for once
            patience = _BODY_PATIENCE if call.form is None else self._push_patience
            return await self._for_pushes.ask(url, push_request(url, call), body_patience=patience)
        url = _parsed(call.url)
        request = call_request(url, call)
        connections = self._for_pushes if call.is_operators else self._connections
        return await connections.ask(url, request, body_patience=_BODY_PATIENCE)


_parsed = lru_cache(maxsize=1024)(urlsplit)


def _answer(call: Call | Push, reply: Reply, *, seconds: float) -> Answer:
    is_success = 200 <= reply.status < 300
    return Answer(
        seconds=seconds,
        status=reply.status,
        error=None if is_success else f"the endpoint answered {reply.status}",
        body=reply.body,
        retry_after=seconds_asked(reply.status, reply.retry_after, at=call.at),
    )


def _told(cause: Exception) -> str:
    """Why there was no answer; addresses of other machines are no business of the endpoint's."""
    if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_message:
        return f"TLS failed: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or type(cause).__name__}"
    if isinstance(cause, OSError) and cause.strerror:
        return f"not reached: {cause.strerror}"
    return str(cause) or type(cause).__name__

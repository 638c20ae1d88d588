"""
What every surface works with: the gateway, a way to wait for it, threads for calls that block.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import NamedTuple, ParamSpec, TypeVar

from smscore import Gateway
from smscore.config import Tariff
from smscore.domain.accounts import Account
from smscore.domain.credentials import Principal
from smscore.domain.receipts import Receipt
from smscore.errors import AuthenticationFailed, NotFound
from smscore.services.logins import Attempt
from smscore.services.submission import Submission
from smscore_http._alarms import Alarms
from smscore_http._bridge import Bridge
from smscore_http._current import current_request, keep_secret

__all__ = ["Bearer", "Context"]

P = ParamSpec("P")
T = TypeVar("T")

_STORE_THREADS = 16  # they wait for commits, which serve many of them at once
_PASSWORD_THREADS = 2  # as many as are verified at a time

_PLANNED_AT_ONCE = 100  # messages, on the event loop's thread: a few milliseconds
# Batches need the processor and a hundred megabytes each: on as many threads as there are they
# would hold up everybody's single messages, and fill the memory.
_BATCH_THREADS = 2

_STRICTEST = Tariff(provider_per_second=10, queue_per_minute=60)


class Bearer(NamedTuple):
    """Whose credentials a request brings, and the settings of that account."""

    principal: Principal
    account: Account


class Context:
    """
    One per application. Its coroutines run on the event loop, its threads belong to it.

    Nothing looks at the store on the event loop: a database that is gone without a word answers
    nobody for some seconds, and everybody else would wait for that.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._bridge: Bridge | None = None
        self._alarms: Alarms | None = None
        self._threads: dict[str, ThreadPoolExecutor] = {}

    def wait(self, future: Future[T]) -> asyncio.Future[T]:
        """Await a future of the gateway's."""
        loop = asyncio.get_running_loop()
        bridge = self._bridge
        if bridge is None or bridge.loop is not loop:
            bridge = self._bridge = Bridge(loop)
        return bridge.wait(future)

    def alarms(self) -> Alarms:
        """Those of the running event loop."""
        loop = asyncio.get_running_loop()
        alarms = self._alarms
        if alarms is None or alarms.loop is not loop:
            alarms = self._alarms = Alarms(loop)
        return alarms

    def start(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call what may block, on a thread for calls to the store."""
        call = partial(function, *args, **kwargs)
        # What it logs is about the same request.
        return self._pool("smscore http", _STORE_THREADS).submit(copy_context().run, call)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call what may block, and await what comes of it."""
        return await self.wait(self.start(function, *args, **kwargs))

    def submit(self, submission: Submission) -> Awaitable[Receipt]:
        """
        Accept a request to send; it is durable when awaited.

        Raises:
            Rejected: nothing was stored; the class says why.
            StoreError: nothing was stored.
        """
        if self.takes_long(submission):
            return self._submit_elsewhere(submission)
        return self.wait(self.gateway.submissions.begin(submission))

    def takes_long(self, submission: Submission) -> bool:
        """Whether planning it would hold up everybody else on the event loop."""
        is_at_hand = self.gateway.submissions.is_at_hand(submission)
        return not is_at_hand or len(submission.items) > _PLANNED_AT_ONCE

    async def _submit_elsewhere(self, submission: Submission) -> Receipt:
        begin = self.gateway.submissions.begin
        if len(submission.items) <= _PLANNED_AT_ONCE:
            return await self.wait(await self.call(begin, submission))
        # To the end, so that no more batches than these wait for the store. What it logs is about
        # the same request.
        accept = partial(copy_context().run, lambda: begin(submission).result())
        return await self.wait(self._pool("smscore batches", _BATCH_THREADS).submit(accept))

    async def verify_password(self, username: str, password: str, *, address: str) -> Principal:
        """
        The user behind a name and password that came from an address.

        Raises:
            AuthenticationFailed: one of them is wrong.
            Throttled: the same, and there were too many before.
        """
        keep_secret(password)
        attempt = Attempt(username=username, password=password, address=address)
        logins = self.gateway.logins
        if (verified := logins.recall(attempt)) is not None:
            return verified
        logins.check(attempt)
        # Which checks again: mistakes are found while it is in the queue.
        verification = self._pool("smscore password", _PASSWORD_THREADS).submit(
            copy_context().run, logins.verify, attempt
        )
        try:
            return await self.wait(verification)
        except asyncio.CancelledError:
            verification.cancel()  # whoever gave up while in the queue takes no turn
            raise

    def recall(self, recall: Callable[[str], Principal | None], secret: str) -> Bearer | None:
        """Whose secret it is, if that is at hand; None means :meth:`look_up`."""
        if (principal := recall(secret)) is None:
            return None
        account = self.recall_account(principal)
        return None if account is None else Bearer(principal, account)

    def look_up(self, check: Callable[[str], Principal], secret: str) -> Bearer:
        """
        Whose secret it is. Blocks.

        Raises:
            AuthenticationFailed: nobody's, or the account is gone.
        """
        principal = check(secret)
        return Bearer(principal, self.account(principal))

    def recall_account(self, principal: Principal) -> Account | None:
        """What :meth:`account` says, if that is at hand."""
        found = self.gateway.settings.recall(principal.account)
        return None if found is None else _noted(found)

    def account(self, principal: Principal) -> Account:
        """
        The settings of the principal's account; what it has spent may be older. Blocks.

        Raises:
            AuthenticationFailed: the account is gone.
        """
        try:
            return _noted(self.gateway.settings.account(principal.account))
        except NotFound as cause:
            raise AuthenticationFailed("the account of these credentials is gone") from cause

    def tariff(self, account: Account) -> Tariff:
        """
        The account's tariff; the strictest one if the configuration has lost it.

        Each of the servers that take messages allows its share of it, and at least one call.
        """
        tariff = self.gateway.config.tariffs.get(account.tariff, _STRICTEST)
        doors = self.gateway.servers.doors
        return tariff if doors == 1 else tariff.shared_by(doors)

    def close(self) -> None:
        """End the threads. May be called twice, and the application used again afterwards."""
        while self._threads:
            _, pool = self._threads.popitem()
            pool.shutdown(wait=False, cancel_futures=True)

    def _pool(self, name: str, size: int) -> ThreadPoolExecutor:
        pool = self._threads.get(name)
        if pool is None:
            pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)
            self._threads[name] = pool
        return pool


def _noted(account: Account) -> Account:
    """It is the one that lines about the current request are about."""
    if (current := current_request()) is not None:
        current.account = account.name
    return account

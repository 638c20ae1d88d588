"""
Who answers in conversations: what may block is done on threads, and awaited.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import ParamSpec, TypeVar

from smscore import Gateway
from smscore.domain.credentials import Permission, Principal
from smscore.errors import AuthenticationFailed, GatewayError
from smscore.services.logins import Attempt, Throttled
from smscore_smtp._admission import Admission, Mailbox, Peer
from smscore_smtp._answers import answer, refusal
from smscore_smtp._desk import Desk, Destination, Refused
from smscore_smtp._options import SmtpOptions

__all__ = ["Counter"]

P = ParamSpec("P")
T = TypeVar("T")


class Counter:
    """One for all conversations. Text that is returned is what the mailer hears instead."""

    def __init__(self, gateway: Gateway, options: SmtpOptions, *, workers: Executor) -> None:
        self.admission = Admission(options)
        self._desk = Desk(gateway, options, admission=self.admission)
        self._logins = gateway.logins
        self._workers = workers

    async def log_in(self, username: str, password: str, *, peer: Peer) -> Principal | str:
        """The user behind a name and password, who may send."""
        attempt = Attempt(username=username, password=password, address=peer.address)
        try:
            user = await self._call(self._logins.verify, attempt)
        except Throttled as reason:
            wait = reason.retry_after
            return answer("454 4.7.0", f"too many wrong passwords; try again in {wait} seconds")
        except AuthenticationFailed:
            return answer("535 5.7.8", "name or password wrong")
        except GatewayError as error:
            return refusal(error)
        if not user.may(Permission.API_SEND):
            lacking = Permission.API_SEND.value
            return answer("535 5.7.8", f"{user.subject} lacks the permission {lacking}")
        return user

    async def destination(
        self, mailbox: Mailbox, *, peer: Peer, user: Principal | None, others: Sequence[Destination]
    ) -> Destination | str:
        """What a recipient stands for."""
        look_up = self._desk.destination
        try:
            return await self._call(look_up, mailbox, peer=peer, user=user, others=others)
        except Refused as reply:
            return str(reply)

    async def take(self, content: bytes, *, peer: Peer, to: Sequence[Destination]) -> str:
        """Keep what a mail wants, and say what became of it."""
        return await self._call(self._desk.take, content, peer=peer, to=to)

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.wrap_future(self._workers.submit(function, *args, **kwargs))

"""
What aiosmtpd asks of us by name at EHLO, MAIL, RCPT and RSET, and where that is kept.
"""

import asyncio
from typing import Protocol

from aiosmtpd.smtp import Envelope, Session

from smscore.domain.credentials import Principal
from smscore_smtp._admission import Mailbox, Peer
from smscore_smtp._answers import answer
from smscore_smtp._authentication import MECHANISMS
from smscore_smtp._counter import Counter
from smscore_smtp._desk import Destination

__all__ = ["EMPTY_PATH", "Hooks", "Letter", "Sitting"]

EMPTY_PATH = "<>"
"""The sender of reports and of other mails that nobody should answer (RFC 5321, 4.5.5)."""

_MOST_RECIPIENTS = 100  # RFC 5321, 4.5.3.1.8


class Server(Protocol):
    """What is asked of the conversation."""

    @property
    def peer(self) -> Peer: ...

    @property
    def is_encrypted(self) -> bool: ...

    @property
    def user(self) -> Principal | None: ...


class Sitting(Session):
    """A connection, or what has followed TLS in one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.user: Principal | None = None


class Letter(Envelope):
    """A mail, before its content has come."""

    def __init__(self) -> None:
        super().__init__()
        self.destinations: list[Destination] = []


class Hooks:
    """What the library asks of us by name."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def handle_EHLO(
        self,
        server: Server,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        known = [one for one in responses if not one[4:].startswith(("AUTH", "HELP"))]
        known += ["250-PIPELINING", "250-ENHANCEDSTATUSCODES"]
        if self._counter.admission.may_log_in(server.peer, is_encrypted=server.is_encrypted):
            known.append(f"250-AUTH {' '.join(MECHANISMS)}")
        return [*known[:-1], known[-1].replace("-", " ", 1)]

    async def handle_MAIL(
        self,
        server: Server,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        sender = "" if address == EMPTY_PATH else address
        if not self._counter.admission.may_send(Peer(address=server.peer.address, sender=sender)):
            return answer("550 5.7.1", f"mails of {address} are not taken")
        envelope.mail_from = address
        return "250 2.1.0 go on"

    async def handle_RCPT(
        self,
        server: Server,
        session: Session,
        envelope: Letter,
        address: str,
        options: list[str],
    ) -> str:
        mailbox = Mailbox.parse(address)
        if mailbox is None:
            return answer("550 5.1.3", f"{address} is no address; write 00491701234567@…")
        if len(envelope.destinations) >= _MOST_RECIPIENTS:
            return answer("452 4.5.3", f"{_MOST_RECIPIENTS} recipients at most; send it again")
        found = await self._counter.destination(
            mailbox, peer=server.peer, user=server.user, others=envelope.destinations
        )
        if isinstance(found, str):
            return found
        envelope.destinations.append(found)
        return "250 2.1.5 go on"

    async def handle_RSET(self, *_: object) -> str:
        return "250 2.0.0 forgotten"

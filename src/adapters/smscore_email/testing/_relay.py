"""
The stand-in as a test holds it: who may log in, scripts, and the mail that it was given.
"""

import asyncio
import enum
import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, Self

import attrs
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from smscore_email.testing._server import Server

__all__ = ["Dropped", "FakeRelay", "Held", "Mail", "Refused", "Step"]


class Step(enum.Enum):
    """What a relay may be asked before it has a mail."""

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    END = "."  # the mail is whole


@attrs.frozen(kw_only=True)
class Refused:
    """Says no."""

    code: int
    said: str = "as the script says"


@attrs.frozen(kw_only=True)
class Dropped:
    """The connection ends without an answer, before or after the mail was taken."""

    is_done: bool = True


class Held:
    """It goes on when it is released; if that never happens, not at all."""

    def __init__(self) -> None:
        self._released: Future[None] = Future()

    def release(self) -> None:
        """Let it go on."""
        self._released.set_result(None)

    async def wait(self) -> None:
        """Until it is released."""
        await asyncio.shield(asyncio.wrap_future(self._released))


Script = Refused | Dropped | Held


@attrs.frozen(kw_only=True)
class Mail:
    """One that a relay has taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    user: str | None = None  # who had logged in

    @property
    def message(self) -> EmailMessage:
        """Its headers and its body, read as a mailer does."""
        return BytesParser(policy=default).parsebytes(self.content)

    @property
    def text(self) -> str:
        """What a person reads, its lines ended by ``\\n``."""
        content: str = self.message.get_content()
        return content.replace("\r\n", "\n")


class FakeRelay:
    """
    An SMTP server on loopback; use it as a context manager.

    It takes every mail, if ``users`` (passwords by names) says so only of whoever has logged in,
    and passes none on. :meth:`script` has it do something else; ``asked`` are the steps so far.
    With ``tls`` it offers STARTTLS, or speaks TLS from the first word on if it ``is_implicit``.
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        is_implicit: bool = False,
        is_international: bool = True,
        port: int = 0,
    ) -> None:
        self.users = dict(users or {})
        self.mails: list[Mail] = []
        self.asked: list[Step] = []
        self.connections = 0
        self._starttls = None if is_implicit else tls
        self._is_international = is_international
        self._scripts: dict[tuple[Step, str | None], deque[Script]] = {}
        self._changed = threading.Condition()
        self._server = Server(self._talk, port=port, tls=tls if is_implicit else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cut everybody off, and stop listening. May be called twice."""
        self._server.close()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self._server.port

    @property
    def table(self) -> dict[str, Any]:
        """What ``[channels.NAME]`` needs to use it without TLS."""
        logins = [{"username": name, "password": word} for name, word in self.users.items()]
        return {
            "transport": "email",
            "host": "127.0.0.1",
            "port": self.port,
            "tls": "none",
            "from_address": "gateway@sender.example",
            **(logins[0] if logins else {}),
        }

    def script(self, *answers: Script, at: Step = Step.END, to: str | None = None) -> None:
        """The next mails, or those ``to`` this address, are answered like this, one by one."""
        with self._changed:
            self._scripts.setdefault((at, to), deque()).extend(answers)

    def wait_for(self, condition: Callable[[], bool], *, timeout: float = 10.0) -> bool:
        """Wait until a connection or a mail has made the condition true."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    # For whoever talks to it.

    def _talk(self) -> SMTP:
        with self._changed:
            self.connections += 1
            self._changed.notify_all()
        return SMTP(
            _Rules(self),
            hostname="relay.example",
            enable_SMTPUTF8=self._is_international,
            tls_context=self._starttls,
            auth_require_tls=self._starttls is not None,
            authenticator=self._knows if self.users else None,
            auth_exclude_mechanism=() if self.users else ("LOGIN", "PLAIN"),
            loop=asyncio.get_running_loop(),
        )

    def _knows(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, login: LoginPassword
    ) -> AuthResult:
        name = login.login.decode()
        is_known = self.users.get(name) == login.password.decode()
        return AuthResult(success=is_known, handled=False, auth_data=name)

    def scripted(self, at: Step, address: str | None = None) -> Script | None:
        """What is to be done instead of the usual."""
        with self._changed:
            self.asked.append(at)
            self._changed.notify_all()
            for to in (address, None):
                if script := self._scripts.get((at, to)):
                    return script.popleft()
        return None

    def take(self, mail: Mail) -> None:
        """Keep it, and tell whoever waits."""
        with self._changed:
            self.mails.append(mail)
            self._changed.notify_all()


class _Rules:
    """What the stand-in answers, one instance for each connection."""

    def __init__(self, relay: FakeRelay) -> None:
        self._relay = relay

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._relay.users and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if answer := await self._follow(server, self._relay.scripted(Step.SENDER)):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's own name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        script = self._relay.scripted(Step.RECIPIENT, address)
        if answer := await self._follow(server, script):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's own name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        script = self._relay.scripted(Step.END, envelope.rcpt_tos[0])
        if isinstance(script, Refused | Held) and (answer := await self._follow(server, script)):
            return answer
        if script != Dropped(is_done=False):
            content = envelope.original_content or b""
            self._relay.take(
                Mail(
                    sender=envelope.mail_from or "",
                    recipients=tuple(envelope.rcpt_tos),
                    content=content,
                    user=session.auth_data,
                )
            )
        return await self._follow(server, script) or f"250 2.0.0 taken as {len(self._relay.mails)}"

    async def _follow(self, server: SMTP, script: Script | None) -> str | None:
        match script:
            case Refused(code=code, said=said):
                return f"{code} {said}"
            case Dropped():
                assert isinstance(server.transport, asyncio.WriteTransport)  # noqa: S101  # it talks
                server.transport.abort()
                await asyncio.Future()  # cancelled with the connection
            case Held():
                await script.wait()
        return None

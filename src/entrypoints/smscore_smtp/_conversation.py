"""
One connection: the dialogue of aiosmtpd, but for what it does otherwise than wanted here.

It takes long lines and bounds what it holds, refuses bare line ends, lets passwords be checked on
threads, knows the empty return path, and says in every answer how lasting it is. Longer than most
modules, for the library's class can be changed in one place only.
"""

import asyncio
import base64
import logging
import re
import ssl
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

from aiosmtpd.smtp import SMTP, Envelope, Session

from smscore.domain.credentials import Principal
from smscore_smtp._admission import Peer
from smscore_smtp._answers import answer
from smscore_smtp._authentication import MECHANISMS, credentials
from smscore_smtp._counter import Counter
from smscore_smtp._hooks import EMPTY_PATH, Hooks, Letter, Sitting
from smscore_smtp._intake import LARGEST, Fault, Intake, Room
from smscore_smtp._options import SmtpOptions

__all__ = ["Conversation", "piece_of"]

_log = logging.getLogger(__name__)

_LONGEST_COMMAND = 1000  # octets; RFC 5321, 4.5.3.1.4 wants 512 and more for extensions
_MOST_LOGINS = 3  # mistakes, after which the connection ends
_DATA_SECONDS = 600.0

# What the library says without an enhanced status code (RFC 3463), and which one fits.
_ENHANCED = {
    "221": "2.0.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "530": "5.7.0",
    "552": "5.3.4",
    "553": "5.1.3",
    "555": "5.5.4",
}
_CODED = re.compile(r"[0-9]{3} [245]\.[0-9]+\.[0-9]+ ")
_PATH = re.compile(r'\s*<(?:@[^<>:]*:)?((?:"(?:[^"\\]|\\.)*"|[^<>"\s]*)(?:@[^<>\s@]+)?)>\s*(.*)')
_BARE_PATH = re.compile(r"\s*([^<>\s]+)\s*(.*)")


class Conversation(SMTP):
    """The protocol of one connection; ``ended`` is called with it when it is over."""

    def __init__(
        self,
        counter: Counter,
        *,
        options: SmtpOptions,
        tls: ssl.SSLContext | None,
        room: Room,
        ended: Callable[["Conversation"], object],
        greeting: str | None = None,
    ) -> None:
        super().__init__(
            Hooks(counter),
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=options.name,
            ident="smscore",
            tls_context=tls,
            require_starttls=options.require_tls,
            timeout=options.timeout,
            loop=asyncio.get_running_loop(),
        )
        # The library has one for all connections, and lets it grow with each EHLO.
        self.command_size_limits = defaultdict(lambda: _LONGEST_COMMAND)
        self._counter = counter
        self._ended = ended
        self._greeting = greeting  # in place of the usual one, and nothing follows
        self._room = room
        self._mistakes = 0
        self._is_busy = False
        self._is_ending = False

    @property
    def peer(self) -> Peer:
        """Who is at the other end, and as whom it sends."""
        found: object = self.session.peer if self.session is not None else None
        sender: str | None = self.envelope.mail_from if self.envelope is not None else None
        return Peer(
            address=str(found[0]) if isinstance(found, tuple) else "",
            sender="" if sender in (None, EMPTY_PATH) else sender,
        )

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS has begun."""
        return self._tls_protocol is not None

    @property
    def user(self) -> Principal | None:
        """Who has logged in."""
        return self.session.user if isinstance(self.session, Sitting) else None

    def end(self) -> None:
        """Say that the server stops; a mail under way is taken before."""
        self._is_ending = True
        if not self._is_busy:
            self._hang_up("421 4.3.2 the server stops; try again later")

    def cut_off(self) -> None:
        """End it, whatever is under way."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._ended(self)

    async def push(self, status: str | bytes) -> None:
        """Say it, with an enhanced status code (RFC 2034, 4) also where the library has none."""
        line = status if isinstance(status, str) else status.decode()
        if not _CODED.match(line) and (code := _ENHANCED.get(line[:3])) is not None:
            line = f"{line[:3]} {code} {line[4:].removeprefix('Error: ')}"
        await super().push(line)

    async def handle_exception(self, error: Exception) -> str:
        _log.error("a conversation by SMTP failed", exc_info=error)
        return answer("451 4.3.0", "internal error; try again later")

    def _create_session(self) -> Session:
        return Sitting(self.loop)

    def _create_envelope(self) -> Envelope:
        return Letter()

    async def _handle_client(self) -> None:
        with suppress(ConnectionError):  # whoever hangs up has nothing to complain of
            if self._greeting is None and not self._counter.admission.may_speak(self.peer):
                self._greeting = answer("554 5.7.1", "no mail is taken from this network")
            if self._greeting is None:
                await super()._handle_client()
            else:
                await self._say_last(self._greeting)

    def _timeout_cb(self) -> None:
        self._hang_up("421 4.4.2 nothing was heard for too long")

    def _hang_up(self, last: str) -> None:
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.write(last.encode() + b"\r\n")
            transport.close()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        found = _PATH.fullmatch(arg) or _BARE_PATH.fullmatch(arg)
        return (None, None) if found is None else (found[1] or EMPTY_PATH, found[2])

    async def smtp_VRFY(self, arg: str) -> None:
        await self.push("252 2.5.2 send it, and see")

    async def smtp_HELP(self, arg: str) -> None:
        await self.push("214 2.0.0 see the operator of this server")

    async def smtp_AUTH(self, arg: str | None) -> None:
        if await self.check_helo_needed("EHLO"):
            return
        if not self._counter.admission.may_log_in(self.peer, is_encrypted=self.is_encrypted):
            await self.push("538 5.7.11 log in after STARTTLS")
        elif self.user is not None:
            await self.push("503 5.5.1 logged in already")
        else:
            words = (arg or "").split()
            mechanism = words[0].upper() if words else ""
            if (
                mechanism not in {"PLAIN", "LOGIN"} or len(words) > 2
            ):  # its name and an initial response
                await self.push(f"504 5.5.4 AUTH knows {' and '.join(MECHANISMS)}")
                return
            await self._log_in(mechanism, words[1] if len(words) > 1 else None)

    async def _log_in(self, mechanism: str, initial: str | None) -> None:
        try:
            username, password = await credentials(mechanism, initial, ask=self._ask)
        except ValueError:
            await self.push("501 5.5.2 not understood; say it in base64, as RFC 4954 does")
            return
        found = await self._counter.log_in(username, password, peer=self.peer)
        if isinstance(found, Principal):
            assert isinstance(self.session, Sitting)
            self.session.user = found
            await self.push("235 2.7.0 logged in")
            return
        self._mistakes += 1
        if self._mistakes >= _MOST_LOGINS:
            await self._say_last(found)
        else:
            await self.push(found)

    async def _ask(self, challenge: bytes) -> bytes:
        await self.push("334 " + base64.b64encode(challenge).decode())
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as cause:
            raise ValueError("too long") from cause

    async def smtp_DATA(self, arg: str | None) -> None:
        letter = self.envelope
        assert isinstance(letter, Letter)
        if await self.check_helo_needed():
            return
        if arg:
            await self.push("501 5.5.4 DATA stands alone")
        elif not letter.destinations:
            await self.push("503 5.5.1 name a recipient first")
        else:
            await self.push("354 end it with a dot on a line of its own")
            self._reset_timeout(_DATA_SECONDS)
            self._is_busy = True
            try:
                await self._take(letter)
            finally:
                self._is_busy = False
            if self._is_ending:
                self.end()

    async def _take(self, letter: Letter) -> None:
        intake = Intake(room=self._room)
        try:
            while not intake.is_over:
                intake.add(await piece_of(self._reader))
            peer, self.envelope = self.peer, Letter()
            if intake.fault is None:
                reply = await self._counter.take(
                    intake.content(), peer=peer, to=letter.destinations
                )
            else:
                reply = _REFUSED[intake.fault]
        finally:
            intake.close()
        self._reset_timeout()
        subject = self.user.subject if self.user else "-"
        _log.info("mail from %s (%s): %s", peer.address, subject, reply[:9])
        if intake.fault is Fault.BARE:
            await self._say_last(reply)
        else:
            await self.push(reply)

    async def _say_last(self, reply: str) -> None:
        await self.push(reply)
        if self.transport is not None:
            self.transport.close()


_REFUSED = {
    Fault.BARE: "554 5.6.0 bare CR or LF in the mail: its lines have to end with CRLF",
    Fault.TOO_LARGE: f"552 5.3.4 the mail has more than {LARGEST} octets",
    Fault.NO_ROOM: "452 4.3.1 too many mails are coming in; try again later",
}


async def piece_of(reader: asyncio.StreamReader) -> bytes:
    """A line with its end, or as much of a long one as the reader holds."""
    try:
        return await reader.readuntil(b"\r\n")
    except asyncio.LimitOverrunError as error:
        return await reader.readexactly(error.consumed)

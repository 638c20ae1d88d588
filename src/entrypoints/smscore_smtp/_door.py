"""
The listener: a thread with an event loop of its own, for hosts of any kind.
"""

import asyncio
import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from smscore import Gateway, GatewayConfig
from smscore.errors import ConfigurationError
from smscore.tls import server_context
from smscore_smtp._counter import Counter
from smscore_smtp._intake import Room
from smscore_smtp._options import SmtpOptions, options_of

if TYPE_CHECKING:
    from smscore_smtp._conversation import Conversation

__all__ = ["SmtpDoor", "check_installed", "listen", "tls_context"]

_log = logging.getLogger(__name__)

_THREAD = "smscore smtp"
_WORKERS = 8  # they wait for commits, which serve many of them at once
_FULL = "421 4.3.2 too many connections; try again later"
_PATIENCE = 5.0  # seconds that mails under way are given when the door is closed


class SmtpDoor:
    """
    Takes mails and makes messages of them; ``options`` are by default those of the configuration.

    The host runs the gateway itself. :meth:`start` returns when the door is open. ``listener`` is a
    socket of :func:`listen`, which the door closes; None: it opens its own each time.
    """

    def __init__(
        self,
        gateway: Gateway,
        options: SmtpOptions | None = None,
        *,
        listener: socket.socket | None = None,
    ) -> None:
        self.options = options or options_of(gateway.config.smtp)
        self._gateway = gateway
        self._listener = listener
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._tls: ssl.SSLContext | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and port."""
        if self._listener is None:
            return self.options.host, self.options.port
        host, port = self._listener.getsockname()[:2]
        return host, port

    def start(self) -> None:
        """
        Open the door.

        Raises:
            ConfigurationError: aiosmtpd is not installed, or the address, the certificate or its
                key cannot be used.
        """
        check_installed()
        self.renew_certificate()
        listener = self._listener = self._listener or listen(self.options)
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(listener, started), name=_THREAD)
        self._thread.start()
        try:
            started.result()
        except BaseException:
            self.close()
            raise

    def renew_certificate(self) -> None:
        """
        Read the certificate and its key again, for the conversations to come.

        Raises:
            ConfigurationError: they cannot be used; the last ones stay.
        """
        self._tls = tls_context(self._gateway.config, self.options)

    def close(self) -> None:
        """End it: what is under way is given some seconds. May be called twice."""
        if (thread := self._thread) is None:
            return
        self._thread = None
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        thread.join()
        if self._listener is not None:
            self._listener.close()
        self._listener = self._loop = self._stopping = None

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Open until the block ends; raises as :meth:`start` does."""
        self.start()
        try:
            yield self
        finally:
            self.close()

    def _run(self, listener: socket.socket, started: Future[None]) -> None:
        # Not the host's policy: the library's STARTTLS works on the loops of asyncio itself.
        self._loop = loop = asyncio.SelectorEventLoop()
        try:
            with ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"{_THREAD} store") as workers:
                counter = Counter(self._gateway, self.options, workers=workers)
                loop.run_until_complete(self._serve(listener, counter, started))
        except Exception as fault:  # noqa: BLE001  # a thread's end
            _log.exception("the SMTP door failed")
            self._stopping = None
            if not started.done():
                started.set_exception(fault)
        finally:
            loop.close()

    async def _serve(
        self,
        listener: socket.socket,
        counter: Counter,
        started: Future[None],
    ) -> None:
        self._stopping = asyncio.Event()
        guests = _Guests(counter, self.options, tls=lambda: self._tls)
        server = await asyncio.get_running_loop().create_server(guests.begin, sock=listener)
        started.set_result(None)
        await self._stopping.wait()
        server.close()
        await guests.see_out()


class _Guests:
    """The conversations that go on."""

    def __init__(
        self, counter: Counter, options: SmtpOptions, *, tls: Callable[[], ssl.SSLContext | None]
    ) -> None:
        self._counter = counter
        self._options = options
        self._tls = tls
        self._room = Room()
        self._here: set[Conversation] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()

    def begin(self) -> "Conversation":
        """One more."""
        # Here, for the library is an extra's.
        from smscore_smtp._conversation import Conversation

        one = Conversation(
            self._counter,
            options=self._options,
            tls=self._tls(),
            room=self._room,
            ended=self._ended,
            greeting=_FULL if len(self._here) >= self._options.connections else None,
        )
        self._here.add(one)
        self._all_gone.clear()
        return one

    async def see_out(self) -> None:
        """Let everybody go: who has a mail under way may end it."""
        for one in list(self._here):
            one.end()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_gone.wait(), _PATIENCE)
        for one in list(self._here):
            one.cut_off()
        await asyncio.wait_for(self._all_gone.wait(), _PATIENCE)

    def _ended(self, one: "Conversation") -> None:
        self._here.discard(one)
        if not self._here:
            self._all_gone.set()


def tls_context(config: GatewayConfig, options: SmtpOptions) -> ssl.SSLContext | None:
    """
    What STARTTLS needs; None without a certificate.

    Raises:
        ConfigurationError: the certificate or its key cannot be used.
    """
    if options.certificate is None:
        return None
    key = None if options.key is None else config.path(options.key)
    return server_context(config.path(options.certificate), key, where="smtp")


def check_installed() -> None:
    """
    See to it that the library is there, and keep its log from what it would tell of our mails.

    Raises:
        ConfigurationError: it is not.
    """
    try:
        import aiosmtpd.smtp
    except ImportError as cause:
        raise ConfigurationError(
            "[smtp] needs aiosmtpd, which is not installed: pip install 'smscore[email]'"
        ) from cause
    # It logs whole commands, with the numbers of recipients.
    log = aiosmtpd.smtp.log
    if _is_not_ours not in log.filters:
        log.addFilter(_is_not_ours)


def _is_not_ours(record: logging.LogRecord) -> bool:
    return record.threadName != _THREAD


def listen(options: SmtpOptions) -> socket.socket:
    """
    A socket where the options have it.

    Raises:
        ConfigurationError: the address cannot be used.
    """
    host, port = options.host, options.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as cause:
        raise ConfigurationError(
            f"[smtp] cannot listen on port {port} of {host}: {_words(cause)}; correct host and port"
        ) from cause


def _words(cause: Exception) -> str:
    """The system's own, without those that Python puts behind them."""
    if isinstance(cause, OSError) and not isinstance(cause, socket.gaierror) and cause.errno:
        return os.strerror(cause.errno)
    return str(cause)

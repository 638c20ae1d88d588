"""
The transport: one bot, from the options of its channel to what it sends and hears.
"""

import hmac
from collections.abc import Mapping
from concurrent.futures import CancelledError

import msgspec

from smscore.errors import (
    InvalidRequest,
    NotFound,
    NotReady,
    PermanentFailure,
    PermissionDenied,
    TemporaryFailure,
)
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.transport import (
    CallAnswer,
    ChannelHealth,
    Journal,
    SendJob,
    SendReceipt,
    TransportSink,
)
from smscore_telegram._api import BotApi, NoAnswer, Refusal
from smscore_telegram._loop import LoopThread
from smscore_telegram._options import TelegramOptions
from smscore_telegram._people import People
from smscore_telegram._sender import Sender
from smscore_telegram._standing import Standing
from smscore_telegram._visit import Visit, webhook_secret

__all__ = ["TelegramChannel"]

_SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105  # the name of a header


class TelegramChannel:
    """
    One bot as a :class:`~smscore.ports.transport.Transport`, which a person may ask about a chat,
    and which Telegram may call.

    Everything on the network happens on a thread of the channel's own.
    """

    def __init__(self, name: str, options: TelegramOptions, *, clock: Clock | None = None) -> None:
        self._name = name
        self._options = options
        self._clock = clock or SystemClock()
        self._standing = Standing(channel=name, monotonic=self._clock.monotonic)
        self._loop = LoopThread(f"smscore telegram {name}")
        self._api: BotApi | None = None
        self._address: str | None = None
        self._visit: Visit | None = None
        self._sender: Sender | None = None

    def open(self, sink: TransportSink, journal: Journal) -> None:
        """Start the channel's thread; returns before Telegram has answered."""
        people = People(
            channel=self._name,
            texts=self._options.texts,
            api=self._bot,
            sink=sink,
            clock=self._clock,
        )
        self._visit = Visit(
            channel=self._name,
            options=self._options,
            api=self._bot,
            people=people,
            standing=self._standing,
            address=self._address,
        )
        self._sender = Sender(
            channel=self._name,
            timeout=self._options.timeout,
            loop=self._loop,
            api=self._bot,
            standing=self._standing,
            sink=sink,
            journal=journal,
            clock=self._clock,
        )
        self._loop.start(self._run)

    def send(self, job: SendJob) -> SendReceipt:
        """Send all parts that Telegram does not have yet, in order."""
        if self._sender is None:
            raise NotReady(f"channel {self._name} is not open")
        return self._sender.send(job)

    def health(self) -> ChannelHealth:
        """How it was when Telegram was last heard."""
        return self._standing.health()

    def close(self) -> None:
        """End the thread at once; a part whose answer is outstanding ends in doubt."""
        self._standing.close()
        self._loop.stop()

    def operate(self, operation: str, arguments: Mapping[str, str]) -> Mapping[str, object]:
        """``chat``: what Telegram knows of the chat with an ``address``, and whether it may."""
        if operation != "chat":
            raise NotFound(f"a bot has no operation {operation!r}; it has: chat")
        address = arguments.get("address")
        if not address:
            raise InvalidRequest("which chat? Give its address")
        try:
            chat = self._loop.submit(
                lambda: self._bot().get_chat(address, patience=self._options.timeout)
            ).result()
        except Refusal as refusal:
            raise PermanentFailure(f"Telegram does not say: {refusal}") from refusal
        except (NoAnswer, RuntimeError) as error:
            raise TemporaryFailure(f"Telegram cannot be asked: {error}") from error
        return {
            "type": chat.type,
            "name": " ".join(filter(None, (chat.first_name, chat.last_name))),
            "username": chat.username,
        }

    def reachable_at(self, address: str) -> None:
        """Where the webhook is, but for the last segment of its address."""
        self._address = address

    @property
    def segment(self) -> str | None:
        """The last one of the webhook's address; None: there is no webhook, or no token yet."""
        visit = self._visit
        if not self._options.webhook or visit is None or not visit.token:
            return None
        return webhook_secret(visit.token, "path")

    def answer(self, headers: Mapping[str, str], body: bytes) -> CallAnswer:
        """
        Take an update that Telegram posted to the webhook; an error has it offered again.

        Raises:
            PermissionDenied: it is not from Telegram.
            InvalidRequest: it is no update.
            NotReady: the channel is not open, or fetches updates by itself.
        """
        visit = self._visit
        if visit is None or self.segment is None:
            raise NotReady(f"channel {self._name} takes no updates from a webhook now")
        expected = webhook_secret(visit.token, "header")
        if not hmac.compare_digest(headers.get(_SECRET, "").encode(), expected.encode()):
            raise PermissionDenied("the secret token is missing or wrong")
        try:
            number = self._loop.submit(lambda: visit.follow(msgspec.Raw(body))).result()
        except (RuntimeError, CancelledError) as error:
            raise NotReady(f"channel {self._name} is closed") from error
        if number is None:
            raise InvalidRequest("this is no update")
        return CallAnswer()

    async def _run(self) -> None:
        assert self._visit is not None  # noqa: S101  # for the type checker: open() has made it
        self._api = BotApi(self._options.base_url)
        try:
            await self._visit.run()
        finally:
            await self._api.close()

    def _bot(self) -> BotApi:
        if self._api is None:
            raise RuntimeError(f"channel {self._name} does not run")
        return self._api

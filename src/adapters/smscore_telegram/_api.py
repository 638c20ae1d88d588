"""
The Bot API as a client sees it: one request, one answer, and for certain whether it was asked.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2
import msgspec

from smscore_telegram._objects import UPDATES, Chat, Envelope, Message, User, decode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Attempt", "BotApi", "NoAnswer", "Refusal"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_CONNECTIONS = 20
_CALLS = 4
"""How many of its updates Telegram may post at once: each holds a thread of the web server."""
_NO_PREVIEW = {"is_disabled": True}


class Refusal(Exception):
    """The Bot API answered, and did not do it."""

    def __init__(self, code: int, description: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{code} {description}".strip())
        self.code = code
        self.description = description
        self.retry_after = retry_after


class NoAnswer(Exception):
    """No answer that could be understood; the request may have been heard all the same."""


class Attempt:
    """One request: ``was_written`` is set before its first octet leaves."""

    def __init__(self) -> None:
        self.was_written = False

    async def trace(self, event: str, _: "Mapping[str, Any]") -> None:
        """Told by the connection what it does."""
        if event.endswith("send_request_headers.started"):
            self.was_written = True


class BotApi:
    """
    A client for one bot, to be used in one event loop.

    The token is part of every address, so no address leaves this module: it goes around the HTTP
    library's own client, which logs addresses, and raises errors of its own without a cause.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = ""
        self._transport = httpx2.AsyncHTTPTransport(
            limits=httpx2.Limits(max_connections=_CONNECTIONS, keepalive_expiry=5.0)
        )

    def use(self, token: str) -> None:
        """Be this bot from now on."""
        self._token = token

    async def close(self) -> None:
        """Give the connections back."""
        await self._transport.aclose()

    # The methods.

    async def get_me(self, *, patience: float) -> User:
        return await self._ask("getMe", {}, User, patience=patience)

    async def get_chat(self, chat: str, *, patience: float) -> Chat:
        return await self._ask("getChat", {"chat_id": chat}, Chat, patience=patience)

    async def send_message(
        self,
        chat: str,
        text: str,
        *,
        patience: float,
        markup: "Mapping[str, Any] | None" = None,
        attempt: Attempt | None = None,
    ) -> Message:
        """A text exactly as it is: without markup, and without a preview of what it links to."""
        parameters = {"chat_id": chat, "text": text, "link_preview_options": _NO_PREVIEW}
        if markup is not None:
            parameters["reply_markup"] = markup
        return await self._ask(
            "sendMessage", parameters, Message, patience=patience, attempt=attempt
        )

    async def get_updates(
        self, *, offset: int | None, wait: int, patience: float
    ) -> Sequence[msgspec.Raw]:
        """What happened, from the number on; this confirms all that came before it."""
        parameters: dict[str, Any] = {"timeout": wait, "allowed_updates": UPDATES}
        if offset is not None:
            parameters["offset"] = offset
        return await self._ask(
            "getUpdates", parameters, list[msgspec.Raw], patience=wait + patience
        )

    async def set_webhook(self, url: str, *, secret: str, patience: float) -> None:
        parameters = {
            "url": url,
            "secret_token": secret,
            "allowed_updates": UPDATES,
            "max_connections": _CALLS,
        }
        await self._ask("setWebhook", parameters, bool, patience=patience)

    async def delete_webhook(self, *, patience: float) -> None:
        await self._ask("deleteWebhook", {}, bool, patience=patience)

    async def _ask(
        self,
        method: str,
        parameters: "Mapping[str, Any]",
        kind: type[T],
        *,
        patience: float,
        attempt: Attempt | None = None,
    ) -> T:
        """
        Ask, and wait for so many seconds at each step of the way.

        Raises:
            Refusal: it was answered and not done.
            NoAnswer: it was not answered; ``attempt`` tells whether it was asked.
        """
        attempt = attempt or Attempt()
        try:
            status, body = await self._exchange(method, parameters, patience, attempt)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            # `from None`: the error of the library may know the address.
            raise NoAnswer(self._without_token(f"{type(error).__name__}: {error}")) from None
        envelope = _opened(status, body)
        if not envelope.ok:
            raise Refusal(
                envelope.error_code or status,
                self._without_token(envelope.description),
                retry_after=envelope.parameters.retry_after,
            )
        try:
            return msgspec.json.decode(envelope.result, type=kind)
        except msgspec.DecodeError as error:
            raise NoAnswer(f"an answer to {method} of another shape: {error}") from error

    async def _exchange(
        self, method: str, parameters: "Mapping[str, Any]", patience: float, attempt: Attempt
    ) -> tuple[int, bytes]:
        steps = dict.fromkeys(("connect", "read", "write", "pool"), patience)
        request = httpx2.Request(
            "POST",
            f"{self._base_url}/bot{self._token}/{method}",
            content=msgspec.json.encode(parameters),
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
            extensions={"timeout": steps, "trace": attempt.trace},
        )
        response = await self._transport.handle_async_request(request)
        try:
            return response.status_code, await response.aread()
        finally:
            await response.aclose()

    def _without_token(self, said: str) -> str:
        """What stands between us and Telegram may tell us where we wanted to go."""
        if not self._token:
            return said
        return said.replace(self._token, "…").replace(self._token.replace(":", "%3A"), "…")


def _opened(status: int, body: bytes) -> Envelope:
    """The envelope; whatever stands between us and Telegram may answer without any."""
    try:
        return decode(body, Envelope)
    except msgspec.DecodeError:
        if status < 500:  # as HTTP counts
            raise NoAnswer(f"an answer with status {status} that is none of the Bot API") from None
        return Envelope(ok=False, error_code=status, description="an answer from in between")
